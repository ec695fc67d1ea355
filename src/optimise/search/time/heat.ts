/** One heat: candidates that look promising are built, judged as far as is worth while, and raced against XLA's build. */
import type { RawSample } from '../../../measure/measure.ts'
import { type RaceOutcome, type RacePlan, race } from '../../../measure/race.ts'
import { inScratch } from '../../../process/scratch.ts'
import { linkBundle } from '../../../runner/link.ts'
import type { ExploreServices } from '../../proposer.ts'
import { type Contenders, sift } from '../quick-judge.ts'
import { type Course, measuredBuild } from './reference.ts'

export interface Heat extends Contenders {
  readonly course: Course
}

/** What a heat found out about one kernel: contents that are wrong, and the race of the others. */
export interface HeatResult {
  readonly heat: Heat
  readonly wrong: ReadonlySet<string>
  /** `build` of its candidates is the content's hash. */
  readonly outcome: RaceOutcome | undefined
  /** Of the reference and, if there is one, the winner. */
  readonly samples: readonly { readonly sample: RawSample; readonly purpose: 'select' | 'confirm' }[]
}

export interface HeatPlan {
  readonly race: RacePlan
  /** Trials that decide who may race; as usual with the judge, small kernels get more. */
  readonly trials: number
}

/** Functions in one executable, about; the more, the fewer links. */
const FUNCTIONS_TOGETHER = 320

export interface HeatEvents {
  /** Each kernel's, as it is known. */
  readonly onResult: (result: HeatResult) => void
  /** What is being done. */
  readonly say: (what: string) => void
}

/** Runs the heats, some kernels at a time. */
export async function runHeats(
  heats: readonly Heat[],
  plan: HeatPlan,
  services: ExploreServices,
  { onResult, say }: HeatEvents,
): Promise<void> {
  for (const group of grouped(heats)) {
    services.signal.throwIfAborted()
    const results = await inScratch('heat', scratch => runGroup(group, plan, scratch, services, say))
    for (const result of results) onResult(result)
  }
}

function grouped(heats: readonly Heat[]): Heat[][] {
  const groups: Heat[][] = []
  let functions = Number.POSITIVE_INFINITY
  for (const heat of heats) {
    functions += heat.entrants.length + 1
    if (functions > FUNCTIONS_TOGETHER) {
      groups.push([])
      functions = heat.entrants.length + 1
    }
    groups.at(-1)?.push(heat)
  }
  return groups
}

async function runGroup(
  group: readonly Heat[],
  plan: HeatPlan,
  directory: string,
  services: ExploreServices,
  say: HeatEvents['say'],
): Promise<HeatResult[]> {
  const { lanes, signal } = services
  const host = await services.host()
  say(`${group.length} kernels: judging who may race`)
  const ready = await sift(group, plan.trials, services)
  const runners = ready.map(({ contenders: { judged, course }, passed }, i) => ({
    id: `r${i}`,
    signature: judged.signature,
    reference: course.reference,
    candidates: passed.map(({ hash, object }) => measuredBuild(hash, object)),
  }))
  const racing = runners.filter(runner => runner.candidates.length > 0)
  const entered = racing.reduce((sum, { candidates }) => sum + candidates.length, 0)
  say(`${racing.length} kernels: ${entered} candidates race`)
  const samples: HeatResult['samples'][number][] = []
  const outcomes = await race(
    racing,
    plan.race,
    { host, lanes, link: linkBundle, directory, signal },
    {
      onSample: (sample, purpose) => samples.push({ sample, purpose }),
      onFailure: () => {},
      onRound: left => say(`${racing.length} kernels: ${left} candidates race on`),
    },
  )
  const byId = new Map(outcomes.map(outcome => [outcome.kernel, outcome]))
  const bySample = Map.groupBy(samples, ({ sample }) => sample.kernel)
  return ready.map(({ contenders: heat, wrong }, i) => {
    const outcome = byId.get(`r${i}`)
    const kept = new Set([heat.course.reference.hash, outcome?.winner?.build])
    const own = bySample.get(`r${i}`) ?? []
    return { heat, wrong, outcome, samples: own.filter(({ sample }) => kept.has(sample.build)) }
  })
}
