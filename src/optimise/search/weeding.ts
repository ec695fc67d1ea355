/**
 * Code that is wrong must not steer a search: a miscompile is often smaller than anything right, and its relatives would
 * soon be all that is left of the best. So the best are looked at by the judge every few rounds, quickly.
 */
import { kernelToJudge } from '../../judge/stored.ts'
import { buildHash } from '../../kernel/build.ts'
import { runsOn } from '../../kernel/runs-on.ts'
import { write } from '../../store/open.ts'
import { hasFinding } from '../../store/proposers/findings.ts'
import type { ExploreServices } from '../proposer.ts'
import { judged, judgeProposed } from '../verdicts.ts'
import { propose } from './propose.ts'
import { type Contenders, QUICK_TRIALS, sift } from './quick-judge.ts'
import type { Searched } from './rounds.ts'
import type { Schedule } from './schedule.ts'
import { parseCandidate, requestOf } from './space/candidate.ts'
import { parentsOf, saveState, weed } from './state.ts'
import type { Settled } from './winners.ts'

/** Kernels judged together: what is killed loses as much. */
const TOGETHER = 40

/** Weeds what is wrong out of the parents of each kernel that can run here, and looks at those that take its place. */
export async function weedOut(kernels: readonly Searched[], services: ExploreServices): Promise<void> {
  const host = await services.host()
  const here = kernels.filter(({ input }) => runsOn(input.target, host.target))
  for (let at = 0; at < here.length; at += TOGETHER) {
    let contenders = await contendersOf(here.slice(at, at + TOGETHER), services)
    while (contenders.length > 0) {
      const sifted = await sift(contenders, QUICK_TRIALS, services)
      write(services.store, () => {
        for (const { contenders, wrong } of sifted) {
          weed(contenders.kernel.state, contenders.entrants, wrong)
          saveState(services.store, contenders.kernel.state)
        }
      })
      contenders = contenders.map(withFresh).filter(({ entrants }) => entrants.length > 0)
    }
  }
}

const withFresh = <T extends { readonly kernel: Searched }>(one: T) => ({
  ...one,
  entrants: parentsOf(one.kernel.state).filter(best => !best.looked),
})

/** Those that have parents nobody looked at, and can be run alone. */
async function contendersOf(kernels: readonly Searched[], services: ExploreServices): Promise<Contenders[]> {
  const all: Contenders[] = []
  for (const one of kernels.map(kernel => withFresh({ kernel }))) {
    const judged =
      one.entrants.length > 0 ? await kernelToJudge(one.kernel.input.kernel, services) : undefined
    if (judged) all.push({ ...one, judged })
  }
  return all
}

/** The first that was wrong of each kernel, as findings are kept: built whole and judged again. */
export async function wrongOnes(
  kernels: readonly Searched[],
  { grammar }: Schedule,
  services: ExploreServices,
): Promise<Settled[]> {
  const found = []
  for (const kernel of kernels) {
    const [text] = Object.values(kernel.state.wrong)
    if (text === undefined) continue
    const candidate = parseCandidate(grammar, text)
    if (hasFinding(services.store, buildHash(requestOf(candidate, kernel.input)))) continue
    found.push({ kernel, candidate, build: await propose(kernel, candidate, services) })
  }
  await judgeProposed(new Set(found.map(({ build }) => build)), services)
  return found
    .filter(({ build }) => judged(build, services) === 'refuted')
    .map(({ kernel, ...refuted }) => ({ kernel, outcome: 'refuted', refuted: [refuted] }))
}
