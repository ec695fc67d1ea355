/** Functions that look fast because they stop working: each is caught, by the judge or while it is timed. */
import { beforeAll, expect, test } from 'vitest'
import type { RunnerResult, Sample, TimingJob } from '../../../src/runner/protocol.ts'
import { runCases, signature, verdicts, verifyJob } from './objects.ts'

const CHEATS = [
  'last_missing',
  'last_missing_later',
  'idles',
  'by_last_pointer',
  'by_pointers',
  'by_output_pointer',
  'same_as_last_time',
  'by_contents',
  'writes_later',
  'writes_later_on',
  'every_other',
  'every_third',
  'half_later',
  'answers_from_memory',
  'when_called_at_once',
  'says_it_is_done',
  'runs_on',
  'leaves_later',
]
const HONEST = ['twice', 'looks_first']

let results: RunnerResult[]
beforeAll(async () => {
  const names = [...CHEATS, ...HONEST]
  const time = (id: string, functions: readonly string[]): TimingJob => ({
    kind: 'time',
    id,
    signature: signature({ flush: true }),
    functions,
    seed: 3,
    processes: 2,
    pairs: 6,
    minSampleNs: 100_000,
    limitMs: 20_000,
  })
  results = await runCases(names, [
    verifyJob('twice', names, { limitMs: 2000 }),
    time('honest', HONEST),
    ...CHEATS.map(name => time(name, ['twice', name])),
  ])
})

const passes = (name: string): boolean =>
  ['agreed', 'exhausted'].includes(verdicts(results).get(name)?.state ?? '')
const whyNotTimed = (name: string): string | undefined =>
  results.flatMap(r => (r.kind === 'time-failed' && r.function === name ? [r.reason] : []))[0]
const samples = (job: string, name: string): Sample[] =>
  results.flatMap(r => (r.kind === 'sample' && r.id === job && r.function === name ? [r] : []))

test.each(CHEATS)('%s is caught', name => {
  const timed = whyNotTimed(name)
  if (passes(name))
    expect(timed, 'passed the judge, and was timed').toMatch(
      /^(gave other outputs|went on computing|said it was done|ended the process)/,
    )
  // What a cheat does costs its neighbours nothing.
  expect(samples(name, 'twice').length).toBe(12)
})

test('most of them get past the judge: looking at timed runs is what catches them', () => {
  expect(CHEATS.filter(passes).length).toBeGreaterThanOrEqual(10)
})

test.each(HONEST)('%s is not', name => {
  expect(passes(name)).toBe(true)
  expect(whyNotTimed(name)).toBeUndefined()
})

test('looking whether the work is done already gains nothing: it never is', () => {
  const least = (name: string): number => Math.min(...samples('honest', name).map(sample => sample.nsPerCall))
  expect(least('looks_first')).toBeGreaterThan(0.5 * least('twice'))
})
