/** Figures against known cases, and intervals against their promise. */
import { describe, expect, test } from 'vitest'
import {
  classify,
  compare,
  geometricMean,
  geometricMeanInterval,
  logRatios,
  median,
  medianDeviation,
  type TimedSample,
} from '../../../src/measure/statistics.ts'
import { normal, quiet, simulated, type World } from './simulated.ts'

test('median of odd, even and no values', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([10, 1, 2, 3])).toBe(2.5)
  expect(median([])).toBeNaN()
})

test('median deviation ignores an outlier and scales like a standard deviation', () => {
  expect(medianDeviation([1, 2, 3, 4, 1000])).toBeCloseTo(1.4826)
  const random = normal(5)
  expect(medianDeviation(Array.from({ length: 20_000 }, random))).toBeCloseTo(1, 1)
})

test('geometric means', () => {
  expect(geometricMean([2, 0.5])).toBeCloseTo(1)
  expect(geometricMean([1, 10, 100])).toBeCloseTo(10)
  // Logs 0 and 2: mean 1, standard error 1, t(1) = 12.706.
  const { mean, low, high } = geometricMeanInterval([1, Math.E ** 2])
  expect([Math.log(mean), Math.log(low), Math.log(high)].map(v => Number(v.toFixed(3)))).toEqual([
    1, -11.706, 13.706,
  ])
  expect(geometricMeanInterval([2])).toEqual({ mean: 2, low: Number.NaN, high: Number.NaN })
})

test('the interval of 31 kernels uses t(30) = 2.0423', () => {
  const ratios = Array.from({ length: 31 }, (_, i) => Math.exp(i - 15))
  const { high } = geometricMeanInterval(ratios)
  // Standard deviation of -15…15 is sqrt(2480 / 30).
  expect(Math.log(high) / Math.sqrt(2480 / 30 / 31)).toBeCloseTo(2.0423, 3)
})

test('verdicts', () => {
  expect(classify(0.991, 1.009)).toBe('same')
  expect(classify(0.992, 0.999)).toBe('same')
  expect(classify(0.97, 0.999)).toBe('faster')
  expect(classify(1.001, 1.02)).toBe('slower')
  expect(classify(0.98, 1.005)).toBe('inconclusive')
})

const measured = (world: World, seed: number) => {
  const { candidate, reference } = simulated(world, seed)
  return compare(candidate, reference)
}

describe('comparing two builds', () => {
  test('only pairs with both sides count', () => {
    const at = (pair: number, value: number): TimedSample => ({ link: 0, process: 0, pair, value })
    expect(logRatios([at(0, 20), at(1, 30)], [at(1, 10), at(2, 5)])).toEqual([[[Math.log(3)]]])
    expect(compare([at(0, 20)], [at(1, 10)])).toBeUndefined()
  })

  test('is seeded: equal samples, equal figures', () => {
    const { candidate, reference } = simulated(quiet, 3)
    expect(compare(candidate, reference)).toEqual(compare(candidate, reference))
    expect(compare(candidate, reference, { seed: 2 })?.low).not.toBe(compare(candidate, reference)?.low)
  })

  test('finds a 20 % gain that the machine drifts under by half', () => {
    const result = measured({ ...quiet, ratio: 0.8, drift: 0.5 }, 7)
    expect(result).toMatchObject({ state: 'faster', pairs: 80 })
    expect(result?.ratio).toBeCloseTo(0.8, 2)
  })

  test('calls equal builds the same, and noisy ones inconclusive', () => {
    expect(measured(quiet, 11)?.state).toBe('same')
    expect(measured({ ...quiet, link: 0.05, pair: 0.1 }, 11)?.state).toBe('inconclusive')
  })

  test('a few spoiled pairs do not decide', () => {
    const { candidate, reference } = simulated(quiet, 13)
    const spoiled = candidate.map((s, i) => (i % 20 === 0 ? { ...s, value: s.value * 50 } : s))
    expect(compare(spoiled, reference)?.ratio).toBeCloseTo(1, 2)
  })

  const disturbed = (all: readonly TimedSample[], by: (sample: TimedSample) => boolean): TimedSample[] =>
    all.map(s => (by(s) ? { ...s, value: s.value * 1.5, disturbance: 'neighbour' } : s))

  test('pairs that were disturbed on either side do not count', () => {
    const { candidate, reference } = simulated(quiet, 13)
    const there = compare(
      disturbed(candidate, ({ pair }) => pair % 2 === 0),
      disturbed(reference, ({ pair }) => pair % 5 === 0),
    )
    expect(there?.ratio).toBeCloseTo(1, 2)
    expect(there?.pairs).toBe((candidate.length * 2) / 5)
  })

  test('they do where next to no link would be left', () => {
    const spoiled = (world: World, links: number) => {
      const { candidate, reference } = simulated(world, 13)
      return compare(
        disturbed(candidate, ({ link }) => Number(link) < links),
        reference,
      )
    }
    const many = { ...quiet, links: 12 }
    expect(spoiled(many, 9)?.ratio).toBeCloseTo(1, 2)
    expect(spoiled(many, 9)?.pairs).toBe(3 * 2 * 10)
    expect(spoiled(many, 10)?.pairs).toBe(12 * 2 * 10)
    // Half as long again beside a neighbour: an interval that knows of neighbours nearly reaches 1.
    expect(spoiled(many, 12)?.low).toBeCloseTo(1.5 / Math.exp(0.35), 2)
    expect(spoiled(quiet, 2)?.pairs).toBe(4 * 2 * 10)
  })

  test('swapping the sides inverts the ratio', () => {
    const { candidate, reference } = simulated({ ...quiet, ratio: 1.3 }, 17)
    const there = compare(candidate, reference)?.ratio ?? 0
    expect(there * (compare(reference, candidate)?.ratio ?? 0)).toBeCloseTo(1, 10)
  })

  test.each([
    ['pair noise alone', { ...quiet, pair: 0.05 }],
    ['process effects', { ...quiet, process: 0.02, pair: 0.02 }],
    ['link effects', { ...quiet, link: 0.02, pair: 0.01 }],
  ])('the interval holds the truth about 19 times in 20: %s', (_, world) => {
    const trials = 400
    let held = 0
    for (let seed = 1; seed <= trials; seed++) {
      const { candidate, reference } = simulated({ ...world, ratio: 1.1 }, seed * 7919)
      const result = compare(candidate, reference, { resamples: 300 })
      if (result && result.low <= 1.1 && 1.1 <= result.high) held++
    }
    expect(held / trials).toBeGreaterThan(0.9)
  })
})
