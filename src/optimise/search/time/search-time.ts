/**
 * The search for time. Most candidates are screened by what costs nothing: equal content, and the number of machine
 * instructions; the rest race in heats, whose times steer what is tried next. What won is measured again, by samples
 * that chose nothing, before it is reported.
 */
import { runsOn } from '../../../kernel/runs-on.ts'
import { progress } from '../../../log.ts'
import { RACE_PLAN, type RacePlan } from '../../../measure/race.ts'
import { write } from '../../../store/open.ts'
import { ROUND } from '../../../store/proposers/searches.ts'
import type { ExploreServices } from '../../proposer.ts'
import { judged, judgeProposed } from '../../verdicts.ts'
import { type Budget, type Searched, show, tryRounds } from '../rounds.ts'
import { isExchange, type Schedule } from '../schedule.ts'
import type { Candidate } from '../space/candidate.ts'
import { rescore, type Score, saveState } from '../state.ts'
import type { Settled } from '../winners.ts'
import { type Entrant, type Heat, runHeats } from './heat.ts'
import { lastRaces, propose, UNMEASURED } from './last-race.ts'
import { type Course, courseOf } from './reference.ts'

/** Rounds of candidates before a heat, and entrants of the first heat and of later ones. */
const HEAT_ROUNDS = 10
const ENTRANTS = [24, 12] as const
const SCALE = 1_000_000
/** Kernels that try and race together. */
const TOGETHER = 20

const HEAT: RacePlan = {
  ...RACE_PLAN,
  ...{ links: 2, rounds: 2, confirmLinks: 0, processes: 1, pairs: 3, minSampleNs: 150_000 },
}

interface Runner {
  readonly kernel: Searched
  readonly course: Course
  /** Ratio to XLA's time by content; infinite where wrong or not measurable. */
  readonly known: Map<string, number>
  pool: Map<string, Entrant & { readonly instructions: number }>
}

export async function searchByTime(
  kernels: readonly Searched[],
  schedule: Schedule,
  budget: Budget,
  services: ExploreServices,
): Promise<Settled[]> {
  const settled: Settled[] = []
  const runners: Runner[] = []
  /** Of each kernel the first that was refuted in a heat. */
  const wrong = new Map<Searched, Candidate>()
  const host = await services.host()
  for (const kernel of kernels) {
    if (!runsOn(kernel.input.target, host.target)) {
      const why = `${host.name} cannot run code for ${kernel.input.target.name}`
      settled.push({ kernel, outcome: { why }, refuted: [] })
      continue
    }
    const course = await courseOf(kernel.input.kernel, services)
    if ('why' in course) settled.push({ kernel, outcome: course, refuted: [] })
    else runners.push({ kernel, course, known: knownOf(kernel), pool: new Map() })
  }
  const heat = async (some: readonly Runner[], stop: number, round: number): Promise<void> => {
    const score = (kernel: Searched): Score => scoreOf(runnerOf(some, kernel))
    await tryRounds(
      some.map(({ kernel }) => kernel),
      stop,
      kernels,
      schedule,
      score,
      services,
      {
        onTrial: (kernel, candidate, { contentHash, instructions }) => {
          const { known, pool } = runnerOf(some, kernel)
          if (!known.has(contentHash) && !pool.has(contentHash))
            pool.set(contentHash, { candidate, contentHash, instructions })
        },
      },
    )
    const entering = some.map(runner => heatOf(runner, round === 0 ? ENTRANTS[0] : ENTRANTS[1]))
    await runHeats(entering, { ...HEAT, seed: 1 + round }, services, result => {
      const runner = runnerOf(some, result.heat.kernel)
      for (const content of result.wrong) {
        runner.known.set(content, Number.POSITIVE_INFINITY)
        const entrant = result.heat.entrants.find(one => one.contentHash === content)
        if (entrant !== undefined && !wrong.has(runner.kernel)) wrong.set(runner.kernel, entrant.candidate)
      }
      for (const { build, selected } of result.outcome?.candidates ?? [])
        runner.known.set(build, selected?.ratio ?? Number.POSITIVE_INFINITY)
      finishHeat(runner, services)
      shown.step(result.heat.kernel.input.kernel.slice(0, 8))
    })
  }
  const rounds = Math.ceil(budget.candidates / ROUND)
  const heats = Math.ceil(rounds / HEAT_ROUNDS)
  const shown = progress(
    'kernels in heats',
    Number.isFinite(budget.until) ? undefined : heats * runners.length,
  )
  try {
    for (;;) {
      const round = Math.min(...runners.map(({ kernel }) => kernel.state.rounds))
      if (round >= rounds || performance.now() >= budget.until) break
      const due = runners.filter(({ kernel }) => kernel.state.rounds === round)
      // The leaders of the heats so far are tried on relatives.
      if (isExchange(round))
        show(
          services.store,
          due.map(({ kernel }) => kernel),
          round,
        )
      // Some at a time: what is killed loses little.
      for (let at = 0; at < due.length && performance.now() < budget.until; at += TOGETHER) {
        await heat(due.slice(at, at + TOGETHER), Math.min(rounds, round + HEAT_ROUNDS), round)
      }
    }
  } finally {
    shown.done()
  }
  const raced = await lastRaces(
    runners.map(({ kernel, course }) => ({ kernel, course })),
    services,
  )
  return [...settled, ...raced, ...(await wrongOnes(wrong, services))]
}

/** What heats found wrong, as findings are kept: built whole and judged again. */
async function wrongOnes(
  wrong: ReadonlyMap<Searched, Candidate>,
  services: ExploreServices,
): Promise<Settled[]> {
  const found: { kernel: Searched; candidate: Candidate; build: string }[] = []
  for (const [kernel, candidate] of wrong)
    found.push({ kernel, candidate, build: await propose(kernel, candidate, services) })
  await judgeProposed(new Set(found.map(({ build }) => build)), services)
  return found
    .filter(({ build }) => judged(build, services) === 'refuted')
    .map(({ kernel, ...refuted }) => ({ kernel, outcome: 'refuted', refuted: [refuted] }))
}

const runnerOf = (runners: readonly Runner[], kernel: Searched): Runner => {
  const found = runners.find(runner => runner.kernel === kernel)
  if (found === undefined) throw new Error('a kernel that does not run has a result')
  return found
}

/** What earlier runs measured, as far as it is kept: the best. */
const knownOf = ({ state }: Searched): Map<string, number> =>
  new Map(
    state.best.filter(best => best.score < UNMEASURED).map(best => [best.contentHash, best.score / SCALE]),
  )

/** Measured ones by their time; others behind them, those with fewer instructions first. */
const scoreOf =
  ({ known }: Runner) =>
  ({
    contentHash,
    instructions,
  }: Pick<Entrant, 'contentHash'> & { readonly instructions: number }): number => {
    const ratio = known.get(contentHash)
    if (ratio === undefined) return UNMEASURED + Math.min(instructions, 1e9)
    return Number.isFinite(ratio) ? Math.round(ratio * SCALE) : UNMEASURED + 1e9
  }

/** Half of the places to those that came first, half to those with the fewest instructions. */
function heatOf({ kernel, course, pool }: Runner, places: number): Heat {
  const all = [...pool.values()]
  const first = all.slice(0, Math.ceil(places / 2))
  const others = all.filter(one => !first.includes(one)).sort((a, b) => a.instructions - b.instructions)
  return { kernel, course, entrants: [...first, ...others.slice(0, places - first.length)] }
}

/** The measured become parents of what is tried next. */
function finishHeat(runner: Runner, { store }: ExploreServices): void {
  const { kernel, pool } = runner
  const measured = [...pool.values()].filter(({ contentHash }) => runner.known.has(contentHash))
  rescore(kernel.state, measured, scoreOf(runner))
  runner.pool = new Map()
  write(store, () => saveState(store, kernel.state))
}
