/** Numbers as a user types them. */
import { usageError } from '../errors.ts'

/** A whole number from `least` (default 1) to `most`; anything else is a usage error that names the option. */
export function wholeNumber(typed: unknown, option: string, least = 1, most = 1_000_000_000): number {
  const text = String(typed)
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw usageError(`${option} takes a whole number from ${least} to ${most}, not '${text}'`)
}

/** `--jobs`: how many tasks at once; undefined when it is not given. */
export const jobsOf = (typed: unknown): number | undefined =>
  typed === undefined ? undefined : wholeNumber(typed, '--jobs', 1, 1024)
