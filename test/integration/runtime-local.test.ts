/** The local runtime with real TensorFlow: the zoo, other people's models, and models that misbehave. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { ROOT } from '../../src/config/paths.ts'
import { ensurePython } from '../../src/harvest/runtime/python-env.ts'
import { chooseRuntime, listModels, type Runtime } from '../../src/harvest/runtime/runtime.ts'
import { kernelFiles, model, runModel } from '../run-model.ts'

let runtime: Runtime
let python: string
beforeAll(async () => {
  runtime = await chooseRuntime('local')
  await runtime.prepare()
  python = await ensurePython()
}, 900_000)

/** Processes whose command line holds `text`. */
const running = (text: string): string[] =>
  execFileSync('ps', ['-eo', 'pid,args'])
    .toString()
    .split('\n')
    .filter(line => line.includes(text))

test.each(listModels().map(({ name }) => name))(
  '%s learns, and both its programs are dumped and timed',
  async name => {
    const { outcome, files } = await runModel(runtime, name)
    expect(outcome).toMatchObject({
      state: 'complete',
      facts: { producer: 'tensorflow 2.21.0', llvm: '23.0.0git', seed: 1 },
    })
    const losses = outcome.losses.map(({ loss }) => loss)
    expect(losses.at(-1)).toBeLessThan(0.7 * (losses[0] ?? 0))
    expect(outcome.timings.map(({ program }) => program)).toEqual(['train', 'infer'])
    for (const { moduleName = '', wallNs, calls } of outcome.timings) {
      expect(files).toContain(`${moduleName}.cpu_after_optimizations.txt`)
      expect(files.some(file => file.startsWith(moduleName) && file.endsWith('.ir-no-opt.ll'))).toBe(true)
      expect(wallNs).toBeGreaterThan(1000)
      expect(calls).toBeGreaterThan(2)
    }
  },
)

test('the same seed gives the same losses and the same kernels', async () => {
  const [first, second] = [await runModel(runtime, 'matmul'), await runModel(runtime, 'matmul')]
  expect(second.outcome.losses).toEqual(first.outcome.losses)
  expect(kernelFiles(second)).toEqual(kernelFiles(first))
})

test('a script of a user, with a module beside it', async () => {
  const { outcome, files } = await runModel(runtime, model('keras_fit.py'))
  expect(outcome.state).toBe('complete')
  expect(outcome.timings.length).toBeGreaterThan(0)
  expect(files.some(file => file.endsWith('.ir-no-opt.ll'))).toBe(true)
})

test('a .keras file and a SavedModel with two signatures', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'xlab-test-'))
  execFileSync(python, [model('save.py'), folder], { stdio: 'ignore' })
  const keras = await runModel(runtime, join(folder, 'small.keras'))
  expect(keras.outcome).toMatchObject({ state: 'complete', timings: [{ program: 'infer' }] })
  const saved = await runModel(runtime, join(folder, 'two'))
  expect(saved.outcome.timings.map(({ program }) => program).sort()).toEqual(['scale', 'total'])
})

test('binary and forged reports in its output change nothing, and its children end with it', async () => {
  const { outcome } = await runModel(runtime, model('binary.py'))
  expect(outcome).toMatchObject({ state: 'complete', timings: [{ program: '<lambda>' }] })
  expect(outcome.log.length).toBeLessThan(600_000)
  await setTimeout(200)
  expect(running('sleep 987')).toEqual([])
})

test.each([
  ['raises.py', {}, { fault: 'subject', reason: 'ValueError: as planned' }],
  ['nothing.py', {}, { fault: 'subject', reason: expect.stringMatching(/compiled nothing/) }],
  [
    'forever.py',
    { timeLimitSeconds: 6 },
    { fault: 'subject', reason: expect.stringMatching(/time limit of 6 s/) },
  ],
  [
    'eats.py',
    {},
    { fault: 'subject', reason: expect.stringMatching(/ran out of memory \(limit 8192 MiB\)/) },
  ],
])('%s fails with its reason', async (file, options, expected) => {
  const { outcome, files } = await runModel(runtime, model(file), options)
  expect(outcome).toMatchObject({ state: 'failed', ...expected })
  expect(files).toEqual([])
})

test.each([
  ['--xla_nonesuch=1', 'XLA does not know --xla_nonesuch=1'],
  [
    '--xla_backend_optimization_level=much',
    'XLA cannot read much as a value of --xla_backend_optimization_level',
  ],
])('a flag XLA refuses is named: %s', async (xlaFlags, reason) => {
  const { outcome } = await runModel(runtime, 'matmul', { xlaFlags })
  expect(outcome).toMatchObject({ state: 'failed', fault: 'subject', reason })
})

test('an abort ends the model at once', async () => {
  const controller = new AbortController()
  const run = runModel(runtime, model('forever.py'), { signal: controller.signal })
  await setTimeout(1500)
  controller.abort(new Error('enough'))
  const started = performance.now()
  await expect(run).rejects.toThrow('enough')
  expect(performance.now() - started).toBeLessThan(4000)
  expect(running(model('forever.py'))).toEqual([])
})

test('a model does not outlive an xlab that is killed', async () => {
  const xlab = spawn(
    process.execPath,
    [join(import.meta.dirname, '../run-model.ts'), 'local', model('forever.py')],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  await new Promise(resolve => xlab.stdout.once('data', resolve))
  await setTimeout(2000)
  expect(running('harvest.py').filter(line => line.includes('forever.py'))).toHaveLength(1)
  xlab.kill('SIGKILL')
  await setTimeout(1500)
  expect(running('harvest.py').filter(line => line.includes('forever.py'))).toEqual([])
})

test('multiply_by_two.py writes the .ll that lies beside it', () => {
  const example = join(ROOT, 'models-py/examples/multiply_by_two')
  expect(execFileSync(python, [`${example}.py`]).toString()).toBe(readFileSync(`${example}.ll`, 'utf8'))
})
