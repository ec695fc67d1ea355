/** A model's figures on one kernel, and who wins over several, by hand. */
import { describe, expect, test } from 'vitest'
import { contest, shareOfBest } from '../../../../src/report/llm/contest.ts'
import { drawnIn, type KernelFacts, ratiosOf, type Sample } from '../../../../src/report/llm/outcome.ts'

const sample = (value: number | undefined, seconds = 1): Sample => ({
  reached: value === undefined ? 'parsed' : 'verified',
  refuted: false,
  class: undefined,
  ...{ value, seconds, tokens: 100 },
})
const random = (...values: (number | undefined)[]) => values.map(value => ({ value, seconds: 1 }))
const facts = (more: Partial<KernelFacts>): KernelFacts => ({
  ...{ hash: 'h', name: 'k', samples: [], first: undefined, random: [], best: undefined },
  baselines: { 'opt:Oz': 100, 'opt:O3': 200 },
  ...more,
})

describe('against a baseline', () => {
  test('first, best and fallback', () => {
    const samples = [sample(120), sample(undefined), sample(90)]
    const best = { value: 80, proposer: 'search' }
    expect(ratiosOf(facts({ samples, first: 120, best }), 'opt:Oz')).toEqual({
      ...{ zeroShot: 1.2, bestOfN: 0.9, fallback: 0.9, best: 0.8 },
      ...{ randomFirst: undefined, randomCandidates: undefined, randomSeconds: undefined, randomShort: true },
    })
    expect(ratiosOf(facts({ samples, first: 120, best }), 'opt:O3')).toMatchObject({
      zeroShot: 0.6,
      bestOfN: 0.45,
    })
  })
  test('what fails is no change, and stays in the sum', () => {
    const none = ratiosOf(facts({ samples: [sample(undefined)] }), 'opt:Oz')
    expect(none).toMatchObject({ zeroShot: 1, bestOfN: 1, fallback: 1, best: 1 })
  })
  test('a worse best is worse, but for the fallback', () => {
    const worse = ratiosOf(facts({ samples: [sample(150)], first: 150 }), 'opt:Oz')
    expect(worse).toMatchObject({ zeroShot: 1.5, bestOfN: 1.5, fallback: 1 })
  })
  test('a kernel that never fitted has no samples, and changes nothing', () => {
    expect(ratiosOf(facts({ random: random(50) }), 'opt:Oz')).toMatchObject({
      zeroShot: 1,
      randomCandidates: { best: 1, fallback: 1 },
    })
  })
  test('without the baseline there is nothing to say', () => {
    expect(ratiosOf(facts({}), 'xla')).toBeUndefined()
  })
})

describe('random beside it', () => {
  const samples = [sample(90, 1.5), sample(95, 1.5)]
  test('as many candidates, in the order drawn', () => {
    const drawn = random(undefined, 97, 60, 50)
    expect(ratiosOf(facts({ samples, random: drawn }), 'opt:Oz')?.randomCandidates).toEqual({
      best: 0.97,
      fallback: 0.97,
    })
  })
  test('as many seconds: three of one second in three', () => {
    const drawn = random(undefined, 97, 60, 50)
    expect(ratiosOf(facts({ samples, random: drawn }), 'opt:Oz')).toMatchObject({
      ...{ randomFirst: 1, randomSeconds: { best: 0.6, fallback: 0.6 }, randomShort: false },
    })
    expect(drawnIn(drawn, 2.9)).toEqual({ count: 2, short: false })
    expect(drawnIn(drawn, 4)).toEqual({ count: 4, short: true })
  })
  test('worse than the baseline is worse, but for the fallback', () => {
    const drawn = random(130, 120)
    expect(ratiosOf(facts({ samples, random: drawn }), 'opt:Oz')).toMatchObject({
      ...{ randomFirst: 1.3, randomCandidates: { best: 1.2, fallback: 1 } },
    })
  })
  test('fewer random samples than answers decide nothing at equal candidates', () => {
    expect(ratiosOf(facts({ samples, random: random(10) }), 'opt:Oz')).toMatchObject({
      ...{ randomCandidates: undefined, randomSeconds: { best: 0.1, fallback: 0.1 }, randomShort: true },
    })
  })
})

describe('who won', () => {
  test('the model, when the whole interval lies below 1', () => {
    const won = contest([
      [0.8, 1],
      [0.81, 1],
      [0.79, 1],
    ])
    // Mean log -0.22321, deviation 0.012501, half width 4.303 × 0.012501 / √3 = 0.031057.
    expect(won?.ratio).toBeCloseTo(Math.cbrt(0.8 * 0.81 * 0.79), 12)
    expect(won?.low).toBeCloseTo(0.7754, 3)
    expect(won?.high).toBeCloseTo(0.8251, 3)
    expect(won?.winner).toBe('llm')
  })
  test('random, the other way round', () => {
    const lost = contest([
      [1, 0.8],
      [1, 0.81],
      [1, 0.79],
    ])
    expect(lost?.winner).toBe('random')
  })
  test('nobody, when kernels disagree, when all are equal, and by one kernel', () => {
    expect(
      contest([
        [0.5, 1],
        [1, 0.5],
      ])?.winner,
    ).toBe('neither')
    expect(
      contest([
        [0.9, 0.9],
        [1, 1],
      ]),
    ).toMatchObject({ ratio: 1, low: 1, high: 1, winner: 'neither' })
    expect(contest([[0.5, 1]])?.winner).toBe('neither')
    expect(contest([])).toBeUndefined()
  })
})

test('the share of the best known gain is a share of logs', () => {
  expect(
    shareOfBest([
      [0.9, 0.81],
      [1, 1],
    ]),
  ).toBeCloseTo(0.5, 12)
  expect(
    shareOfBest([
      [1, 0.5],
      [0.5, 0.5],
    ]),
  ).toBeCloseTo(0.5, 12)
  expect(shareOfBest([[1, 1]])).toBeUndefined()
})
