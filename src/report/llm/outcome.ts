/**
 * What a language model reached on one kernel, beside chance: pure figures from its answers and from random's. Values
 * are of one metric, less is better. docs/llm.md says how to read them.
 */

/** One sample: its answers through all repair rounds, as one. */
export interface Sample {
  /** How far it came; each state implies those before it. */
  readonly reached: 'asked' | 'answered' | 'parsed' | 'valid' | 'built' | 'verified'
  /** The judge found it wrong, or it broke when it ran. */
  readonly refuted: boolean
  /** Its kind of failure, where it failed. */
  readonly class: string | undefined
  /** Of its build, once verified and, for time, measured. */
  readonly value: number | undefined
  /** The model's, and what building and verifying took. */
  readonly seconds: number
  readonly tokens: number
}

/** One proposal of `random`. */
export interface RandomSample {
  readonly value: number | undefined
  /** What building and verifying took. */
  readonly seconds: number
}

export const BASELINES = ['opt:Oz', 'opt:O3', 'xla'] as const
export type Baseline = (typeof BASELINES)[number]

/** Everything known of one kernel under one model, strategy and metric. */
export interface KernelFacts {
  readonly hash: string
  readonly name: string
  /** In the order asked; none when the kernel never fitted the window. */
  readonly samples: readonly Sample[]
  /** The very first answer, before any repair. */
  readonly first: number | undefined
  readonly random: readonly RandomSample[]
  readonly baselines: Readonly<Partial<Record<Baseline, number>>>
  /** Of every verified build by anybody, with who proposed it. */
  readonly best: { readonly value: number; readonly proposer: string } | undefined
}

/** Random's best: by itself, 1 when none was verified, and beside the baseline. */
export interface Drawn {
  readonly best: number
  readonly fallback: number
}

/** A kernel against one baseline. Ratios below 1 are better than the baseline. */
export interface KernelRatios {
  /** The first answer alone; 1, no change, when it failed. */
  readonly zeroShot: number
  /** The best of all samples; 1 when none was verified. */
  readonly bestOfN: number
  /** The best of all samples and the baseline. */
  readonly fallback: number
  /** Random's first sample alone; undefined where random drew none. */
  readonly randomFirst: number | undefined
  /** The best of as many random samples; undefined where random drew fewer. */
  readonly randomCandidates: Drawn | undefined
  /** The best of the random samples drawn in the same seconds; undefined where random drew none. */
  readonly randomSeconds: Drawn | undefined
  /** Random's samples ended before the seconds: with more it could only be better. */
  readonly randomShort: boolean
  /** The best known and the baseline. */
  readonly best: number
}

/** The least of what is known; undefined of nothing. */
export function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter(value => value !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** How many of random's samples, in their order, are drawn, built and verified in `seconds`, and whether they ran out. */
export function drawnIn(
  random: readonly RandomSample[],
  seconds: number,
): { readonly count: number; readonly short: boolean } {
  let spent = 0
  for (const [count, sample] of random.entries()) {
    spent += sample.seconds
    if (spent > seconds) return { count, short: false }
  }
  return { count: random.length, short: true }
}

/** Undefined when the baseline is not known. */
export function ratiosOf(facts: KernelFacts, baseline: Baseline): KernelRatios | undefined {
  const { samples, first, random, baselines } = facts
  const base = baselines[baseline]
  if (base === undefined) return undefined
  const unchanged = (value: number | undefined): number => (value === undefined ? 1 : value / base)
  const orBaseline = (value: number | undefined): number => Math.min(1, unchanged(value))
  const seconds = samples.reduce((sum, sample) => sum + sample.seconds, 0)
  const drawn = drawnIn(random, seconds)
  const drawnBest = (count: number): Drawn => {
    const value = least(random.slice(0, count).map(sample => sample.value))
    return { best: unchanged(value), fallback: orBaseline(value) }
  }
  const mine = least(samples.map(({ value }) => value))
  return {
    zeroShot: unchanged(first),
    bestOfN: unchanged(mine),
    fallback: orBaseline(mine),
    randomFirst: random.length === 0 ? undefined : unchanged(random[0]?.value),
    randomCandidates: random.length < samples.length ? undefined : drawnBest(samples.length),
    randomSeconds: random.length === 0 ? undefined : drawnBest(drawn.count),
    randomShort: drawn.short,
    best: orBaseline(facts.best?.value),
  }
}
