/** Jobs through a runner that dies: a fake one, scripted by what it prints before it ends. */
import { expect, test } from 'vitest'
import { runJobs, type StartRunner } from '../../../src/hosts/runner-process.ts'
import type { RunnerJob, RunnerResult } from '../../../src/runner/protocol.ts'

const signature = { arguments: [], workgroups: [1, 1, 1], flushDenormals: false } as const
const verify = (id: string, functions: readonly string[]): RunnerJob => ({
  kind: 'verify',
  id,
  signature,
  references: [{ function: 'ref', rounding: 'nearest', perturb: 0, probe: 0, role: 'value' }],
  candidates: functions.map(name => ({ function: name, semantics: 'ir' })),
  seed: 1,
  trials: ['zeros'],
  limitMs: 1,
})
const time = (id: string): RunnerJob => ({
  kind: 'time',
  id,
  signature,
  functions: ['f'],
  seed: 1,
  processes: 1,
  pairs: 1,
  minSampleNs: 1,
  limitMs: 1,
})

const HELLO = { kind: 'hello', functions: 1, jail: 'seccomp', clock: 'cpu' }
const agreed = (job: number, name: string) => ({
  kind: 'verify',
  job,
  function: name,
  state: 'agreed',
  trials: 1,
  worstUlps: 0,
  seconds: 0,
})
const sample = (job: number, nsPerCall: number) => ({
  kind: 'sample',
  job,
  function: 'f',
  process: 0,
  pair: 0,
  position: 0,
  batch: 1,
  nsPerCall,
  metric: 'time',
  retaken: 0,
})
const done = (job: number) => ({ kind: 'done', job })

/** Prints one script after another; a run that is not the last dies. */
function fake(...scripts: readonly (readonly object[])[]): { start: StartRunner; inputs: string[] } {
  const inputs: string[] = []
  const start: StartRunner = async ({ input, onStdout }) => {
    const script = scripts[inputs.length] ?? []
    inputs.push(String(input))
    for (const line of [HELLO, ...script]) onStdout?.(JSON.stringify(line))
    const output = { stdout: Buffer.alloc(0), stderr: '', seconds: 0 }
    return inputs.length < scripts.length
      ? { ...output, state: 'signalled', signal: 'SIGBUS' }
      : { ...output, state: 'exited', code: 0 }
  }
  return { start, inputs }
}

async function collect(jobs: readonly RunnerJob[], start: StartRunner): Promise<string[]> {
  const results: RunnerResult[] = []
  await runJobs(jobs, start, { onResult: result => results.push(result) })
  return results.map(r =>
    r.kind === 'hello' || r.kind === 'count' || r.kind === 'machine'
      ? r.kind
      : `${r.id} ${r.function ?? ''} ${r.kind === 'verify' ? r.state : r.kind === 'sample' ? r.nsPerCall : r.reason}`,
  )
}

test('results carry the id of their job', async () => {
  const { start, inputs } = fake([agreed(0, 'a'), done(0), sample(1, 5), done(1)])
  expect(await collect([verify('one', ['a']), time('two')], start)).toEqual([
    'hello',
    'one a agreed',
    'two f 5',
  ])
  expect(inputs).toHaveLength(1)
})

test('a dead runner is started again on what has no answer', async () => {
  const { start, inputs } = fake(
    [agreed(0, 'a'), done(0), agreed(1, 'b')],
    [agreed(0, 'c'), done(0), sample(1, 1), done(1)],
  )
  const jobs = [verify('one', ['a']), verify('two', ['b', 'c']), time('three')]
  expect(await collect(jobs, start)).toEqual([
    'hello',
    'one a agreed',
    'two b agreed',
    'two c agreed',
    'three f 1',
  ])
  expect(inputs[1]).not.toContain('cand b')
  expect(inputs[1]).toContain('cand c')
})

test('samples of a run that died do not mix with those of the next', async () => {
  const { start } = fake([sample(0, 1)], [sample(0, 2), done(0)])
  expect(await collect([time('t')], start)).toEqual(['hello', 't f 2'])
})

test('a job the runner dies on twice is answered for it, and the rest goes on', async () => {
  const { start } = fake([], [], [sample(0, 3), done(0)])
  expect(await collect([verify('bad', ['a', 'b']), time('good')], start)).toEqual([
    'hello',
    'bad a undecided',
    'bad b undecided',
    'good f 3',
  ])
})

test('an answer nobody asked for is an error', async () => {
  const { start } = fake([done(9)])
  await expect(collect([time('t')], start)).rejects.toThrow(/job 9/)
})

test('when only the connection went, no job is blamed, however often; past a bound the host counts as lost', async () => {
  const flaky = (times: number): StartRunner => {
    const { start } = fake([sample(0, 7), done(0)])
    let left = times
    return async options => {
      if (left-- === 0) return start(options)
      // A first sample is on its way when the connection goes.
      for (const line of [HELLO, sample(0, 5)]) options.onStdout?.(JSON.stringify(line))
      return { state: 'lost', why: 'broken pipe' }
    }
  }
  expect(await collect([time('t')], flaky(5))).toEqual(['hello', 't f 7'])
  await expect(collect([time('t')], flaky(6))).rejects.toMatchObject({
    exitCode: 5,
    message: expect.stringContaining('broken pipe'),
  })
})
