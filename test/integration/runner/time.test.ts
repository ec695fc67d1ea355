/** Times: equal code measures equal, twice the work measures slower, and a function that stops working is caught. */
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

test('more work takes longer by as much, the same work as long', async () => {
  const names = ['work_10', 'work_11', 'work_20']
  const results = await runCases(names, [timingJob(names), timingJob(['work_10', 'work_10'], { id: 'same' })])
  const timed = results.filter(result => 'id' in result && result.id === 'timing')
  const [ten, eleven, twenty] = names.map(name => samplesOf(timed, name))
  if (!ten || !eleven || !twenty) throw new Error('no samples')
  // Minima stand against neighbours on the machine; the statistics proper are measure's.
  expect(least(twenty) / least(ten)).toBeGreaterThan(1.7)
  expect(least(twenty) / least(ten)).toBeLessThan(2.3)
  expect(least(eleven) / least(ten)).toBeGreaterThan(1.03)
  expect(ten).toHaveLength(45)
  for (const sample of ten) expect(sample.batch * sample.nsPerCall).toBeGreaterThan(30_000)
  expect(new Set(timed.map(s => ('position' in s ? s.position : -1)))).toEqual(new Set([0, 1, 2]))
  const same = results.filter((r): r is Sample => r.kind === 'sample' && r.id === 'same')
  const halves = [same.filter(s => s.position === 0), same.filter(s => s.position === 1)]
  expect(Math.abs(Math.log(least(halves[0] ?? []) / least(halves[1] ?? [])))).toBeLessThan(0.1)
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
