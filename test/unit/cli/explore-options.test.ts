import { expect, test } from 'vitest'
import { engineOf, exploreOptions, parseBudget } from '../../../src/cli/explore-options.ts'

test('a budget is candidates for each kernel, or time for all', () => {
  expect(parseBudget('1000')).toEqual({ candidates: 1000 })
  expect(parseBudget('90s')).toEqual({ seconds: 90 })
  expect(parseBudget('10m')).toEqual({ seconds: 600 })
  expect(parseBudget(' 2h ')).toEqual({ seconds: 7200 })
  for (const wrong of ['', '0', '-1', '1.5m', '10d', 'm', '1e3', '9999999999'])
    expect(() => parseBudget(wrong)).toThrow('--budget takes')
})

test('options that make no sense are refused with what would', () => {
  expect(exploreOptions({})).toMatchObject({ metric: 'size', budget: {}, seed: 1, samples: undefined })
  expect(exploreOptions({ metric: 'time', seed: '0', samples: '8', llmModel: 'm' })).toMatchObject({
    ...{ metric: 'time', seed: 0, samples: 8, llmModel: 'm' },
  })
  expect(() => exploreOptions({ metric: 'speed' })).toThrow("unknown value of --metric 'speed'")
  expect(() => exploreOptions({ seed: 'x' })).toThrow('--seed takes a whole number')
  expect(engineOf({})).toBe('in-process')
  expect(() => engineOf({ engine: 'fast' })).toThrow("unknown value of --engine 'fast'")
})
