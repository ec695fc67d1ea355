import { expect, test } from 'vitest'
import type { Signature } from '../../../src/kernel/signature.ts'
import { decodeLine } from '../../../src/runner/decode.ts'
import { encodeJob } from '../../../src/runner/encode.ts'
import type { TimingJob, VerifyJob } from '../../../src/runner/protocol.ts'

const signature: Signature = {
  arguments: [
    { name: 'p 0\n', dtype: 'f32', shape: [2, 3], bytes: 24, role: 'in', slot: 40 },
    { name: '', dtype: 'pred', shape: [], bytes: 1, role: 'out', slot: 7 },
    { name: 'again', dtype: 'f32', shape: [6], bytes: 24, role: 'out', slot: 40 },
  ],
  workgroups: [4, 2, 1],
  flushDenormals: true,
}
const verify: VerifyJob = {
  kind: 'verify',
  id: 'any "text"',
  signature,
  references: [{ function: 'ref', rounding: 'down', perturb: -1, probe: 2, role: 'value' }],
  candidates: [{ function: 'c0', semantics: 'xla' }],
  seed: 5,
  trials: ['edges', 'zeros'],
  limitMs: 100,
}
const time: TimingJob = {
  kind: 'time',
  id: 't',
  signature: { ...signature, flushDenormals: false },
  functions: ['a', 'b'],
  seed: 1,
  processes: 2,
  pairs: 3,
  minSampleNs: 50_000,
  limitMs: 1000,
}

test('a job is lines of words: names cannot break them, slots are counted from 0', () => {
  expect(encodeJob(verify, 3)).toBe(`job verify 3 5 100 1 4 2 1
arg in f32 24 0 p_0_ 2 3
arg out pred 1 1 _
arg out f32 24 0 again 6
ref ref down -1 2 value
cand c0 xla
trial edges
trial zeros
end
`)
  expect(encodeJob({ ...verify, trials: 'exhaustive' }, 0)).toContain('\nexhaustive\nend\n')
  const text = encodeJob(time, 0)
  expect(text).toContain('job time 0 1 1000 0 4 2 1\n')
  expect(text).toContain('\nfun a\nfun b\nplan 2 3 50000 0 0\nend\n')
})

test.each([
  ['a negative seed', { ...verify, seed: -1 }],
  ['a fraction', { ...verify, limitMs: 1.5 }],
  ['a function that is no word', { ...verify, candidates: [{ function: 'a b', semantics: 'ir' as const }] }],
])('%s is refused', (_, job) => {
  expect(() => encodeJob(job, 0)).toThrow()
})

test('answers are read whole', () => {
  expect(decodeLine('{"kind":"hello","functions":2,"jail":"limits seccomp","clock":"cpu"}')).toEqual({
    kind: 'hello',
    functions: 2,
    jail: ['limits', 'seccomp'],
    clock: 'cpu',
  })
  const counterexample = {
    trial: 1,
    seed: 5,
    inputs: 'edges',
    argument: 1,
    element: 0,
    differing: 2,
    expected: '1',
    actual: '0',
    values: ['true'],
  }
  const result = {
    kind: 'verify',
    function: 'c0',
    state: 'refuted',
    trials: 2,
    worstUlps: 1,
    seconds: 0.5,
    counterexample,
  }
  expect(decodeLine(JSON.stringify({ job: 4, ...result }))).toEqual({ kind: 'result', job: 4, result })
})

test.each([
  'not JSON',
  '[]',
  '{"kind":"news"}',
  '{"kind":"done","job":-1}',
  '{"kind":"done","job":1.5}',
  '{"kind":"verify","job":0,"function":"f","state":"splendid","trials":1,"worstUlps":0,"seconds":0}',
  '{"kind":"verify","job":0,"function":"f","state":"agreed","trials":"1","worstUlps":0,"seconds":0}',
  '{"kind":"sample","job":0,"function":"f","process":0,"pair":0,"position":0,"batch":1,"nsPerCall":-4,"metric":"time","retaken":0}',
])('%s is refused', line => {
  expect(() => decodeLine(line)).toThrow()
})
