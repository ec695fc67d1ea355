/** From the best candidates to a winner: minimised, built whole, verified; if it is refuted, the next. */
import { buildHash } from '../../kernel/build.ts'
import { forAll } from '../../lanes/lanes.ts'
import { progress } from '../../log.ts'
import { putBuild } from '../../store/builds/builds.ts'
import { write } from '../../store/open.ts'
import { putFinding } from '../../store/proposers/findings.ts'
import { promote, settleSearch } from '../../store/proposers/searches.ts'
import type { ExploreServices } from '../proposer.ts'
import { judged, judgeProposed } from '../verdicts.ts'
import { minimise } from './minimise.ts'
import { putTried } from './propose.ts'
import type { Searched } from './rounds.ts'
import type { Schedule } from './schedule.ts'
import { asked, type Candidate, candidateText, requestOf } from './space/candidate.ts'
import type { Best, Score } from './state.ts'

export interface Settled {
  readonly kernel: Searched
  /** `known`: nothing was tried since the winner was found. `refuted`: no winner's, but a finding beside it. */
  readonly outcome: 'made' | 'known' | 'refuted' | { readonly why: string }
  /** Builds that were refuted on the way. */
  readonly refuted: readonly { readonly candidate: Candidate; readonly build: string }[]
}

interface Contest {
  readonly kernel: Searched
  /** Candidates left, best first. */
  readonly queue: Best[]
  current?: { readonly candidate: Candidate; readonly build: string }
  readonly refuted: { readonly candidate: Candidate; readonly build: string }[]
  passedOver: number
}

/** Finds the winner of every kernel that has new candidates since its last; equal searches settle equally. */
export async function settle(
  kernels: readonly Searched[],
  schedule: Schedule,
  score: Score,
  services: ExploreServices,
): Promise<Settled[]> {
  const settled: Settled[] = []
  let contests: Contest[] = []
  for (const kernel of kernels) {
    const { state } = kernel
    if (state.tried > 0 && state.settled === state.tried)
      settled.push({ kernel, outcome: 'known', refuted: [] })
    else contests.push({ kernel, queue: [...state.best], refuted: [], passedOver: 0 })
  }
  if (contests.length === 0) return settled
  const shown = progress('winners', contests.length)
  try {
    while (contests.length > 0) {
      let entered = 0
      await forAll(services.lanes, contests, services.signal, async contest => {
        await enter(contest, schedule, score, services)
        shown.say(`minimised ${++entered} of ${contests.length}`)
      })
      const builds = contests.flatMap(({ current }) => (current ? [current.build] : []))
      await judgeProposed(new Set(builds), services)
      const open: Contest[] = []
      for (const contest of contests) {
        const outcome = decide(contest, services)
        if (outcome === undefined) open.push(contest)
        else {
          settled.push({ kernel: contest.kernel, outcome, refuted: contest.refuted })
          shown.failures(settled.reduce((sum, { refuted }) => sum + refuted.length, 0))
          shown.step(contest.kernel.input.kernel.slice(0, 8))
        }
      }
      contests = open
    }
  } finally {
    shown.done()
  }
  return settled
}

/** Takes the next candidate, minimises and builds it. One whose object is another each time is passed over. */
async function enter(
  contest: Contest,
  schedule: Schedule,
  score: Score,
  services: ExploreServices,
): Promise<void> {
  const { kernel } = contest
  const { store, builder, signal } = services
  const { input, state } = kernel
  delete contest.current
  for (let best = contest.queue.shift(); best !== undefined; best = contest.queue.shift()) {
    const { rodataBytes, score: bar } = best
    const candidate = await minimise(best.candidate, schedule.pipelines, async next => {
      const trial = await builder.try(...asked(next, input), { signal })
      if (trial.state === 'broken') return false
      const now = score(trial)
      return now < bar || (now === bar && trial.sizes.rodataBytes <= rodataBytes)
    })
    const request = requestOf(candidate, input)
    const expected = await builder.try(...asked(candidate, input), { signal })
    const result = await builder.build(...asked(candidate, input), { signal })
    if (result.state === 'broken') {
      contest.passedOver++
      continue
    }
    const build = buildHash(request)
    const { kernel: hash, targetId } = state.key
    const steady = expected.state === 'ok' && expected.contentHash === result.contentHash
    write(store, () => {
      putBuild(store, request, result)
      if (!steady)
        putFinding(store, {
          ...{ kernel: hash, targetId, build, kind: 'not-deterministic', steps: candidate.passes.length },
          reason: 'made twice, it came out as two different objects',
        })
      else putTried(store, state, build)
    })
    if (steady) {
      contest.current = { candidate, build }
      return
    }
    contest.passedOver++
  }
}

/** What came of it, stored; undefined while there is another candidate to try. */
function decide(contest: Contest, services: ExploreServices): Settled['outcome'] | undefined {
  const { current, kernel } = contest
  const { key, tried } = kernel.state
  const finish = (winner: { candidate: string; build: string } | undefined): void =>
    write(services.store, () => {
      if (winner) promote(services.store, key, winner.build)
      settleSearch(services.store, key, { tried, winner, passedOver: contest.passedOver })
    })
  if (current === undefined) {
    finish(undefined)
    return { why: tried === 0 ? 'nothing was tried' : 'no candidate passed' }
  }
  const verdict = judged(current.build, services)
  if (verdict === 'passed') {
    finish({ candidate: candidateText(current.candidate), build: current.build })
    return 'made'
  }
  if (verdict === 'undecided') return { why: 'its best candidate was built, but nothing here can verify it' }
  if (verdict === 'refuted') contest.refuted.push(current)
  contest.passedOver++
  return undefined
}
