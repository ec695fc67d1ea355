/** The last race with real LLVM and a real runner: what is wrong never wins, however fast it is said to be. */
import { expect, test } from 'vitest'
import { openBuilder } from '../../../src/compile/builder.ts'
import { localHost } from '../../../src/hosts/local.ts'
import { buildHash } from '../../../src/kernel/build.ts'
import { createLanes } from '../../../src/lanes/lanes.ts'
import { parsePassList, passGrammar } from '../../../src/llvm/passes/grammar.ts'
import { ensureToolchain } from '../../../src/llvm/toolchain.ts'
import type { ExploreServices } from '../../../src/optimise/proposer.ts'
import { asked, type Candidate, requestOf } from '../../../src/optimise/search/space/candidate.ts'
import { SEARCH_RULE } from '../../../src/optimise/search/space/settings.ts'
import { absorb, openState, saveState } from '../../../src/optimise/search/state.ts'
import { lastRaces } from '../../../src/optimise/search/time/last-race.ts'
import { courseOf } from '../../../src/optimise/search/time/reference.ts'
import { getBlob } from '../../../src/store/blobs.ts'
import { putBuild, putProposal, putTarget, selectKernels } from '../../../src/store/builds/builds.ts'
import { storeWithLogarithm, WRONG_PASSES } from './search-kernel.ts'

test('a refuted candidate does not win the last race: the best of the others does, confirmed, and it is reported', async () => {
  const toolchain = await ensureToolchain()
  const builder = await openBuilder(toolchain)
  try {
    const [host, grammar] = await Promise.all([localHost(toolchain), passGrammar(toolchain)])
    const store = storeWithLogarithm()
    const [kernel] = selectKernels(store, undefined)
    if (kernel === undefined) throw new Error('there is no kernel')
    const { target } = host
    const llvm = toolchain.version
    const source = { hash: kernel.inputHash, read: () => getBlob(store, kernel.inputHash) }
    const input = { kernel: kernel.hash, source, llvm, target }
    const candidate = (passes: string, settings: Partial<Candidate>): Candidate => {
      const list = passes === '' ? [] : parsePassList(grammar, passes)
      if ('problem' in list) throw new Error(list.problem)
      return {
        ...{ passes: list, attributes: [], codegenLevel: 2, codegenOptions: [], without: [] },
        ...settings,
      }
    }
    // XLA's part is played by code as slow as it gets.
    const slow = candidate('', { codegenLevel: 0 })
    const xla = putBuild(store, requestOf(slow, input), await builder.build(...asked(slow, input)))
    const targetId = putTarget(store, target)
    putProposal(store, { kernel: kernel.hash, targetId, proposer: 'xla', build: xla })
    const wrong = candidate(WRONG_PASSES, { attributes: ['minsize', 'optsize'], without: ['bmi'] })
    const right = candidate('default<O3>', { codegenLevel: 3 })
    const key = { kernel: kernel.hash, targetId, llvm, metric: 'time', seed: 1, rule: SEARCH_RULE.time }
    const state = openState(store, key, grammar)
    const round = await Promise.all(
      [wrong, right].map(async one => ({
        candidate: one,
        trial: await builder.try(...asked(one, input)),
      })),
    )
    const bad = round[0]?.trial.state === 'ok' ? round[0].trial.contentHash : ''
    // As heats would have it that took the wrong one for the faster.
    absorb(state, round, ({ contentHash }) => (contentHash === bad ? 100_000 : 200_000))
    saveState(store, state)
    const services: ExploreServices = {
      ...{ store, toolchain, builder, lanes: createLanes(), signal: new AbortController().signal },
      host: async () => host,
      reader: () => Promise.reject(new Error('there is no bitcode here')),
    }
    const course = await courseOf(kernel.hash, services)
    if ('why' in course) throw new Error(course.why)
    const [settled] = await lastRaces([{ kernel: { input, state, features: undefined }, course }], services)
    expect(settled?.outcome).toBe('made')
    expect(settled?.refuted.map(({ build }) => build)).toEqual([buildHash(requestOf(wrong, input))])
    const row = store.prepare('SELECT winner_hash, confirmed, confirmed_high, passed_over FROM search').get()
    expect(row).toMatchObject({ winner_hash: buildHash(requestOf(right, input)), passed_over: 1 })
    expect((row as { confirmed: number }).confirmed).toBeLessThan(1)
    const purposes = store.prepare('SELECT purpose FROM campaign ORDER BY id').pluck().all()
    expect(purposes).toEqual(['select', 'confirm'])
  } finally {
    await builder.close()
  }
}, 120_000)
