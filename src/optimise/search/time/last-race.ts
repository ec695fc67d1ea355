/** The last race: one winner of the best, measured again by samples that chose nothing, verified under every signature. */
import { buildHash } from '../../../kernel/build.ts'
import { type Progress, progress } from '../../../log.ts'
import { RACE_PLAN } from '../../../measure/race.ts'
import { median } from '../../../measure/statistics.ts'
import { write } from '../../../store/open.ts'
import { promote, settleSearch, type Timed } from '../../../store/proposers/searches.ts'
import type { ExploreServices } from '../../proposer.ts'
import { type Judged, judged, judgeProposed, USUAL } from '../../verdicts.ts'
import { propose } from '../propose.ts'
import type { Entrant } from '../quick-judge.ts'
import type { Searched } from '../rounds.ts'
import { type Candidate, candidateText, requestOf } from '../space/candidate.ts'
import type { Settled } from '../winners.ts'
import { type Heat, type HeatResult, runHeats } from './heat.ts'
import { keepSamples } from './keep-samples.ts'
import type { Course } from './reference.ts'

/** The best of all heats run in it. */
const FINALISTS = 6
/** Kernels that race together: what is killed loses as much. */
const TOGETHER = 40
/** Scores from here on are of candidates that were not measured. */
export const UNMEASURED = 3_000_000_000

interface Finalist {
  readonly kernel: Searched
  readonly course: Course
}

/** What a race ended in, and what of the candidates before was refuted. */
interface Ended {
  readonly result: HeatResult
  readonly winner: Winner | undefined
  readonly verdict: Judged | undefined
  readonly refuted: Settled['refuted']
}

type Refuted = Map<Searched, Settled['refuted'][number][]>

interface Winner {
  readonly entrant: Entrant
  readonly build: string
  readonly timed: Timed
}

/**
 * Settles every kernel that has new candidates since it last was. Only what passes the whole judge under one signature
 * races; a winner that is refuted under another, or built whole, leaves its place to the best of the others.
 */
export async function lastRaces(all: readonly Finalist[], services: ExploreServices): Promise<Settled[]> {
  const settled: Settled[] = []
  const heats: Heat[] = []
  for (const { kernel, course } of all)
    if (kernel.state.settled === kernel.state.tried) settled.push({ kernel, outcome: 'known', refuted: [] })
    else {
      const best = kernel.state.best.filter(one => one.score < UNMEASURED)
      heats.push({ kernel, course, judged: course.kernel, entrants: best.slice(0, FINALISTS) })
    }
  if (heats.length === 0) return settled
  const shown = progress('last races', heats.length)
  try {
    for (let at = 0; at < heats.length; at += TOGETHER)
      settled.push(...(await settleAll(heats.slice(at, at + TOGETHER), shown, services)))
  } finally {
    shown.done()
  }
  return settled
}

/** Races until every kernel has a winner that is verified, or none. */
async function settleAll(
  heats: readonly Heat[],
  shown: Progress,
  services: ExploreServices,
): Promise<Settled[]> {
  const settled: Settled[] = []
  const refuted: Refuted = new Map()
  for (let racing = heats; racing.length > 0; ) {
    const again: Heat[] = []
    for (const ended of await raced(racing, refuted, shown, services)) {
      const { winner, verdict, result } = ended
      const { kernel, entrants } = result.heat
      if (winner === undefined || verdict === 'passed' || verdict === 'undecided') {
        settled.push(settle(ended, services))
        shown.step(kernel.input.kernel.slice(0, 8))
      } else {
        const left = entrants.filter(one => one !== winner.entrant && !result.wrong.has(one.contentHash))
        again.push({ ...result.heat, entrants: left })
      }
    }
    racing = again
  }
  return settled
}

/** Races once, and judges who won. What is refuted is added to what was. */
async function raced(
  heats: readonly Heat[],
  refuted: Refuted,
  { say }: Progress,
  services: ExploreServices,
): Promise<Ended[]> {
  const results: HeatResult[] = []
  await runHeats(heats, { race: RACE_PLAN, trials: USUAL.trials }, services, {
    say,
    onResult: result => results.push(result),
  })
  const winners = new Map<HeatResult, Winner>()
  /** Built whole and judged again: who won, and who was refuted before the race. */
  const proposed = new Map<HeatResult, { candidate: Candidate; build: string }[]>()
  for (const result of results) {
    const { kernel, entrants } = result.heat
    const winner = winnerOf(result)
    if (winner) winners.set(result, winner)
    const some = entrants.filter(one => one === winner?.entrant || result.wrong.has(one.contentHash))
    const builds = some.map(async ({ candidate }) => ({
      candidate,
      build: await propose(kernel, candidate, services),
    }))
    proposed.set(result, await Promise.all(builds))
  }
  await keepSamples(winners, services)
  await judgeProposed(new Set([...proposed.values()].flat().map(({ build }) => build)), services)
  return results.map(result => {
    const { kernel } = result.heat
    const winner = winners.get(result)
    const wrong = (proposed.get(result) ?? []).filter(({ build }) => judged(build, services) === 'refuted')
    const all = [...(refuted.get(kernel) ?? []), ...wrong]
    refuted.set(kernel, all)
    return { result, winner, verdict: winner && judged(winner.build, services), refuted: all }
  })
}

function winnerOf({ heat, outcome }: HeatResult): Winner | undefined {
  const { selected, confirmed, build: content } = outcome?.winner ?? {}
  const entrant = heat.entrants.find(one => one.contentHash === content)
  if (selected === undefined || confirmed === undefined || entrant === undefined) return undefined
  const { ratio, low, high } = confirmed
  return {
    ...{ entrant, timed: { selected: selected.ratio, confirmed: ratio, low, high } },
    build: buildHash(requestOf(entrant.candidate, heat.kernel.input)),
  }
}

/** Stores the winner that was verified, or that there is none. */
function settle({ result, winner, verdict, refuted }: Ended, { store }: ExploreServices): Settled {
  const { heat, samples } = result
  const { kernel } = heat
  const { state } = kernel
  const passed = verdict === 'passed' ? winner : undefined
  const reference = samples.filter(({ sample }) => sample.build === heat.course.reference.hash)
  const times = reference.map(({ sample }) => sample.nsPerCall)
  write(store, () => {
    if (passed) promote(store, state.key, passed.build)
    settleSearch(store, state.key, {
      ...{ tried: state.tried, passedOver: refuted.length, timed: passed?.timed },
      winner: passed && { candidate: candidateText(passed.entrant.candidate), build: passed.build },
      referenceNs: times.length > 0 ? median(times) : undefined,
    })
  })
  const why = winner === undefined ? "none was faster than XLA's own" : `its fastest candidate is ${verdict}`
  return { kernel, outcome: passed ? 'made' : { why }, refuted }
}
