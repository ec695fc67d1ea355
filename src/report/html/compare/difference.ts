/** Whether one figure differs from another beyond noise: pure. */
import { discoveries } from '../../../measure/judgement.ts'
import { geometricMeanInterval, twoSided } from '../../../measure/statistics.ts'

/** A positive figure with its 95 % interval. */
export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** This figure divided by the other: below 1 is better. */
export interface Difference extends Interval {
  /** Of no difference. */
  readonly p: number
}

/** The interval of a quotient of independent figures: on the log scale half-widths add as squares. */
export function quotient(ours: Interval, theirs: Interval): Difference {
  const centre = Math.log(ours.mean / theirs.mean)
  const half = Math.hypot(halfWidth(ours), halfWidth(theirs))
  const p = half === 0 ? Number(centre === 0) : twoSided((1.959964 * centre) / half)
  return { mean: Math.exp(centre), low: Math.exp(centre - half), high: Math.exp(centre + half), p }
}

const halfWidth = ({ low, high }: Interval): number => Math.log(high / low) / 2

/**
 * A time from the means of its links, the independent units of a campaign: executables laid out anew. Undefined with
 * fewer than three: then nothing is known of how much they vary.
 */
export const timeFromLinks = (means: readonly number[]): Interval | undefined =>
  means.length < 3 ? undefined : geometricMeanInterval(means)

/**
 * Which differences are real, when so many are looked at that some exceed their interval by chance: at most one in
 * twenty of those called better or worse is false (Benjamini and Hochberg, 1995).
 */
export function judged<T extends { readonly difference: Difference }>(
  all: readonly T[],
): (T & { readonly state: 'better' | 'worse' | 'unclear' })[] {
  const real = discoveries(all.map(({ difference }) => difference.p))
  return all.map((one, i) => ({
    ...one,
    state: real[i] ? (one.difference.mean < 1 ? 'better' : 'worse') : 'unclear',
  }))
}
