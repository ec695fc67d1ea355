/** `search`: thousands of candidates for each kernel, and of the best of them the first that is verified. */
import { usageError } from '../../errors.ts'
import type { Target } from '../../kernel/build.ts'
import { passGrammar } from '../../llvm/passes/grammar.ts'
import { type KernelInput, putTarget } from '../../store/builds/builds.ts'
import { kernelFeatures } from '../../store/kernels/features.ts'
import type { ExploreOptions, ExploreServices, ProposerKind } from '../proposer.ts'
import { kernelSource } from '../source.ts'
import { newTally, note, type Tally } from '../tally.ts'
import { xlaIrOf } from '../xla.ts'
import { keepByteUse } from './byte-use.ts'
import { keepFindings } from './findings.ts'
import { growPortfolio } from './portfolio.ts'
import { type Budget, type Searched, searchRounds } from './rounds.ts'
import type { Schedule } from './schedule.ts'
import { spelledOut } from './space/pipelines.ts'
import { SEARCH_RULE, spaceOf } from './space/settings.ts'
import { openState, type Score } from './state.ts'
import { searchByTime } from './time/search-time.ts'
import { weedOut, wrongOnes } from './weeding.ts'
import { type Settled, settle } from './winners.ts'

/** Candidates a kernel unless the user says otherwise. */
const DEFAULT_CANDIDATES = 200
const MOST_CANDIDATES = 1_000_000

export const searchProposer: ProposerKind = {
  word: 'search',
  names: ['search'],
  create: (_, options) => ({
    name: 'search',
    explore: (kernels, target, services) => explore(kernels, target, options, services),
  }),
}

async function explore(
  kernels: readonly KernelInput[],
  target: Target,
  { metric, budget, seed }: ExploreOptions,
  services: ExploreServices,
): Promise<Tally> {
  const { candidates, seconds } = budget
  if (candidates !== undefined && candidates > MOST_CANDIDATES)
    throw usageError(`a search tries at most ${MOST_CANDIDATES} candidates a kernel`)
  const { store, toolchain } = services
  const grammar = await passGrammar(toolchain)
  const pipelines = await spelledOut(toolchain, grammar, ['Oz', 'O2', 'O3'])
  const schedule: Schedule = { grammar, metric, pipelines, space: spaceOf(metric, target) }
  const tally = newTally('search', target.name)
  const targetId = putTarget(store, target)
  const features = kernelFeatures(store)
  const llvm = toolchain.version
  const searched: Searched[] = []
  for (const kernel of kernels) {
    const { hash } = kernel
    const source = await kernelSource(kernel, { store, toolchain, target })
    const key = { kernel: hash, targetId, llvm, metric, seed, rule: SEARCH_RULE[metric] }
    const optimised = metric === 'time' ? await xlaIrOf(kernel, services) : { why: 'not for size' }
    searched.push({
      input: {
        ...{ kernel: hash, llvm, target },
        source: { hash: source.inputHash, read: source.input },
        ...(!('why' in optimised) && { optimised }),
      },
      state: openState(store, key, grammar),
      features: features.get(hash),
    })
  }
  if (searched.length === 0) return tally
  const until = seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1000
  const most = candidates ?? (seconds === undefined ? DEFAULT_CANDIDATES : MOST_CANDIDATES)
  const limits = { candidates: most, until }
  const settled =
    metric === 'time'
      ? await searchByTime(searched, schedule, limits, services)
      : await searchBySize(searched, schedule, limits, services)
  for (const { outcome } of settled)
    if (outcome === 'known') tally.known++
    else if (outcome === 'made') tally.made++
    else if (outcome !== 'refuted') note(tally, 'none', outcome.why)
  await keepFindings(settled, schedule, services)
  await growPortfolio(searched, schedule, services)
  if (metric === 'size') await keepByteUse(services)
  return tally
}

async function searchBySize(
  kernels: readonly Searched[],
  schedule: Schedule,
  budget: Budget,
  services: ExploreServices,
): Promise<Settled[]> {
  const score: Score = trial => trial.sizes.codeBytes
  await searchRounds(kernels, schedule, score, budget, services, due => weedOut(due, services))
  const settled = await settle(kernels, schedule, score, services)
  return [...settled, ...(await wrongOnes(kernels, schedule, services))]
}
