/** Every bad answer of the corpus meets what it deserves, through the strategy as it runs, and none passes wrongly. */
import { beforeAll, expect, test } from 'vitest'
import { corpus } from '../../../answers/corpus.ts'
import { drive, type Outcome } from '../../../answers/drive.ts'

const cases = corpus()
let outcomes: Outcome[]
let seconds: number
beforeAll(async () => {
  const started = performance.now()
  outcomes = await drive(cases)
  seconds = (performance.now() - started) / 1000
})

test('there are at least 200, each told from the others', () => {
  expect(cases.length).toBeGreaterThanOrEqual(200)
  expect(new Set(cases.map(({ subject, id }) => `${subject} ${id}`)).size).toBe(cases.length)
})

test('all are as expected', () => {
  const wrong = cases.flatMap(({ subject, id, expected }, i) => {
    const { outcome, reason } = outcomes[i] as Outcome
    return outcome === expected ? [] : [{ subject, id, expected, outcome, reason }]
  })
  expect(wrong).toEqual([])
})

test('none passes the judge but those that mean the same', () => {
  const passing = cases.filter((_, i) => outcomes[i]?.outcome === 'passes')
  expect(passing.map(({ because }) => because ?? 'nothing says why')).not.toContain('nothing says why')
})

test('none escapes the jail or holds the others up', () => {
  const reasons = outcomes.map(({ reason }) => reason ?? '').join('\n')
  expect(reasons).not.toMatch(/runner gave no result|the judge's executable/)
  expect(seconds).toBeLessThan(60)
})
