/** Builds that a search tried, as the store keeps them. */
import { putBuild, putProposal } from '../../store/builds/builds.ts'
import { type Store, write } from '../../store/open.ts'
import { TRIED } from '../../store/proposers/searches.ts'
import type { ExploreServices } from '../proposer.ts'
import type { Searched } from './rounds.ts'
import { asked, type Candidate } from './space/candidate.ts'
import type { State } from './state.ts'

/** Builds a candidate whole, as one that was tried; returns its hash. */
export async function propose(
  { input, state }: Searched,
  candidate: Candidate,
  { store, builder, signal }: ExploreServices,
): Promise<string> {
  const [request, source] = asked(candidate, input)
  const result = await builder.build(request, source, { signal })
  return write(store, () => {
    const build = putBuild(store, request, result)
    putTried(store, state, build)
    return build
  })
}

/** Notes that a search tried a build: it is nobody's result yet. */
export function putTried(store: Store, { key, seconds }: State, build: string): void {
  const { kernel, targetId, metric, seed } = key
  putProposal(store, { kernel, targetId, proposer: TRIED, build, parameters: { metric, seed }, seconds })
}
