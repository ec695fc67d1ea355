/** The last race: one winner of the best, measured again by samples that chose nothing, verified under every signature. */
import { buildHash } from '../../../kernel/build.ts'
import { progress } from '../../../log.ts'
import { RACE_PLAN } from '../../../measure/race.ts'
import { median } from '../../../measure/statistics.ts'
import { putBuild, putProposal } from '../../../store/builds/builds.ts'
import {
  addSamples,
  endCampaign,
  type Purpose,
  startCampaign,
} from '../../../store/measurements/campaigns.ts'
import { hostId } from '../../../store/measurements/hosts.ts'
import { write } from '../../../store/open.ts'
import { promote, settleSearch, type Timed, TRIED } from '../../../store/proposers/searches.ts'
import type { ExploreServices } from '../../proposer.ts'
import { judged, judgeProposed } from '../../verdicts.ts'
import type { Searched } from '../rounds.ts'
import { type Candidate, candidateText, requestOf } from '../space/candidate.ts'
import type { Settled } from '../winners.ts'
import { type Entrant, type Heat, type HeatResult, runHeats } from './heat.ts'
import type { Course } from './reference.ts'

/** The best of all heats run in it. */
const FINALISTS = 4
/** Scores from here on are of candidates that were not measured. */
export const UNMEASURED = 3_000_000_000

interface Finalist {
  readonly kernel: Searched
  readonly course: Course
}

interface Winner {
  readonly result: HeatResult
  readonly entrant: Entrant
  readonly build: string
  readonly timed: Timed
}

/** Settles every kernel that has new candidates since it last was. */
export async function lastRaces(all: readonly Finalist[], services: ExploreServices): Promise<Settled[]> {
  const settled: Settled[] = []
  const heats: Heat[] = []
  for (const { kernel, course } of all)
    if (kernel.state.settled === kernel.state.tried) settled.push({ kernel, outcome: 'known', refuted: [] })
    else {
      const best = kernel.state.best.filter(one => one.score < UNMEASURED)
      heats.push({ kernel, course, entrants: best.slice(0, FINALISTS) })
    }
  if (heats.length === 0) return settled
  const winners: Winner[] = []
  const shown = progress('last races', heats.length)
  try {
    await runHeats(heats, RACE_PLAN, services, result => {
      const { kernel } = result.heat
      shown.step(kernel.input.kernel.slice(0, 8))
      const winner = winnerOf(result)
      if (winner !== undefined) winners.push(winner)
      else {
        settle(result, undefined, services)
        settled.push({ kernel, outcome: { why: "none was faster than XLA's own" }, refuted: [] })
      }
    })
  } finally {
    shown.done()
  }
  for (const { result, entrant } of winners) await propose(result.heat.kernel, entrant.candidate, services)
  await keepSamples(winners, services)
  await judgeProposed(new Set(winners.map(({ build }) => build)), services)
  for (const winner of winners) {
    const { build, entrant, result } = winner
    const verdict = judged(build, services)
    settle(result, verdict === 'passed' ? winner : undefined, services)
    settled.push({
      kernel: result.heat.kernel,
      outcome: verdict === 'passed' ? 'made' : { why: `its fastest candidate is ${verdict}` },
      refuted: verdict === 'refuted' ? [{ candidate: entrant.candidate, build }] : [],
    })
  }
  return settled
}

function winnerOf(result: HeatResult): Winner | undefined {
  const { heat, outcome } = result
  const { selected, confirmed, build: content } = outcome?.winner ?? {}
  const entrant = heat.entrants.find(one => one.contentHash === content)
  if (selected === undefined || confirmed === undefined || entrant === undefined) return undefined
  const { ratio, low, high } = confirmed
  return {
    ...{ result, entrant, timed: { selected: selected.ratio, confirmed: ratio, low, high } },
    build: buildHash(requestOf(entrant.candidate, heat.kernel.input)),
  }
}

/** Builds a candidate whole, as one that was tried; returns its hash. */
export async function propose(
  { input, source, state }: Searched,
  candidate: Candidate,
  { store, builder, signal }: ExploreServices,
): Promise<string> {
  const request = requestOf(candidate, input)
  const result = await builder.build(request, source, { signal })
  const { kernel, targetId, metric, seed } = state.key
  return write(store, () => {
    const build = putBuild(store, request, result)
    putProposal(store, {
      ...{ kernel, targetId, proposer: TRIED, build, parameters: { metric, seed } },
      seconds: state.seconds,
    })
    return build
  })
}

/** The raw samples of winners and of XLA's builds beside them: those that selected apart from those that confirm. */
async function keepSamples(
  winners: readonly Winner[],
  { store, host: open }: ExploreServices,
): Promise<void> {
  const host = await open()
  const { name, kind, emulated } = host
  const { state: before, cpu, cores, os } = await host.describe()
  const id = hostId(store, { name, kind, emulated, cpu, cores, os })
  write(store, () => {
    for (const purpose of ['select', 'confirm'] as const satisfies readonly Purpose[]) {
      const campaign = startCampaign(store, {
        ...{ hostId: id, seed: RACE_PLAN.seed, options: RACE_PLAN, hostBefore: before, purpose },
      })
      for (const { result, build } of winners) {
        const { course } = result.heat
        const rows = result.samples.filter(one => one.purpose === purpose)
        addSamples(
          store,
          campaign,
          rows.map(({ sample: { kernel: _, nsPerCall, ...sample } }) => ({
            ...sample,
            build: sample.build === course.reference.hash ? sample.build : build,
            signature: course.signature,
            value: nsPerCall,
          })),
        )
      }
      endCampaign(store, campaign, 'complete')
    }
  })
}

function settle({ heat, samples }: HeatResult, winner: Winner | undefined, { store }: ExploreServices): void {
  const { state } = heat.kernel
  const reference = samples.filter(({ sample }) => sample.build === heat.course.reference.hash)
  const times = reference.map(({ sample }) => sample.nsPerCall)
  write(store, () => {
    if (winner) promote(store, state.key, winner.build)
    settleSearch(store, state.key, {
      ...{ tried: state.tried, passedOver: 0, timed: winner?.timed },
      winner: winner && { candidate: candidateText(winner.entrant.candidate), build: winner.build },
      referenceNs: times.length > 0 ? median(times) : undefined,
    })
  })
}
