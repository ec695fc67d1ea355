/** The search with real LLVM: what wins is verified, and what is wrong is passed over and reduced. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Builder, openBuilder } from '../../../src/compile/builder.ts'
import type { Host } from '../../../src/hosts/host.ts'
import { localHost } from '../../../src/hosts/local.ts'
import { createLanes } from '../../../src/lanes/lanes.ts'
import { type PassList, parsePassList, passGrammar } from '../../../src/llvm/passes/grammar.ts'
import { ensureToolchain, type Toolchain } from '../../../src/llvm/toolchain.ts'
import type { Explorer, ExploreServices } from '../../../src/optimise/proposer.ts'
import { keepFindings } from '../../../src/optimise/search/findings.ts'
import type { Schedule } from '../../../src/optimise/search/schedule.ts'
import { searchProposer } from '../../../src/optimise/search/search.ts'
import { asked, type Candidate } from '../../../src/optimise/search/space/candidate.ts'
import { SEARCH_RULE, spaceOf } from '../../../src/optimise/search/space/settings.ts'
import { absorb, openState } from '../../../src/optimise/search/state.ts'
import { settle } from '../../../src/optimise/search/winners.ts'
import type { Tally } from '../../../src/optimise/tally.ts'
import { getBlob } from '../../../src/store/blobs.ts'
import { putTarget, selectKernels } from '../../../src/store/builds/builds.ts'
import type { Store } from '../../../src/store/open.ts'
import { storeWithLogarithm, WRONG_PASSES } from './search-kernel.ts'

let toolchain: Toolchain
let builder: Builder
let host: Host
let store: Store
beforeAll(async () => {
  toolchain = await ensureToolchain()
  builder = await openBuilder(toolchain)
  host = await localHost(toolchain)
})
afterAll(() => builder.close())
beforeEach(() => {
  store = storeWithLogarithm()
})

const services = (): ExploreServices => ({
  ...{ store, toolchain, builder, lanes: createLanes(), signal: new AbortController().signal },
  host: async () => host,
  reader: () => Promise.reject(new Error('there is no bitcode here')),
})

async function explore(candidates: number): Promise<Tally> {
  const explorer = searchProposer.create('search', {
    metric: 'size',
    budget: { candidates },
    seed: 1,
  }) as Explorer
  return explorer.explore(selectKernels(store, undefined), host.target, services())
}
const one = (sql: string): unknown => store.prepare(sql).pluck().get()

test('the winner is verified, no larger than -Oz, and found again without another try', async () => {
  expect(await explore(60)).toMatchObject({ made: 1, known: 0, none: 0 })
  const winner = one("SELECT build_hash FROM proposal WHERE proposer = 'search'")
  expect(winner).toBe(one('SELECT winner_hash FROM search'))
  expect(one(`SELECT group_concat(DISTINCT state) FROM verdict WHERE build_hash = '${winner}'`)).toBe(
    'agreed',
  )
  const oz = builder.try(
    {
      ...{
        kernel: '',
        input: 'kernel',
        inputHash: String(one('SELECT ir_hash FROM kernel')),
        passes: 'default<Oz>',
      },
      ...{ attributes: ['minsize', 'optsize'], codegenLevel: 2, codegenOptions: [] },
      ...{ llvm: toolchain.version, target: host.target },
    },
    () => getBlob(store, String(one('SELECT ir_hash FROM kernel'))),
  )
  expect(one(`SELECT code_bytes FROM build WHERE hash = '${winner}'`)).toBeLessThan(
    await oz.then(trial => (trial.state === 'ok' ? trial.sizes.codeBytes : 0)),
  )
  const before = one('SELECT hex(trials) FROM search')
  expect(await explore(60)).toMatchObject({ made: 0, known: 1 })
  expect(one('SELECT hex(trials) FROM search')).toBe(before)
}, 120_000)

test('a refuted candidate does not win: the next does, and the list is kept, reduced to the passes that break it', async () => {
  const grammar = await passGrammar(toolchain)
  const list = (text: string): PassList => {
    const parsed = parsePassList(grammar, text)
    if ('problem' in parsed) throw new Error(parsed.problem)
    return parsed
  }
  const candidate = (passes: string): Candidate => ({
    passes: list(passes),
    ...{ attributes: ['minsize', 'optsize'], codegenLevel: 2, codegenOptions: [], without: ['bmi'] },
  })
  const wrong = candidate(WRONG_PASSES)
  const right = candidate('default<Oz>')
  const [kernel] = selectKernels(store, undefined)
  if (kernel === undefined) throw new Error('there is no kernel')
  const { target } = host
  const llvm = toolchain.version
  const key = {
    kernel: kernel.hash,
    targetId: putTarget(store, target),
    llvm,
    metric: 'size',
    seed: 1,
    rule: SEARCH_RULE.size,
  }
  const source = { hash: kernel.inputHash, read: () => getBlob(store, kernel.inputHash) }
  const input = { kernel: kernel.hash, source, llvm, target }
  const state = openState(store, key, grammar)
  const round = await Promise.all(
    [wrong, right].map(async one => ({
      candidate: one,
      trial: await builder.try(...asked(one, input)),
    })),
  )
  const [first] = round
  const bad = first?.trial.state === 'ok' ? first.trial.contentHash : ''
  const score = (trial: { contentHash: string }): number => (trial.contentHash === bad ? 1 : 2)
  absorb(state, round, score)
  const schedule: Schedule = { grammar, metric: 'size', pipelines: new Map(), space: spaceOf('size', target) }
  const settled = await settle([{ input, state, features: undefined }], schedule, score, services())
  expect(settled).toMatchObject([{ outcome: 'made' }])
  expect(settled[0]?.refuted).toHaveLength(1)
  await keepFindings(settled, schedule, services())
  const finding = store.prepare('SELECT * FROM finding').get() as Record<string, unknown>
  expect(finding).toMatchObject({ kind: 'refuted', reduced_steps: 2 })
  expect(JSON.parse(String(finding.reduced))[0]).toBe('attributor,scc-oz-module-inliner')
  expect(JSON.parse(String(finding.counterexample))).toMatchObject({ argument: 1 })
}, 120_000)
