/** Many comparisons at once: how often chance is taken for a difference, and how often a difference is found. */
import { describe, expect, test } from 'vitest'
import {
  agree,
  atLeast,
  corrected,
  discoveries,
  halfWidth,
  selfTest,
} from '../../../src/measure/judgement.ts'
import { type Comparison, classify, compare, twoSided } from '../../../src/measure/statistics.ts'
import { simulated } from './simulated.ts'

const HOST = { links: 12, processes: 1, pairs: 6, link: 0.01, process: 0.005, pair: 0.03, drift: 0.1 }
const compared = (ratio: number, seed: number): Comparison => {
  const { candidate, reference } = simulated({ ...HOST, ratio }, seed)
  return compare(candidate, reference, { resamples: 300 }) as Comparison
}
const many = (count: number, ratio: number, from = 0): Comparison[] =>
  Array.from({ length: count }, (_, i) => compared(ratio, from + i * 7919 + 1))

test('twoSided: the points of the normal distribution', () => {
  expect(twoSided(0)).toBeCloseTo(1, 6)
  expect(twoSided(1.959964)).toBeCloseTo(0.05, 6)
  expect(twoSided(-2.575829)).toBeCloseTo(0.01, 6)
  expect(twoSided(Number.NaN)).toBe(1)
})

test('Benjamini and Hochberg’s own example of fifteen: four are discoveries', () => {
  const ps = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
    0.759, 1,
  ]
  expect(discoveries(ps).filter(Boolean)).toHaveLength(4)
  expect(discoveries([...ps].reverse()).slice(-4)).toEqual([true, true, true, true])
  expect(discoveries([])).toEqual([])
})

test('one of many that stands out by chance becomes inconclusive; same stays the same', () => {
  const lone = { p: 0.03, state: 'faster' } as const
  const others = Array.from({ length: 99 }, () => ({ p: 0.5, state: 'same' }) as const)
  expect(corrected([lone])).toEqual(['faster'])
  expect(corrected([lone, ...others])[0]).toBe('inconclusive')
  expect(
    corrected([lone, ...others])
      .slice(1)
      .every(state => state === 'same'),
  ).toBe(true)
})

test('delta decides what counts as the same', () => {
  expect(classify(0.98, 1.02, 0.03)).toBe('same')
  expect(classify(0.991, 1.009, 0.005)).toBe('inconclusive')
})

describe('on a simulated host', () => {
  const aa = many(400, 1)
  const test400 = selfTest(aa)

  test('identical code: at most one in twenty is called different, and the self-test passes', () => {
    expect(test400.falsePositives / 400).toBeLessThan(0.07)
    expect(test400.state).toBe('passed')
  })

  test('a difference of the stated resolution is told nine times in ten', () => {
    const resolution = test400.resolution ?? 0
    expect(resolution).toBeGreaterThan(0.005)
    expect(resolution).toBeLessThan(0.05)
    const told = many(200, 1 + resolution, 1_000_000).filter(({ low }) => low > 1).length
    expect(told / 200).toBeGreaterThan(0.85)
  })

  test('the unsure among them count: what half of them cannot tell is not resolved', () => {
    const of = (width: number): Pick<Comparison, 'low' | 'high' | 'state'> => ({
      ...{ low: Math.exp(-width), high: Math.exp(width), state: 'inconclusive' },
    })
    const sure = selfTest(Array.from({ length: 10 }, () => of(0.01)))
    const mixed = selfTest(Array.from({ length: 10 }, (_, i) => of(i % 2 === 0 ? 0.01 : 0.05)))
    expect(sure.resolution).toBeCloseTo(Math.expm1(((1.96 + 1.2816) / 1.96) * 0.01), 4)
    // Of the unsure, four in five must be told.
    expect(mixed.resolution).toBeCloseTo(Math.expm1(((1.96 + 0.8416) / 1.96) * 0.05), 3)
  })

  test('two campaigns of the same thing agree', () => {
    const pairs = many(200, 1.1, 2_000_000).map((one, i) => agree(one, compared(1.1, 3_000_000 + i)))
    expect(pairs.filter(Boolean).length / 200).toBeGreaterThan(0.93)
  })
})

test('a host that calls identical code different too often fails, and few pairs prove nothing', () => {
  const wrong = { low: 1.01, high: 1.02, state: 'slower' } as const
  const right = { low: 0.99, high: 1.01, state: 'same' } as const
  expect(selfTest([wrong, wrong, wrong, ...Array.from({ length: 17 }, () => right)]).state).toBe('passed')
  expect(
    selfTest([wrong, wrong, wrong, wrong, wrong, ...Array.from({ length: 15 }, () => right)]).state,
  ).toBe('failed')
  expect(selfTest([wrong]).state).toBe('passed')
  expect(selfTest([])).toMatchObject({ state: 'none', resolution: undefined })
})

test('binomial tails and half-widths', () => {
  expect(atLeast(0, 10, 0.05)).toBe(1)
  expect(atLeast(1, 10, 0.05)).toBeCloseTo(0.4013, 4)
  expect(atLeast(3, 20, 0.05)).toBeCloseTo(0.0755, 4)
  expect(halfWidth({ low: Math.exp(-0.02), high: Math.exp(0.02) })).toBeCloseTo(0.02, 12)
})
