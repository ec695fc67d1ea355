/** `query llm` and its kin over answers whose figures one can work out by hand. */
import { beforeAll, expect, test } from 'vitest'
import { estimate } from '../../../../src/bench/estimate.ts'
import { namedQuery } from '../../../../src/report/queries.ts'
import type { Store } from '../../../../src/store/open.ts'
import { addAnswers, addRandom } from '../../store/answered.ts'
import { type FilledBuild, fill } from '../../store/filled.ts'

const BUILDS: readonly FilledBuild[] = [
  { proposer: 'xla', codeBytes: 1000, timeNs: 100, verdict: 'agreed' },
  { proposer: 'opt:O3', codeBytes: 900, timeNs: 80, verdict: 'agreed' },
  { proposer: 'opt:Oz', codeBytes: 500, timeNs: 200, verdict: 'agreed' },
  { proposer: 'good', codeBytes: 400, timeNs: 60, verdict: 'agreed' },
  { proposer: 'large', codeBytes: 600, verdict: 'agreed' },
  { proposer: 'wrong', codeBytes: 100, verdict: 'refuted' },
  { proposer: 'unjudged', codeBytes: 48 },
  { proposer: 'drawn', codeBytes: 440, verdict: 'agreed' },
]

let store: Store
let kernels: readonly string[]
beforeAll(() => {
  const filled = fill({ count: 3, builds: BUILDS })
  ;({ store, kernels } = filled)
  for (const kernel of kernels) estimate(store, kernel, filled.signatureHash, filled.hostId)
  const [a = '', b = '', c = ''] = kernels
  // First too large, then good: a repaired sample counts by its last round.
  addAnswers(store, a, [
    { sample: 0, outcome: 'built', build: 'large' },
    { sample: 1, outcome: 'invalid', class: 'type error' },
    { sample: 1, round: 1, outcome: 'built', build: 'good' },
  ])
  addAnswers(store, b, [
    { sample: 0, outcome: 'built', build: 'wrong', class: 'refuted' },
    { sample: 1, outcome: 'built', build: 'unjudged' },
  ])
  addAnswers(store, c, [
    { sample: 0, outcome: 'none', class: 'no code' },
    { sample: 1, outcome: 'unchanged', class: 'unchanged' },
  ])
  addRandom(store, a, ['wrong', 'drawn', 'good'])
  addRandom(store, b, ['large', 'drawn'])
  addRandom(store, c, ['unjudged'])
})

const row = (query: string, where: Record<string, unknown> = {}): Record<string, unknown> =>
  namedQuery(query)
    .rows(store)
    .find(one => Object.entries(where).every(([key, value]) => one[key] === value)) ?? {}

test('failures stay in the denominator, and nothing counts that the judge did not pass', () => {
  const oz = row('llm', { baseline: 'opt:Oz' })
  expect(oz).toMatchObject({
    tried: 3,
    compared: 3,
    answers: 6,
    parsed: 5,
    valid: 5,
    verified: 2,
    refuted: 1,
  })
  // a: 600 of 500, then 400; b and c: nothing verified.
  expect(oz.zero_shot).toBeCloseTo(Math.cbrt(600 / 500), 12)
  expect(oz.best_of_n).toBeCloseTo(Math.cbrt(400 / 500), 12)
  expect(oz.with_fallback).toBeCloseTo(Math.cbrt(400 / 500), 12)
  expect(oz).toMatchObject({ zero_shot_failed: 2, none_verified: 2, tokens: 280 })
  const xla = row('llm', { baseline: 'xla' })
  expect(xla.zero_shot).toBeCloseTo(Math.cbrt(600 / 1000), 12)
})

test('the share of the best known is that of all gains, anybody’s', () => {
  // Everybody's best is 400 of 500: the model found it once of three times.
  expect(row('llm', { baseline: 'opt:Oz' }).share_of_best_pct).toBeCloseTo(100 / 3, 9)
})

test('random at equal candidates: only where it drew as many', () => {
  const oz = row('llm', { baseline: 'opt:Oz' })
  expect(oz.n_kernels).toBe(2)
  // Both of the first two: 440 of 500, twice. The model: 400 of 500, and 1.
  expect(oz.random_n).toBeCloseTo(0.88, 12)
  expect(oz.n_ratio).toBeCloseTo(Math.sqrt((0.8 / 0.88) * (1 / 0.88)), 12)
  expect(oz).toMatchObject({ n_winner: 'neither', best_n_winner: 'neither' })
  expect(oz.best_n_ratio).toBeCloseTo(oz.n_ratio as number, 12)
})

test('random at equal seconds: all it drew within, and where it ran out', () => {
  const oz = row('llm', { baseline: 'opt:Oz' })
  // Each model took seconds, each draw 0.2: all are within, and more would have been.
  expect(oz).toMatchObject({ s_kernels: 3, s_short: 3 })
  expect(oz.random_s).toBeCloseTo(Math.cbrt(0.8 * 0.88 * 1), 12)
})

test('kernel by kernel', () => {
  const [a = '', b = ''] = kernels
  expect(row('llm-kernels', { hash: a })).toMatchObject({
    ...{ samples: 2, verified: 2, first: 600, best_of_n: 400, random_n: 440, random_s: 400, random_drawn: 3 },
    ...{ oz: 500, o3: 900, xla: 1000, best_known: 400, best_proposer: 'good', tokens: 360, failures: '' },
  })
  expect(row('llm-kernels', { hash: b })).toMatchObject({
    verified: 0,
    best_of_n: null,
    failures: 'only built 1, refuted 1',
  })
})

test('the funnel', () => {
  expect(row('llm-funnel')).toMatchObject({
    ...{
      kernels: 3,
      asked: 6,
      answered: 6,
      parsed: 5,
      valid: 5,
      built: 4,
      verified: 2,
      better: 1,
      refuted: 1,
    },
    failures: 'no code 1, only built 1, refuted 1, unchanged 1',
  })
})

test('by time, what was measured counts, against XLA’s own object beside it', () => {
  const [a = '', b = ''] = kernels
  addAnswers(store, a, [{ sample: 0, outcome: 'built', build: 'good', metric: 'time' }])
  addAnswers(store, b, [{ sample: 0, outcome: 'built', build: 'large', metric: 'time' }])
  const o3 = row('llm', { baseline: 'opt:O3', metric: 'time' })
  expect(o3).toMatchObject({ tried: 2, verified: 2, zero_shot_failed: 1, host: 'local', unconfirmed: 0 })
  expect(o3.with_fallback).toBeCloseTo(Math.sqrt(60 / 80), 2)
})

test('exchanges are listed with what became of them', () => {
  expect(namedQuery('exchanges').rows(store, kernels[0]?.slice(0, 12)).length).toBeGreaterThanOrEqual(3)
  expect(row('exchanges', { class: 'type error' })).toMatchObject({
    outcome: 'invalid',
    round: 0,
    model: 'small',
  })
})
