/** Named queries over a database filled by hand. */
import { beforeAll, describe, expect, test } from 'vitest'
import { estimate } from '../../../src/bench/estimate.ts'
import { headline } from '../../../src/report/html/headline.ts'
import { readLines } from '../../../src/report/html/lines.ts'
import { namedQuery, QUERIES } from '../../../src/report/queries.ts'
import type { Store } from '../../../src/store/open.ts'
import { insert } from '../../../src/store/statements.ts'
import { addAnswers, addShown } from '../store/answered.ts'
import { fill } from '../store/filled.ts'
import { addSearches } from '../store/searched.ts'

let store: Store
let kernels: readonly string[]
/** Another, of which a build was made for ARM too. */
let retargeted: Store
beforeAll(() => {
  const filled = fill({ count: 2 })
  ;({ store, kernels } = filled)
  for (const kernel of kernels) estimate(store, kernel, filled.signatureHash, filled.hostId)
  addSearches(store, kernels, [500, 900, ...Array.from({ length: 238 }, (_, i) => 600 - i)])
  addAnswers(store, kernels[0] ?? '', [{ sample: 0, outcome: 'built', build: 'opt:Oz' }])
  addShown(store, kernels[0] ?? '')
  retargeted = fill({ count: 1 }).store
  retarget(retargeted)
})

/** One of its builds as if made for another architecture. */
function retarget(store: Store): void {
  const target = insert(store, 'target', {
    name: 'cortex-a78',
    triple: 'aarch64-unknown-linux-gnu',
    cpu: 'cortex-a78',
    features: '',
  })
  const build = store
    .prepare(
      "SELECT * FROM build WHERE input = 'kernel' AND hash IN (SELECT build_hash FROM proposal WHERE proposer = 'opt:O3')",
    )
    .get() as {
    hash: string
    kernel_hash: string
  }
  insert(store, 'build', { ...build, hash: 'for-arm', target_id: target })
  insert(store, 'proposal', {
    kernel_hash: build.kernel_hash,
    target_id: target,
    proposer: 'opt:O3',
    build_hash: 'for-arm',
    proposed_at: '',
  })
}

test.each(QUERIES.map(query => [query.name, query] as const))(
  '%s: every column it promises is in its rows',
  (_, query) => {
    const rows = [...query.rows(store), ...query.rows(retargeted)]
    expect(rows.length).toBeGreaterThan(0)
    for (const { name } of query.columns) expect(Object.keys(rows[0] ?? {})).toContain(name)
  },
)

test.each(QUERIES.map(query => [query.name, query] as const))(
  '%s: an empty database is no error',
  (_, query) => {
    const empty = fill({ count: 0 }).store
    expect(() => query.rows(empty)).not.toThrow()
  },
)

test('a kernel about which a language model said nothing that builds stays in the denominator', () => {
  const builds = [
    { proposer: 'xla', codeBytes: 1000, verdict: 'agreed' },
    { proposer: 'opt:O3', codeBytes: 900, verdict: 'agreed' },
    { proposer: 'opt:Oz', codeBytes: 500, verdict: 'agreed' },
    { proposer: 'passes:bad', codeBytes: 400, verdict: 'refuted' },
    { proposer: 'llm', codeBytes: 400, verdict: 'agreed' },
  ] as const
  const { store, kernels } = fill({ count: 2, builds })
  const silent = kernels[1] ?? ''
  store.prepare("DELETE FROM proposal WHERE proposer = 'llm' AND kernel_hash = ?").run(silent)
  addAnswers(store, silent, [
    { sample: 0, outcome: 'none' },
    { sample: 1, outcome: 'invalid' },
  ])
  addSearches(store, kernels, Array(20).fill(500))
  const llm = (query: string) =>
    namedQuery(query)
      .rows(store)
      .find(({ proposer }) => proposer === 'llm')
  expect(llm('summary')).toMatchObject({ attempted: 2, failed: 1, unbuilt: 1, agreed: 1 })
  expect(llm('worth')).toMatchObject({ kernels: 2, verified: 1 })
  expect(llm('worth')?.vs_oz).toBeCloseTo(Math.sqrt(0.8), 12)
  const lines = readLines(store)
  expect(
    lines.lines.map(({ cells }) => cells.find(({ proposer }) => proposer === 'llm')?.verdict).sort(),
  ).toEqual(['agreed', 'no answer'])
  expect(headline(store, lines, [], []).sentences.join(' ')).toContain(
    'on 50 % of the 2 kernels it was tried on',
  )
})

describe('--filter', () => {
  test('chooses kernels', () => {
    const one = namedQuery('results').rows(store, kernels[0]?.slice(0, 12))
    expect(new Set(one.map(row => row.hash))).toEqual(new Set([kernels[0]]))
    expect(namedQuery('summary').rows(store, 'model:none')).toEqual([])
    expect(namedQuery('best').rows(store, 'model:cnn')).toHaveLength(2)
  })

  test('is refused where it means nothing', () => {
    expect(() => namedQuery('harvests').rows(store, 'model:cnn')).toThrow("'harvests' takes no --filter")
  })
})

test('summary: denominators never shrink, twins are not wins', () => {
  const rows = namedQuery('summary').rows(store)
  const of = (proposer: string) => rows.find(row => row.proposer === proposer)
  expect(of('xla')).toMatchObject({
    attempted: 2,
    failed: 0,
    agreed: 2,
    time_ratio: 1,
    faster: 0,
    slower: 0,
    same: 0,
  })
  expect(of('opt:O3')).toMatchObject({ attempted: 2, measured: 2, faster: 2, slower: 0, smaller: 2 })
  expect(of('opt:Oz')).toMatchObject({ size_ratio: 0.5, slower: 2 })
  expect(of('passes:bad')).toMatchObject({
    attempted: 2,
    failed: 2,
    agreed: 0,
    size_ratio: null,
    time_ratio: null,
  })
  expect(of('passes:worse')).toMatchObject({ attempted: 2, failed: 2, measured: 0 })
})

test('best: the surely fastest and the smallest, of those that pass', () => {
  expect(namedQuery('best').rows(store)).toMatchObject([
    { fastest: 'opt:O3', comparison: 'faster', smallest: 'opt:Oz', size_ratio: 0.5 },
    { fastest: 'opt:O3', comparison: 'faster', smallest: 'opt:Oz', size_ratio: 0.5 },
  ])
})

test('an unknown query names the nearest', () => {
  expect(() => namedQuery('sumary')).toThrow(
    expect.objectContaining({ exitCode: 2, hint: 'did you mean summary?' }),
  )
})

test('what is made for another architecture stands beside what is made for the harvest’s, and is called retargeted', () => {
  expect(namedQuery('retargeted').rows(retargeted)).toMatchObject([
    { target: 'cortex-a78', how: 'retargeted', home: 'native', size_ratio: 1 },
  ])
  const targets = namedQuery('targets').rows(retargeted)
  expect(new Set(targets.map(row => `${row.target} ${row.how}`))).toEqual(
    new Set(['native as harvested', 'cortex-a78 retargeted']),
  )
})
