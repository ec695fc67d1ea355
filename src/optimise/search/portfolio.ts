/** Which few lists serve many kernels: the winners of each, tried on all. */
import { sha256 } from '../../kernel/build.ts'
import { forAll } from '../../lanes/lanes.ts'
import { progress } from '../../log.ts'
import { write } from '../../store/open.ts'
import { portfolioTrials, putPortfolioTrial } from '../../store/proposers/portfolio.ts'
import { winnersOf } from '../../store/proposers/searches.ts'
import type { ExploreServices } from '../proposer.ts'
import type { Searched } from './rounds.ts'
import type { Schedule } from './schedule.ts'
import { asked, parseCandidate } from './space/candidate.ts'

/** Lists that are tried everywhere: those that won on most kernels. */
const MOST_LISTS = 24
/** Fewer kernels need no portfolio. */
const LEAST_KERNELS = 4

/** Tries the commonest winning lists on every kernel of the search. What was tried before is not tried again. */
export async function growPortfolio(
  kernels: readonly Searched[],
  schedule: Schedule,
  { store, builder, lanes, signal }: ExploreServices,
): Promise<void> {
  const [first] = kernels
  if (first === undefined || kernels.length < LEAST_KERNELS || schedule.metric !== 'size') return
  const { targetId, llvm, metric } = first.state.key
  const lists = winnersOf(store, { targetId, llvm, metric }).slice(0, MOST_LISTS)
  const shown = progress('portfolio, lists on all kernels', lists.length)
  try {
    for (const text of lists) {
      const key = { targetId, llvm, metric, hash: sha256(text) }
      const known = portfolioTrials(store, key)
      const missing = kernels.filter(({ input }) => known[input.kernel] === undefined)
      const candidate = parseCandidate(schedule.grammar, text)
      const sizes: Record<string, number> = {}
      await forAll(lanes, missing, signal, async ({ input }) => {
        const trial = await builder.try(...asked(candidate, input), { signal })
        sizes[input.kernel] = trial.state === 'ok' ? trial.sizes.codeBytes : 0
      })
      write(store, () => putPortfolioTrial(store, key, text, { ...known, ...sizes }))
      shown.step()
    }
  } finally {
    shown.done()
  }
}
