/**
 * Figures from raw samples: pure, seeded, the same on every machine.
 *
 * Times of two builds are compared pair by pair: each pair holds one sample of every build, taken one after the other,
 * so what slows the machine slows both, and the log of their ratio is what counts. Where the linker put a function
 * (link) and where a process put its buffers (process) shift all pairs below them, hence the hierarchical bootstrap
 * (Kalibera and Jones, "Rigorous benchmarking in reasonable time", ISMM 2013).
 */

/** Changes whenever a figure could come out otherwise from equal samples. */
export const STATISTICS_RULE = 5

/** One timing, at its place: link → process → pair. `link` is unique over all campaigns at hand. */
export interface TimedSample {
  readonly link: string | number
  readonly process: number
  readonly pair: number
  /** Nanoseconds per call. */
  readonly value: number
  /** What disturbed it, when every try was. */
  readonly disturbance?: string | null
}

export const COMPARISONS = ['same', 'faster', 'slower', 'inconclusive'] as const
export type ComparisonState = (typeof COMPARISONS)[number]

/** Time of a candidate divided by that of its reference: below 1 is faster. */
export interface Comparison {
  readonly ratio: number
  /** 95 % interval of the ratio. */
  readonly low: number
  readonly high: number
  readonly pairs: number
  /** Probability of a ratio this far from 1, or further, where there is no difference. */
  readonly p: number
  /** Judged alone; many at once want a correction (judgement.ts). */
  readonly state: ComparisonState
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Median distance from the median, scaled to equal the standard deviation of normal noise. */
export function medianDeviation(values: readonly number[]): number {
  const middle = median(values)
  return 1.4826 * median(values.map(value => Math.abs(value - middle)))
}

/** Of positive values; NaN of nothing. */
export const geometricMean = (values: readonly number[]): number => Math.exp(mean(values.map(Math.log)))

/**
 * Geometric mean of ratios over kernels with its 95 % interval (Student's t on the logs): what another draw of kernels
 * like these would give. One ratio has no interval: low and high are then NaN.
 */
export function geometricMeanInterval(ratios: readonly number[]): {
  mean: number
  low: number
  high: number
} {
  const logs = ratios.map(Math.log)
  const centre = mean(logs)
  const n = logs.length
  const variance = logs.reduce((sum, log) => sum + (log - centre) ** 2, 0) / (n - 1)
  const half = n < 2 ? Number.NaN : studentT(n - 1) * Math.sqrt(variance / n)
  return { mean: Math.exp(centre), low: Math.exp(centre - half), high: Math.exp(centre + half) }
}

/** Ratios within 1 ± DELTA count as the same, unless asked otherwise. */
export const DELTA = 0.01

/** `same` if the interval lies within 1 ± delta, else what it excludes. */
export function classify(low: number, high: number, delta: number = DELTA): ComparisonState {
  if (low >= 1 - delta && high <= 1 + delta) return 'same'
  if (high < 1) return 'faster'
  if (low > 1) return 'slower'
  return 'inconclusive'
}

/** A small fast generator (mulberry32): unsigned 32-bit integers that follow from the seed. */
export function randomIntegers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
}

/**
 * Compares two builds over the pairs that hold both; undefined when there are none. `seed` fixes the resampling.
 * Pairs that were disturbed to the last try tell of the machine's neighbours rather than of the builds (beside one, ratios
 * shift by a fifth in the median): they count only where next to no link would be left without them, and then the
 * interval reaches as much further as neighbours were seen to shift ratios.
 * Within a process, log ratios further than three deviations from their median count as if at three: a machine's
 * hiccup in one pair must not decide. The estimate is the mean over links of the mean over processes of the mean pair,
 * without the tenth of the links at each end: what disturbed a whole process unseen must not decide either.
 */
export function compare(
  candidate: readonly TimedSample[],
  reference: readonly TimedSample[],
  options: { readonly seed?: number; readonly resamples?: number; readonly delta?: number } = {},
): Comparison | undefined {
  const all = logRatios(candidate, reference)
  const quiet = logRatios(candidate.filter(undisturbed), reference.filter(undisturbed))
  const enough = quiet.length >= Math.min(all.length, ENOUGH_LINKS)
  const links = (enough ? quiet : all).map(processes => processes.map(winsorized))
  if (links.length === 0) return undefined
  const centre = trimmedMean(Float64Array.from(links, processes => mean(processes.map(mean))))
  const draws = resample(links, centre, options.resamples ?? 1000, randomIntegers(options.seed ?? 1))
  const unknown = enough ? 0 : SHIFTED
  const low = Math.exp(quantile(draws, 0.025) - unknown)
  const high = Math.exp(quantile(draws, 0.975) + unknown)
  const pairs = links.flat().reduce((sum, process) => sum + process.length, 0)
  const p = twoSided(Math.max(0, Math.abs(centre) - unknown) / deviation(draws))
  return { ratio: Math.exp(centre), low, high, pairs, p, state: classify(low, high, options.delta) }
}

const undisturbed = ({ disturbance }: TimedSample): boolean => !disturbance

/** So many links, or all there are, must have undisturbed pairs for the others to be left out. */
const ENOUGH_LINKS = 3

/** How far (log) neighbours shifted the ratios of 95 in 100 comparisons that had samples of both kinds. */
const SHIFTED = 0.35

/** Share of the links that is left out at each end. */
const TRIMMED = 0.1

/** Samples that nothing disturbed, or all where none is left. */
export function calm<T extends TimedSample>(samples: readonly T[]): readonly T[] {
  const found = samples.filter(undisturbed)
  return found.length > 0 ? found : samples
}

const deviation = (values: Float64Array): number => {
  const centre = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length)
}

/** Probability that a standard normal value is at least as far from 0 as z (Abramowitz and Stegun, 7.1.26). */
export function twoSided(z: number): number {
  if (Number.isNaN(z)) return 1
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const series = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592]
  return series.reduce((sum, a) => (sum + a) * t, 0) * Math.exp(-x * x)
}

/** Log ratios of the pairs both sides have, as link → process → pair. */
export function logRatios(
  candidate: readonly TimedSample[],
  reference: readonly TimedSample[],
): number[][][] {
  const key = (sample: TimedSample): string => `${sample.link}/${sample.process}/${sample.pair}`
  const byPlace = new Map(reference.map(sample => [key(sample), sample.value]))
  const links = new Map<string | number, Map<number, number[]>>()
  for (const sample of candidate) {
    const other = byPlace.get(key(sample))
    if (other === undefined || !(other > 0) || !(sample.value > 0)) continue
    const processes = links.get(sample.link) ?? new Map<number, number[]>()
    links.set(sample.link, processes)
    const pairs = processes.get(sample.process) ?? []
    processes.set(sample.process, pairs)
    pairs.push(Math.log(sample.value / other))
  }
  return [...links.values()].map(processes => [...processes.values()])
}

function winsorized(values: readonly number[]): number[] {
  const middle = median(values)
  const limit = 3 * medianDeviation(values)
  return values.map(value => Math.min(Math.max(value, middle - limit), middle + limit))
}

/**
 * Bootstrap means: links with replacement, in each its processes, in each its pairs. With few links that alone is too
 * sure of itself: resampling n of them understates their variance by (n - 1) / n, and n means are not normal but
 * Student's t (Yuen, Biometrika 1974: by as many as are left when trimmed). So a draw's distance from the centre due to
 * its links is stretched by both.
 */
function resample(
  links: readonly (readonly (readonly number[])[])[],
  centre: number,
  count: number,
  random: () => number,
): Float64Array {
  const n = links.length
  const degrees = n - 2 * trimmedOff(n) - 1
  const stretch =
    n > 1 ? (Math.sqrt(n / (n - 1)) * studentT(degrees)) / studentT(Number.POSITIVE_INFINITY) : 1
  const linkMeans = Float64Array.from(links, processes => mean(processes.map(mean)))
  const flat = links.map(processes => processes.map(pairs => Float64Array.from(pairs)))
  const below = (limit: number): number => Math.floor((random() / 2 ** 32) * limit)
  const draws = new Float64Array(count)
  const drawn = new Float64Array(n)
  for (let draw = 0; draw < count; draw++) {
    for (let i = 0; i < n; i++) {
      const link = below(n)
      const processes = flat[link] as Float64Array[]
      let linkTotal = 0
      for (let j = 0; j < processes.length; j++) {
        const pairs = processes[below(processes.length)] as Float64Array
        let sum = 0
        for (let k = 0; k < pairs.length; k++) sum += pairs[below(pairs.length)] as number
        linkTotal += sum / pairs.length
      }
      const own = linkMeans[link] as number
      drawn[i] = centre + (own - centre) * stretch + (linkTotal / processes.length - own)
    }
    draws[draw] = trimmedMean(drawn)
  }
  return draws.sort()
}

const trimmedOff = (n: number): number => Math.floor(TRIMMED * n)

/** Mean of the values, which are left sorted, without the tenth of them at each end. */
function trimmedMean(values: Float64Array): number {
  const off = trimmedOff(values.length)
  const kept = values.sort().subarray(off, values.length - off)
  return kept.reduce((a, b) => a + b, 0) / kept.length
}

/** Linear between the two nearest of sorted values. */
function quantile(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1)
  const below = Math.floor(place)
  const a = sorted[below] ?? Number.NaN
  const b = sorted[Math.ceil(place)] ?? Number.NaN
  return a + (b - a) * (place - below)
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** 97.5 % point of Student's t: exact table to 10 degrees of freedom, Cornish-Fisher beyond (error below 0.001). */
function studentT(degrees: number): number {
  const table = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
  const z = 1.959964
  const n = degrees
  return table[degrees - 1] ?? z + (z ** 3 + z) / (4 * n) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n * n)
}
