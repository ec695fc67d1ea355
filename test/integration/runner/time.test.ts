/** Times: every function is sampled as often, twice the work takes longer, and a function that fails is named. */
import { expect, test } from 'vitest'
import type { RunnerResult, Sample, TimingJob } from '../../../src/runner/protocol.ts'
import { runCases, signature } from './objects.ts'

const timingJob = (functions: readonly string[], rest: Partial<TimingJob> = {}): TimingJob => ({
  kind: 'time',
  id: 'timing',
  signature: signature({ flush: true }),
  functions,
  seed: 3,
  processes: 3,
  pairs: 15,
  minSampleNs: 50_000,
  limitMs: 30_000,
  ...rest,
})
const samplesOf = (results: readonly RunnerResult[], name: string): Sample[] =>
  results.flatMap(result => (result.kind === 'sample' && result.function === name ? [result] : []))
const least = (samples: readonly Sample[]): number => Math.min(...samples.map(sample => sample.nsPerCall))

test('every function is sampled at every place, and more work takes longer', async () => {
  const names = ['work_10', 'work_11', 'work_20']
  const results = await runCases(names, [timingJob(names)])
  expect(results.filter(({ kind }) => kind === 'machine')).toEqual([
    expect.objectContaining({ id: 'timing', leastCrowding: expect.any(Number) }),
  ])
  const [ten, eleven, twenty] = names.map(name => samplesOf(results, name))
  if (!ten || !eleven || !twenty) throw new Error('no samples')
  for (const samples of [ten, eleven, twenty]) {
    expect(samples).toHaveLength(45)
    expect(new Set(samples.map(({ position }) => position))).toEqual(new Set([0, 1, 2]))
  }
  // Twice the work, by minima against neighbours on the machine; small differences are perf's to show.
  expect(least(twenty)).toBeGreaterThan(1.3 * least(ten))
  const lengths = ten.map(sample => sample.batch * sample.nsPerCall).sort((a, b) => a - b)
  expect(lengths[22]).toBeGreaterThan(30_000)
})

test('a function that fails is named, and the others are timed all the same', async () => {
  const names = ['twice', 'idles', 'null', 'hang']
  const results = await runCases(names, [timingJob(names, { limitMs: 3000 })])
  const failures = new Map(results.flatMap(r => (r.kind === 'time-failed' ? [[r.function, r.reason]] : [])))
  expect(failures.get('idles')).toMatch(/gave other outputs/)
  expect(failures.get('null')).toMatch(/null/)
  expect(failures.get('hang')).toMatch(/did not finish/)
  expect(failures.size).toBe(3)
  expect(samplesOf(results, 'twice').length).toBeGreaterThan(0)
})

test('in-place functions are timed too', async () => {
  const results = await runCases(
    ['plus_one'],
    [timingJob(['plus_one'], { signature: signature({ slots: [0, 0] }) })],
  )
  expect(samplesOf(results, 'plus_one')).toHaveLength(45)
})
