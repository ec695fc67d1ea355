/**
 * A race: many verified candidates of many kernels screened by time, those surely behind dropped round by round, and
 * the winner of each kernel measured again by samples that chose nothing. Only what that says may be reported: the
 * figure that won is flattered by having won (the winner's curse).
 */
import {
  type MeasuredBuild,
  type MeasuredKernel,
  type MeasureServices,
  measure,
  type Plan,
  type RawSample,
  timedSample,
} from './measure.ts'
import { type Comparison, compare, type TimedSample } from './statistics.ts'

export interface RacedKernel {
  /** Unique among the kernels raced together. */
  readonly id: string
  readonly signature: MeasuredKernel['signature']
  /** What candidates are compared with: XLA's own build, where there is one. */
  readonly reference: MeasuredBuild
  readonly candidates: readonly MeasuredBuild[]
}

export interface RacePlan {
  /** Executables of a round. */
  readonly links: number
  readonly rounds: number
  /** Executables of the confirmation; at least ten, as everywhere else that is reported. 0: nothing is confirmed. */
  readonly confirmLinks: number
  readonly processes: number
  readonly pairs: number
  readonly minSampleNs: number
  /** Longest one kernel may take in one process. */
  readonly limitMs: number
  readonly seed: number
}

export const RACE_PLAN: RacePlan = {
  links: 2,
  rounds: 3,
  confirmLinks: 10,
  processes: 1,
  pairs: 4,
  minSampleNs: 250_000,
  limitMs: 4000,
  seed: 1,
}

/** One candidate as the race left it. */
export interface Raced {
  readonly build: string
  /** Of the samples that selected; undefined when it could not be measured. */
  readonly selected: Comparison | undefined
  /** Rounds it took part in. */
  readonly rounds: number
}

export interface RaceOutcome {
  readonly kernel: string
  /** Best first. */
  readonly candidates: readonly Raced[]
  /** The winner, with the figure it won by and the one it is to be reported by; undefined when none is faster. */
  readonly winner:
    | { readonly build: string; readonly selected: Comparison; readonly confirmed: Comparison }
    | undefined
}

export interface RaceEvents {
  /** For the store: samples of a `select` campaign, then of a `confirm` campaign. Link numbers are unique in each. */
  readonly onSample: (sample: RawSample, purpose: 'select' | 'confirm') => void
  readonly onFailure: (failure: { kernel: string; build?: string; reason: string }) => void
  readonly onRound?: (left: number) => void
}

/** Races all kernels together. Ten candidates cost about as much as three builds measured in full. */
export async function race(
  kernels: readonly RacedKernel[],
  plan: RacePlan,
  services: MeasureServices,
  events: RaceEvents,
): Promise<RaceOutcome[]> {
  const runners = kernels.map(kernel => ({
    kernel,
    in: [...kernel.candidates],
    samples: new Map<string, TimedSample[]>(),
    rounds: new Map<string, number>(),
  }))
  const byId = new Map(runners.map(runner => [runner.kernel.id, runner]))
  for (let round = 0; round < plan.rounds; round++) {
    const racing = runners.filter(one => one.in.length > 0 && (round === 0 || one.in.length > 1))
    if (racing.length === 0) break
    for (const one of racing)
      for (const { hash } of one.in) one.rounds.set(hash, (one.rounds.get(hash) ?? 0) + 1)
    await measure(
      racing.map(one => withReference(one.kernel, one.in)),
      { ...plan, firstLink: round * plan.links },
      services,
      {
        ...events,
        onSample: sample => {
          keep(byId.get(sample.kernel)?.samples, sample)
          events.onSample(sample, 'select')
        },
      },
    )
    for (const one of racing) one.in = ahead(one.in, one.samples, one.kernel.reference.hash)
    events.onRound?.(runners.reduce((sum, one) => sum + one.in.length, 0))
  }
  const ranked = runners.map(one => ({ one, candidates: ranking(one.kernel, one.samples, one.rounds) }))
  const hopeful = ranked.filter(({ candidates: [best] }) => best?.selected && best.selected.ratio < 1)
  const confirmed = await confirm(
    hopeful.map(({ one: { kernel }, candidates: [best] }) => ({
      ...kernel,
      candidates: kernel.candidates.filter(({ hash }) => hash === best?.build),
    })),
    plan,
    services,
    events,
  )
  return ranked.map(({ one, candidates }): RaceOutcome => {
    const [best] = candidates
    const again = confirmed.get(one.kernel.id)
    const winner =
      best?.selected && again ? { build: best.build, selected: best.selected, confirmed: again } : undefined
    return { kernel: one.kernel.id, candidates, winner }
  })
}

/** Measures one candidate of each kernel beside its reference, with placements no earlier figure has seen. */
async function confirm(
  kernels: readonly RacedKernel[],
  plan: RacePlan,
  services: MeasureServices,
  events: RaceEvents,
): Promise<Map<string, Comparison>> {
  const samples = new Map(kernels.map(({ id }) => [id, new Map<string, TimedSample[]>()]))
  const again: Plan = { ...plan, links: plan.confirmLinks, seed: plan.seed + 1_000_003 }
  if (kernels.length > 0 && plan.confirmLinks > 0)
    await measure(
      kernels.map(kernel => withReference(kernel, kernel.candidates)),
      again,
      services,
      {
        ...events,
        onSample: sample => {
          keep(samples.get(sample.kernel), sample)
          events.onSample(sample, 'confirm')
        },
      },
    )
  const found = new Map<string, Comparison>()
  for (const { id, reference, candidates } of kernels) {
    const of = samples.get(id)
    const comparison = compare(of?.get(candidates[0]?.hash ?? '') ?? [], of?.get(reference.hash) ?? [])
    if (comparison) found.set(id, comparison)
  }
  return found
}

const withReference = (
  { id, signature, reference }: RacedKernel,
  builds: readonly MeasuredBuild[],
): MeasuredKernel => ({
  id,
  signature,
  builds: [reference, ...builds.filter(build => build.hash !== reference.hash)],
})

function keep(samples: Map<string, TimedSample[]> | undefined, sample: RawSample): void {
  if (sample.metric !== 'time' || sample.copy) return
  const known = samples?.get(sample.build) ?? []
  samples?.set(sample.build, known)
  known.push(timedSample(sample))
}

/** Those that may still win: whose interval begins below where the leader's ends; the better half at most. */
function ahead(
  builds: readonly MeasuredBuild[],
  samples: ReadonlyMap<string, readonly TimedSample[]>,
  reference: string,
): MeasuredBuild[] {
  const seen = builds
    .flatMap(build => {
      const comparison = compare(samples.get(build.hash) ?? [], samples.get(reference) ?? [], {
        resamples: 300,
      })
      return comparison ? [{ build, comparison }] : []
    })
    .sort((a, b) => a.comparison.ratio - b.comparison.ratio)
  const limit = Math.min(...seen.map(({ comparison }) => comparison.high))
  return seen
    .slice(0, Math.ceil(builds.length / 2))
    .filter(({ comparison }) => comparison.low <= limit)
    .map(({ build }) => build)
}

/** Those that lasted longest first, then by where their interval ends: so that noise is not picked for a gain. */
function ranking(
  kernel: RacedKernel,
  samples: ReadonlyMap<string, readonly TimedSample[]>,
  rounds: ReadonlyMap<string, number>,
): Raced[] {
  return kernel.candidates
    .map(
      ({ hash }): Raced => ({
        build: hash,
        selected: compare(samples.get(hash) ?? [], samples.get(kernel.reference.hash) ?? []),
        rounds: rounds.get(hash) ?? 0,
      }),
    )
    .sort((a, b) => b.rounds - a.rounds || order(a.selected) - order(b.selected))
}

const order = (comparison: Comparison | undefined): number => comparison?.high ?? Number.POSITIVE_INFINITY
