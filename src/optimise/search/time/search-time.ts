/**
 * The search for time. Most candidates are screened by what costs nothing: equal content, and the number of machine
 * instructions; the rest race in heats, whose times steer what is tried next. What won is measured again, by samples
 * that chose nothing, before it is reported.
 */
import { runsOn } from '../../../kernel/runs-on.ts'
import { type Progress, progress } from '../../../log.ts'
import { RACE_PLAN } from '../../../measure/race.ts'
import { median } from '../../../measure/statistics.ts'
import { write } from '../../../store/open.ts'
import { ROUND } from '../../../store/proposers/searches.ts'
import type { ExploreServices } from '../../proposer.ts'
import { type Entrant, QUICK_TRIALS } from '../quick-judge.ts'
import { type Budget, type Searched, show, tryRounds } from '../rounds.ts'
import { isExchange, type Schedule } from '../schedule.ts'
import { failuresOf, rescore, saveState, weed } from '../state.ts'
import { wrongOnes } from '../weeding.ts'
import type { Settled } from '../winners.ts'
import { type Heat, type HeatPlan, type HeatResult, runHeats } from './heat.ts'
import { lastRaces, UNMEASURED } from './last-race.ts'
import { type Course, courseOf } from './reference.ts'

/** Rounds before the first heat, which has the openings, and between later ones. */
const FIRST_HEAT = 2
const HEAT_ROUNDS = 10
/** Entrants of the first heat and of later ones. */
const ENTRANTS = [28, 14] as const
const SCALE = 1_000_000
/** Kernels that try and race together: what is killed loses as much. */
const TOGETHER = 24
/** Of a budget in seconds, the part for heats: the last races need theirs. */
const FOR_HEATS = 0.75

/**
 * A heat tells the fast from the slow, and a link of each round is enough for that: those that stay get a new one each
 * time. Wrong code must not steer the search, but a few trials find most of it, and what wins is judged whole.
 */
const HEAT: HeatPlan = {
  race: {
    ...RACE_PLAN,
    ...{ links: 1, rounds: 3, confirmLinks: 0, processes: 1, pairs: 3, minSampleNs: 100_000 },
  },
  trials: QUICK_TRIALS,
}

type Timeable = Pick<Entrant, 'contentHash'> & { readonly instructions: number }

interface Runner {
  readonly kernel: Searched
  readonly course: Course
  /** Ratio to XLA's time by content; infinite where it could not be measured. */
  readonly known: Map<string, number>
  pool: Map<string, Entrant & Timeable>
  /** Nanoseconds of XLA's build; 0 until a heat has measured them. */
  xlaNs: number
}

/** Kernels that can be raced here, and the heats they run. */
interface Meeting {
  readonly runners: readonly Runner[]
  readonly schedule: Schedule
  readonly services: ExploreServices
  readonly shown: Progress
}

export async function searchByTime(
  kernels: readonly Searched[],
  schedule: Schedule,
  budget: Budget,
  services: ExploreServices,
): Promise<Settled[]> {
  const began = performance.now()
  const until = began + FOR_HEATS * (budget.until - began)
  const { runners, settled } = await runnersOf(kernels, services)
  const rounds = Math.ceil(budget.candidates / ROUND)
  const pending = runners.reduce((sum, { kernel }) => sum + heatsLeft(kernel.state.rounds, rounds), 0)
  const shown = progress('kernels in heats', Number.isFinite(until) ? undefined : pending)
  const meeting = { runners, schedule, services, shown }
  try {
    for (;;) {
      const round = Math.min(...runners.map(({ kernel }) => kernel.state.rounds))
      // However short the time, every kernel has its first heat.
      const late = (): boolean => round > 0 && performance.now() >= until
      if (round >= rounds || late()) break
      // Those that take longest first: they weigh most, should the time run out.
      const due = runners
        .filter(({ kernel }) => kernel.state.rounds === round)
        .toSorted((a, b) => b.xlaNs - a.xlaNs)
      // The leaders of the heats so far are tried on relatives.
      if (isExchange(round))
        show(
          services.store,
          due.map(({ kernel }) => kernel),
          round,
        )
      for (let at = 0; at < due.length && !late(); at += TOGETHER)
        await heat(due.slice(at, at + TOGETHER), Math.min(rounds, nextHeat(round)), meeting)
    }
  } finally {
    shown.done()
  }
  const raced = await lastRaces(runners, services)
  const wrong = await wrongOnes(
    runners.map(({ kernel }) => kernel),
    schedule,
    services,
  )
  return [...settled, ...raced, ...wrong]
}

/** The round of the heat after this many: the first, then as often as kernels exchange what they found. */
const nextHeat = (round: number): number =>
  round < FIRST_HEAT ? FIRST_HEAT : (Math.floor(round / HEAT_ROUNDS) + 1) * HEAT_ROUNDS

function heatsLeft(from: number, rounds: number): number {
  let left = 0
  for (let round = from; round < rounds; round = nextHeat(round)) left++
  return left
}

/** The kernels that can be raced here, and why the others cannot. */
async function runnersOf(
  kernels: readonly Searched[],
  services: ExploreServices,
): Promise<{ runners: Runner[]; settled: Settled[] }> {
  const runners: Runner[] = []
  const settled: Settled[] = []
  const host = await services.host()
  for (const kernel of kernels) {
    const { target } = kernel.input
    const course = runsOn(target, host.target)
      ? await courseOf(kernel.input.kernel, services)
      : { why: `${host.name} cannot run code for ${target.name}` }
    if ('why' in course) settled.push({ kernel, outcome: course, refuted: [] })
    else runners.push({ kernel, course, known: knownOf(kernel), pool: new Map(), xlaNs: 0 })
  }
  return { runners, settled }
}

/** Brings some kernels to round `stop`, and races the best of what they tried. */
async function heat(some: readonly Runner[], stop: number, meeting: Meeting): Promise<void> {
  const { runners, schedule, services, shown } = meeting
  const byKernel = new Map(some.map(runner => [runner.kernel, runner]))
  const runnerOf = (kernel: Searched): Runner => byKernel.get(kernel) as Runner
  const failed = (): void =>
    shown.failures(runners.reduce((sum, { kernel }) => sum + failuresOf(kernel.state), 0))
  const round = some[0]?.kernel.state.rounds ?? 0
  const kernels = some.map(({ kernel }) => kernel)
  const all = runners.map(({ kernel }) => kernel)
  await tryRounds(kernels, stop, all, schedule, kernel => scoreOf(runnerOf(kernel)), services, {
    onTrial: (kernel, candidate, { contentHash, instructions }) => {
      const { known, pool } = runnerOf(kernel)
      const old = known.has(contentHash) || kernel.state.wrong[contentHash] !== undefined
      if (!old && !pool.has(contentHash)) pool.set(contentHash, { candidate, contentHash, instructions })
    },
    onRound: ({ input, state }) => {
      failed()
      shown.say(`${input.kernel.slice(0, 8)}, ${state.tried} candidates`)
    },
  })
  const entering = some.map(runner => heatOf(runner, ENTRANTS[round === 0 ? 0 : 1]))
  const plan = { ...HEAT, race: { ...HEAT.race, seed: 1 + round } }
  await runHeats(entering, plan, services, {
    say: shown.say,
    onResult: result => {
      takeIn(runnerOf(result.heat.kernel), result, services)
      failed()
      shown.step(result.heat.kernel.input.kernel.slice(0, 8))
    },
  })
}

/** What a heat found out; the measured become parents of what is tried next. */
function takeIn(runner: Runner, result: HeatResult, { store }: ExploreServices): void {
  const { kernel, course, known, pool } = runner
  const { heat, wrong, outcome, samples } = result
  weed(kernel.state, heat.entrants, wrong)
  for (const { build, selected } of outcome?.candidates ?? [])
    known.set(build, selected?.ratio ?? Number.POSITIVE_INFINITY)
  const reference = samples.filter(({ sample }) => sample.build === course.reference.hash)
  if (reference.length > 0) runner.xlaNs = median(reference.map(({ sample }) => sample.nsPerCall))
  const measured = [...pool.values()].filter(({ contentHash }) => known.has(contentHash))
  rescore(kernel.state, measured, scoreOf(runner))
  runner.pool = new Map()
  write(store, () => saveState(store, kernel.state))
}

/** What earlier runs measured, as far as it is kept: the best. */
const knownOf = ({ state }: Searched): Map<string, number> =>
  new Map(
    state.best.filter(best => best.score < UNMEASURED).map(best => [best.contentHash, best.score / SCALE]),
  )

/** Measured ones by their time; others behind them, those with fewer instructions first. */
const scoreOf =
  ({ known }: Runner) =>
  ({ contentHash, instructions }: Timeable): number => {
    const ratio = known.get(contentHash)
    if (ratio === undefined) return UNMEASURED + Math.min(instructions, 1e9)
    return Number.isFinite(ratio) ? Math.round(ratio * SCALE) : UNMEASURED + 1e9
  }

/** Half of the places to those that came first, half to those with the fewest instructions. */
function heatOf({ kernel, course, pool }: Runner, places: number): Heat {
  const all = [...pool.values()]
  const first = all.slice(0, Math.ceil(places / 2))
  const others = all.filter(one => !first.includes(one)).sort((a, b) => a.instructions - b.instructions)
  return {
    kernel,
    course,
    judged: course.kernel,
    entrants: [...first, ...others.slice(0, places - first.length)],
  }
}
