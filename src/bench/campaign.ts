/**
 * One campaign: every kernel that has a new build in full, round by round, then the most uncertain again until
 * their intervals are narrow enough or the time is spent. A group's results are stored when it is done: a run that is
 * killed loses one.
 */
import type { HostFacts } from '../hosts/host.ts'
import { plural, progress } from '../log.ts'
import { halfWidth, type SelfTest } from '../measure/judgement.ts'
import type { Plan } from '../measure/measure.ts'
import { campaignsOn, endCampaign, type Purpose, startCampaign } from '../store/measurements/campaigns.ts'
import { type MeasurableBuild, referenceOf } from '../store/measurements/measurements.ts'
import { write } from '../store/open.ts'
import { type BenchServices, type GroupResult, measureGroup, together, type Work } from './group.ts'
import { conclude, keep, type Place, type Widths, widthKey } from './keep.ts'

export interface Aim {
  readonly plan: Plan
  /** Intervals of at most this to each side are narrow enough. */
  readonly precision: number
  /** Longest to measure in all. What was not measured at all yet is, even so. */
  readonly budgetMs: number
  /** Ratios within 1 ± delta are the same. */
  readonly delta: number
}

export interface CampaignOutcome {
  readonly samples: number
  /** Of those, kept although every try was disturbed. */
  readonly disturbed: number
  /** What its A/A pairs showed; none of a campaign that did not run. */
  readonly test?: SelfTest
  /** Kernels whose intervals are wider than was asked for. */
  readonly uncertain: number
  /** Builds that could not be measured, with why. */
  readonly failures: GroupResult['failures']
}

/**
 * Parts a plan is measured in, all kernels in each: a disturbance of half a minute then meets a few links of every kernel
 * instead of every link of a few, and can be left out.
 */
const ROUNDS = 4
/** Executables of a further round; each is another placement. */
export const MORE_LINKS = 4
/** Between the seeds of campaigns on one host, so that no placement, order or input comes twice. */
const CAMPAIGN_SEEDS = 1_000_003
/** One kernel in so many has a build linked twice. */
const COPIED = 4

/**
 * The work with A/A pairs among it, at least one. Any build may be the copied one, in turn: what a host resolves is to
 * hold for -Oz's code, whose time depends most on its place, as for XLA's.
 */
export const withCopies = (works: readonly Work[]): Work[] =>
  works.map((work, i) => {
    const { builds } = work.kernel
    const copied = builds[Math.floor(i / COPIED) % builds.length]?.hash
    return i % COPIED === 0 && copied !== undefined ? { ...work, copied } : work
  })

/** The plan's links in rounds. */
export function roundsOf(plan: Plan): Plan[] {
  const { links: all, firstLink: first = 0 } = plan
  const links = Math.ceil(all / ROUNDS)
  return Array.from({ length: Math.ceil(all / links) }, (_, i) => ({
    ...plan,
    links: Math.min(links, all - i * links),
    firstLink: first + i * links,
  }))
}

export async function runCampaign(
  works: readonly Work[],
  purpose: Purpose,
  aim: Aim,
  host: { readonly id: number; readonly before: HostFacts },
  services: BenchServices,
): Promise<CampaignOutcome> {
  const { store, signal } = services
  const { precision, budgetMs, delta } = aim
  const plan = { ...aim.plan, seed: aim.plan.seed + CAMPAIGN_SEEDS * campaignsOn(store, host.id) }
  const all = withCopies(works)
  const groups = together(all.filter(isNew))
  const options = { ...plan, precision, budgetMs }
  const campaign = startCampaign(store, {
    hostId: host.id,
    seed: plan.seed,
    options,
    hostBefore: host.before.state,
    purpose,
    delta,
  })
  const place: Place = { campaign, hostId: host.id, hostName: services.host.name, delta, purpose }
  const widths = known(all)
  const failures: GroupResult['failures'][number][] = []
  let samples = 0
  let disturbed = 0
  const measureOne = async (
    group: readonly Work[],
    plan: Plan,
    step: (names: string) => void,
  ): Promise<void> => {
    signal.throwIfAborted()
    const sound = without(group, failures)
    if (sound.length === 0) return
    const result = await measureGroup(sound, plan, services, step)
    const kept = write(store, () => keep(store, place, sound, result, widths))
    samples += kept.length
    disturbed += kept.filter(({ disturbance }) => disturbance !== undefined).length
    failures.push(...result.failures)
  }
  const started = performance.now()
  const left = (): number => budgetMs - (performance.now() - started)
  let state: 'complete' | 'cut' = 'cut'
  let test: SelfTest
  try {
    const shown = progress(`executables measured on ${services.host.name}`, groups.length * plan.links)
    try {
      for (const round of roundsOf(plan))
        for (const group of groups) {
          await measureOne(group, round, text => shown.step(text))
          shown.failures(failures.length)
        }
    } finally {
      shown.done()
    }
    await refine(all, widths, { precision, plan }, left, measureOne)
    test = write(store, () => conclude(store, place))
    state = 'complete'
  } finally {
    // A host that is gone says nothing any more, and what ended the campaign is the error to show.
    const after = await services.host.describe().catch(() => undefined)
    endCampaign(store, campaign, state, after?.state)
  }
  return { samples, disturbed, test, failures, uncertain: uncertain(all, widths, precision).length }
}

/** The works without the builds that failed before. */
function without(works: readonly Work[], failures: GroupResult['failures']): Work[] {
  const failed = new Set(failures.map(({ build }) => build))
  return works
    .map(work => ({
      ...work,
      kernel: { ...work.kernel, builds: work.kernel.builds.filter(({ hash }) => !failed.has(hash)) },
    }))
    .filter(({ kernel }) => kernel.builds.length > 0)
}

/** Whether any of a work's builds was never measured. */
export const isNew = ({ kernel }: Work): boolean => kernel.builds.some(({ measured }) => !measured)

/** What earlier campaigns left. */
const known = (works: readonly Work[]): Widths =>
  new Map(
    works.flatMap(({ kernel }) =>
      kernel.builds.flatMap(({ contentHash, low, high }) =>
        low === null || high === null
          ? []
          : [[widthKey(kernel.signatureHash, contentHash), halfWidth({ low, high })] as const],
      ),
    ),
  )

/**
 * Those of the works with builds whose figures are too uncertain, the worst first, with these builds and XLA's own. Those
 * that need more than four times their samples come last: they would take all that is left and not get there.
 */
function uncertain(works: readonly Work[], widths: Widths, precision: number): Work[] {
  return works
    .map(work => {
      const reference = referenceOf(work.kernel.builds)
      const of = (build: MeasurableBuild): number =>
        widths.get(widthKey(work.kernel.signatureHash, build.contentHash)) ?? 0
      const builds = work.kernel.builds.filter(build => build === reference || of(build) > precision)
      return { work: { ...work, kernel: { ...work.kernel, builds } }, width: Math.max(0, ...builds.map(of)) }
    })
    .filter(({ width }) => width > precision)
    .sort((a, b) => Number(a.width > 2 * precision) - Number(b.width > 2 * precision) || b.width - a.width)
    .map(({ work }) => work)
}

/** Group after group of the most uncertain kernels, while there is time for one more. */
async function refine(
  works: readonly Work[],
  widths: Widths,
  { plan, precision }: Pick<Aim, 'plan' | 'precision'>,
  left: () => number,
  measureOne: (group: readonly Work[], plan: Plan, step: (names: string) => void) => Promise<void>,
): Promise<void> {
  const shown = progress('measuring on', undefined)
  try {
    for (let took = 0, rounds = 0; ; rounds++) {
      const wide = uncertain(works, widths, precision)
      const [group] = together(wide)
      const began = left()
      if (group === undefined || began < took || began <= 0) break
      const state = `${plural(wide.length, 'kernel')} not known to ±${(precision * 100).toFixed(1)} % yet, ${Math.ceil(began / 1000)} s to spend`
      const more = { ...plan, links: MORE_LINKS, firstLink: plan.links + rounds * MORE_LINKS }
      await measureOne(group, more, () => shown.step(state))
      took = began - left()
    }
  } finally {
    shown.done()
  }
}
