/** What trying more is worth: the gain of chance, and of the search, as the number of candidates grows. Pure. */
import { geometricMean } from '../../measure/statistics.ts'

/** What was tried for one kernel, in order. A value is what a better build has less of; 0: it gave none. */
export interface Tried {
  /** All candidates of the search. */
  readonly values: readonly number[]
  /** Those of them that were pure chance. */
  readonly chance: readonly number[]
  /** Of the baseline that ratios are to. */
  readonly baseline: number
}

/** The least of the first `n` over the baseline; undefined while there is none. */
export function bestOf({ values, baseline }: Tried, n: number): number | undefined {
  const least = Math.min(...values.slice(0, n).filter(value => value > 0))
  return Number.isFinite(least) && baseline > 0 ? least / baseline : undefined
}

/**
 * What `n` draws of chance lead to on average: the expected least of n of the chance candidates, drawn without
 * repetition, so that the order in which they happened to come does not matter. A draw that broke is a draw lost.
 * Never worse than the baseline with `fallback`.
 */
export function expectedBest(
  { chance, baseline }: Tried,
  n: number,
  fallback: 'with' | 'without',
): number | undefined {
  if (n > chance.length || baseline <= 0) return undefined
  const ratios = chance
    .map(value => (value > 0 ? value / baseline : Number.POSITIVE_INFINITY))
    .map(ratio => (fallback === 'with' ? Math.min(1, ratio) : ratio))
    .sort((a, b) => a - b)
  // Weight of the i-th least being the least drawn: C(m-1-i, n-1) / C(m, n), each from the one before.
  const m = ratios.length
  let weight = n / m
  let logs = 0
  let total = 0
  for (const [i, ratio] of ratios.entries()) {
    if (weight <= 0) break
    if (Number.isFinite(ratio)) {
      logs += weight * Math.log(ratio)
      total += weight
    }
    weight *= (m - i - n) / (m - 1 - i || 1)
  }
  return total > 0 ? Math.exp(logs / total) : undefined
}

/** Geometric mean over the kernels of what n random tries lead to, -Oz (or another baseline) being the fallback. */
export function chanceAt(kernels: readonly Tried[], n: number): number | undefined {
  const ratios = kernels.map(kernel => expectedBest(kernel, n, 'with'))
  if (ratios.length === 0 || ratios.some(ratio => ratio === undefined)) return undefined
  return geometricMean(ratios as number[])
}

/** How many random tries a kernel lead as far as a result does. */
export type Worth =
  /** `tries` may lie between whole numbers: interpolated along the logarithm. */
  | { readonly state: 'as many as'; readonly tries: number }
  /** Further than chance was followed. */
  | { readonly state: 'more than'; readonly tries: number }
  /** No gain at all. */
  | { readonly state: 'none' }

/**
 * Places a result, a ratio to the same baseline with the same fallback, on the curve of chance: "worth 40 random
 * tries". Undefined when nothing was searched.
 */
export function worthOfRandomTries(kernels: readonly Tried[], ratio: number): Worth | undefined {
  const most = Math.min(...kernels.map(({ chance }) => chance.length))
  if (!Number.isFinite(most) || most < 1) return undefined
  if (ratio >= 1) return { state: 'none' }
  const at = (n: number): number => chanceAt(kernels, n) ?? 1
  if (ratio < at(most)) return { state: 'more than', tries: most }
  if (ratio >= at(1)) return { state: 'as many as', tries: Math.log(ratio) / Math.log(at(1)) }
  let [low, high] = [1, most]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (at(middle) > ratio) low = middle
    else high = middle
  }
  const [a, b] = [at(low), at(high)]
  const part = a === b ? 0 : (Math.log(a) - Math.log(ratio)) / (Math.log(a) - Math.log(b))
  return { state: 'as many as', tries: low * (high / low) ** part }
}

export interface Portfolio {
  readonly candidate: string
  /** Kernels for which it is the best of those chosen so far. */
  readonly serves: number
  /** Geometric mean over all kernels of the best chosen so far, over the baseline, which is the fallback. */
  readonly ratio: number
}

/** The lists that together serve all kernels best, greedily: each adds most to those before it. */
export function greedyPortfolio(
  lists: ReadonlyMap<string, Readonly<Record<string, number>>>,
  baselines: ReadonlyMap<string, number>,
  most: number,
): Portfolio[] {
  const best = new Map([...baselines].map(([kernel]) => [kernel, 1]))
  const owner = new Map<string, string>()
  const chosen: Omit<Portfolio, 'serves'>[] = []
  const left = new Map(lists)
  const ratioOf = (sizes: Readonly<Record<string, number>>, kernel: string): number => {
    const [value, baseline] = [sizes[kernel] ?? 0, baselines.get(kernel) ?? 0]
    return value > 0 && baseline > 0 ? value / baseline : Number.POSITIVE_INFINITY
  }
  while (chosen.length < most) {
    let gain = 0
    let next: string | undefined
    for (const [candidate, sizes] of left) {
      let sum = 0
      for (const [kernel, now] of best) sum += Math.max(0, Math.log(now) - Math.log(ratioOf(sizes, kernel)))
      if (sum > gain + 1e-12) [gain, next] = [sum, candidate]
    }
    const sizes = next === undefined ? undefined : left.get(next)
    if (next === undefined || sizes === undefined) break
    left.delete(next)
    for (const [kernel, now] of best)
      if (ratioOf(sizes, kernel) < now) {
        best.set(kernel, ratioOf(sizes, kernel))
        owner.set(kernel, next)
      }
    chosen.push({ candidate: next, ratio: geometricMean([...best.values()]) })
  }
  const owners = [...owner.values()]
  return chosen.map(one => ({ ...one, serves: owners.filter(name => name === one.candidate).length }))
}
