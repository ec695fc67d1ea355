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

/** `2%`, or `2`, of a hundred: a fraction between 0 and 1. */
export function percentage(typed: unknown, option: string): number {
  const [, number] = /^(\d{1,3}(?:\.\d+)?)%?$/.exec(String(typed)) ?? []
  const fraction = Number(number) / 100
  if (fraction > 0 && fraction < 1) return fraction
  throw usageError(`${option} takes a percentage such as 2%, not '${String(typed)}'`)
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** `90s`, `10m`, `1h`: seconds. */
export function duration(typed: unknown, option: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([smh])$/.exec(String(typed)) ?? []
  const factor = SECONDS[unit]
  if (factor !== undefined) return Number(number) * factor
  throw usageError(`${option} takes a time such as 90s, 10m or 1h, not '${String(typed)}'`)
}
