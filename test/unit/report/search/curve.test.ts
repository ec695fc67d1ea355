import { expect, test } from 'vitest'
import {
  bestOf,
  chanceAt,
  expectedBest,
  greedyPortfolio,
  type Tried,
  worthOfRandomTries,
} from '../../../../src/report/search/curve.ts'

const kernel = (chance: readonly number[], baseline = 100): Tried => ({ values: chance, chance, baseline })

/** The mean over all choices of n, by trying them. */
function byHand(chance: readonly number[], baseline: number, n: number): number {
  const logs: number[] = []
  const choose = (from: number, chosen: readonly number[]): void => {
    if (chosen.length === n) {
      logs.push(Math.log(Math.min(1, ...chosen.map(value => (value > 0 ? value / baseline : 9)))))
      return
    }
    for (let i = from; i < chance.length; i++) choose(i + 1, [...chosen, chance[i] ?? 0])
  }
  choose(0, [])
  return Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length)
}

test.each([1, 2, 3, 5, 6])('the expected best of %i draws is the mean over every choice of them', n => {
  const chance = [120, 90, 0, 80, 150, 95]
  expect(expectedBest(kernel(chance), n, 'with')).toBeCloseTo(byHand(chance, 100, n), 10)
})

test('the best so far only gets better, and what broke does not count', () => {
  const tried = kernel([0, 120, 90, 95])
  expect([1, 2, 3, 4].map(n => bestOf(tried, n))).toEqual([undefined, 1.2, 0.9, 0.9])
  expect(expectedBest(tried, 5, 'with')).toBeUndefined()
})

test('a result is worth as many random tries as lead as far', () => {
  const kernels = [kernel([90, 80, 110, 70, 100, 120, 85, 95]), kernel([60, 99, 101, 97, 100, 93, 88, 92])]
  for (const tries of [1, 3, 7]) {
    const worth = worthOfRandomTries(kernels, chanceAt(kernels, tries) ?? 1)
    expect(worth).toMatchObject({ state: 'as many as', tries: expect.closeTo(tries, 6) })
  }
  expect(worthOfRandomTries(kernels, 1.02)).toEqual({ state: 'none' })
  expect(worthOfRandomTries(kernels, 0.1)).toEqual({ state: 'more than', tries: 8 })
  expect(worthOfRandomTries([], 0.9)).toBeUndefined()
})

test('a portfolio takes first what serves most, then what adds most, and nothing that adds nothing', () => {
  const lists = new Map([
    ['good for two', { a: 50, b: 50, c: 100 }],
    ['good for one', { a: 100, b: 100, c: 40 }],
    ['no better', { a: 60, b: 55, c: 100 }],
    ['broken', { a: 0, b: 0, c: 0 }],
  ])
  const baselines = new Map([...'abc'].map(name => [name, 100]))
  const chosen = greedyPortfolio(lists, baselines, 10)
  expect(chosen.map(one => [one.candidate, one.serves])).toEqual([
    ['good for two', 2],
    ['good for one', 1],
  ])
  expect(chosen.at(-1)?.ratio).toBeCloseTo((0.5 * 0.5 * 0.4) ** (1 / 3), 10)
})
