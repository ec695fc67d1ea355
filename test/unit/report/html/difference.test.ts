/** Differences between two databases: intervals, and what chance alone would show. */
import { expect, test } from 'vitest'
import { judged, quotient, timeFromLinks } from '../../../../src/report/html/compare/difference.ts'

const interval = (mean: number, half: number) => ({
  mean,
  low: mean * Math.exp(-half),
  high: mean * Math.exp(half),
})

test('the interval of a quotient has both halves as squares', () => {
  const { mean, low, high } = quotient(interval(2, 0.03), interval(4, 0.04))
  expect(mean).toBeCloseTo(0.5)
  expect(Math.log(high / mean)).toBeCloseTo(0.05)
  expect(Math.log(mean / low)).toBeCloseTo(0.05)
})

test('an interval that touches 1 has a p of one in twenty', () => {
  const centre = Math.exp(-0.05)
  expect(quotient(interval(centre, 0.03), interval(1, 0.04)).p).toBeCloseTo(0.05, 3)
})

test('what exceeds its interval by chance among many is not called a difference', () => {
  const nothing = Array.from({ length: 99 }, () => ({
    difference: quotient(interval(1, 0.05), interval(1, 0.05)),
  }))
  const barely = { difference: quotient(interval(0.9, 0.05), interval(1, 0.085)) }
  const surely = { difference: quotient(interval(0.5, 0.05), interval(1, 0.05)) }
  expect(barely.difference.high).toBeLessThan(1.001)
  const states = judged([...nothing, barely, surely]).map(({ state }) => state)
  expect(states.slice(0, 100)).toEqual(Array(100).fill('unclear'))
  expect(states[100]).toBe('better')
})

test('a time needs three links', () => {
  expect(timeFromLinks([100, 101])).toBeUndefined()
  const time = timeFromLinks([100, 101, 102, 103])
  expect(time?.mean).toBeCloseTo(101.5, 1)
  expect(time?.low).toBeLessThan(101)
})
