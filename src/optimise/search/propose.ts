/** Builds that a search tried, as the store keeps them. */
import { putBuild, putProposal } from '../../store/builds/builds.ts'
import { write } from '../../store/open.ts'
import { TRIED } from '../../store/proposers/searches.ts'
import type { ExploreServices } from '../proposer.ts'
import type { Searched } from './rounds.ts'
import { asked, type Candidate } from './space/candidate.ts'

/** Builds a candidate whole, as one that was tried; returns its hash. */
export async function propose(
  { input, state }: Searched,
  candidate: Candidate,
  { store, builder, signal }: ExploreServices,
): Promise<string> {
  const [request, source] = asked(candidate, input)
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
