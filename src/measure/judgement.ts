/** What many comparisons at once allow to say, and what a host can resolve. Pure. */
import { type Comparison, type ComparisonState, median, twoSided } from './statistics.ts'

/** Share of false ones among all comparisons called faster or slower that is put up with. */
export const FALSE_DISCOVERIES = 0.05

/**
 * Which of these p-values may be called differences when all are judged at once: Benjamini and Hochberg's procedure
 * (1995), which keeps the expected share of false ones among them at `q`.
 */
export function discoveries(ps: readonly number[], q: number = FALSE_DISCOVERIES): boolean[] {
  const sorted = [...ps].sort((a, b) => a - b)
  const rank = sorted.findLastIndex((p, i) => p <= (q * (i + 1)) / ps.length)
  const limit = rank < 0 ? -1 : (sorted[rank] ?? -1)
  return ps.map(p => p <= limit)
}

/** States corrected for how many were judged: one called faster or slower by itself alone becomes inconclusive. */
export function corrected(
  comparisons: readonly { readonly p: number; readonly state: ComparisonState }[],
): ComparisonState[] {
  const found = discoveries(comparisons.map(({ p }) => p))
  return comparisons.map(({ state }, i) =>
    (state === 'faster' || state === 'slower') && !found[i] ? 'inconclusive' : state,
  )
}

/** Half of an interval's width, as a fraction of the time. */
export const halfWidth = ({ low, high }: { readonly low: number; readonly high: number }): number =>
  Math.log(high / low) / 2

/** Standard errors from the middle of a 95 % interval to its ends. */
const REACH = 1.96
/** Share of differences that must be told for a host to be said to resolve them. */
const TOLD = 0.9

/**
 * The smallest difference (log) that nine in ten comparisons with these half-widths tell, all of them together: some are
 * far surer than others. An interval excludes none when its middle is further away than its half-width.
 */
function resolved(widths: readonly number[]): number {
  const told = (difference: number): number =>
    widths.reduce((sum, width) => sum + normalBelow(REACH * (difference / width - 1)), 0) / widths.length
  let [low, high] = [0, 3 * Math.max(...widths)]
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2
    if (told(middle) < TOLD) low = middle
    else high = middle
  }
  return high
}

/** Probability that a standard normal value is below z. */
const normalBelow = (z: number): number => (z < 0 ? twoSided(z) / 2 : 1 - twoSided(z) / 2)

/** What comparing identical code with itself showed. */
export interface SelfTest {
  readonly pairs: number
  /** Of those, called faster or slower. */
  readonly falsePositives: number
  /** `failed`: more than chance explains at the stated 5 % (one time in a hundred by accident). */
  readonly state: 'passed' | 'failed' | 'none'
  /** Median half-width of the intervals. */
  readonly halfWidth: number | undefined
  /** Smallest difference that nine in ten of such comparisons tell. */
  readonly resolution: number | undefined
}

export function selfTest(comparisons: readonly Pick<Comparison, 'low' | 'high' | 'state'>[]): SelfTest {
  const pairs = comparisons.length
  if (pairs === 0)
    return { pairs, falsePositives: 0, state: 'none', halfWidth: undefined, resolution: undefined }
  const falsePositives = comparisons.filter(({ state }) => state === 'faster' || state === 'slower').length
  const widths = comparisons.map(halfWidth)
  return {
    pairs,
    falsePositives,
    state: atLeast(falsePositives, pairs, 0.05) < 0.01 ? 'failed' : 'passed',
    halfWidth: median(widths),
    resolution: Math.expm1(resolved(widths)),
  }
}

/** Probability of `k` or more hits in `n` independent tries of probability `p` each. */
export function atLeast(k: number, n: number, p: number): number {
  let term = (1 - p) ** n
  let below = 0
  for (let i = 0; i < k; i++) {
    below += term
    term *= ((n - i) / (i + 1)) * (p / (1 - p))
  }
  return Math.max(0, 1 - below)
}

/** Whether two independent estimates of one ratio agree: the 95 % interval of their difference contains none. */
export function agree(a: Comparison, b: Comparison): boolean {
  return Math.abs(Math.log(a.ratio / b.ratio)) <= Math.hypot(halfWidth(a), halfWidth(b))
}
