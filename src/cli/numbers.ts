/** Numbers as a user types them. */
import { usageError } from '../errors.ts'

/** A whole number of at least 1; anything else is a usage error that names the option. */
export function positiveInteger(typed: unknown, option: string): number {
  const text = String(typed)
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError(`${option} is not a whole number above 0: ${text}`)
  return Number(text)
}
