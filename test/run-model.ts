/** Runs one model as the harvest stage does, for tests. As a program (KIND MODEL): to be killed from outside. */
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  chooseRuntime,
  type HarvestEvent,
  type RunOutcome,
  type Runtime,
  resolveModel,
} from '../src/harvest/runtime/runtime.ts'

/** Path of a model among the fixtures. */
export const model = (file: string): string => join(import.meta.dirname, 'fixtures/models', file)

export interface TestRun {
  readonly outcome: RunOutcome
  readonly dumpDir: string
  readonly files: readonly string[]
  readonly events: readonly HarvestEvent[]
}

export async function runModel(
  runtime: Runtime,
  name: string,
  options: { xlaFlags?: string; timeLimitSeconds?: number; signal?: AbortSignal } = {},
): Promise<TestRun> {
  const dumpDir = mkdtempSync(join(tmpdir(), 'xlab test '))
  const events: HarvestEvent[] = []
  const outcome = await runtime.run({
    model: await resolveModel(name),
    xlaFlags: options.xlaFlags ?? '',
    dumpDir,
    timeLimitSeconds: options.timeLimitSeconds ?? 120,
    seed: 1,
    onEvent: event => events.push(event),
    signal: options.signal ?? new AbortController().signal,
  })
  return { outcome, dumpDir, files: readdirSync(dumpDir).sort(), events }
}

/** Kernels' file names without what changes from run to run. */
export const kernelFiles = (run: TestRun): string[] =>
  run.files
    .filter(file => file.endsWith('.ir-no-opt.ll'))
    .map(file => file.replace(/_\d+__XlaMust.*?_\.(?=\d)/, '_'))

if (import.meta.main) {
  const [kind, name = ''] = process.argv.slice(2)
  const runtime = await chooseRuntime(kind as 'docker' | 'local')
  await runtime.prepare()
  process.stdout.write('ready\n')
  await runModel(runtime, name)
}
