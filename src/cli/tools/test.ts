/** `xlab test`: runs xlab's own tests lane by lane and sums them up. */
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { inState, ROOT } from '../../config/paths.ts'
import { EXIT, unknownName } from '../../errors.ts'
import { describeExit, run as runProgram } from '../../process/run.ts'
import type { CommandModule } from '../command.ts'

interface LaneResult {
  readonly lane: string
  readonly passed: number
  readonly failed: number
  readonly note?: string
}

/** What a lane needs beyond a clone; undefined when it can run. */
export const LANES: Readonly<Record<string, () => Promise<string | undefined>>> = {
  unit: async () => undefined,
  integration: async () => undefined,
  docker: needsEngine,
  hosts: async () =>
    ['/usr/sbin/sshd', '/usr/bin/qemu-aarch64'].some(path => existsSync(path))
      ? undefined
      : 'neither sshd nor qemu-aarch64 is here (apt install openssh-server qemu-user)',
  'llm-hf': needsEngine,
  web: async () =>
    findChromium() === undefined
      ? "no Chromium on PATH ('apt-get install chromium', or name one in XLAB_CHROMIUM)"
      : undefined,
}

/** Path of a Chromium: the one XLAB_CHROMIUM names, else the first on PATH; undefined when there is none. */
export function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const folders = (process.env.PATH ?? '').split(delimiter)
  const onPath = names.flatMap(name => folders.map(folder => join(folder, name)))
  return [process.env.XLAB_CHROMIUM ?? '', ...onPath].find(path => path !== '' && existsSync(path))
}

async function needsEngine(): Promise<string | undefined> {
  const { findEngine } = await import('../../containers/engine.ts')
  const found = await findEngine()
  return found.state === 'found' ? undefined : `no Docker engine answers: ${found.tried.join('; ')}`
}

async function runLane(lane: string, signal: AbortSignal): Promise<LaneResult> {
  const missing = await LANES[lane]?.()
  if (missing !== undefined) return { lane, passed: 0, failed: 0, note: `cannot run: ${missing}` }
  const report = inState(`test-${lane}.json`)
  const show = (line: string) => process.stdout.write(`${line}\n`)
  const exit = await runProgram(
    process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      ...['--project', lane, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ],
    { cwd: ROOT, signal, timeoutMs: 80 * 60_000, maxBytes: 1 << 30, onStdout: show, onStderr: show },
  )
  if (exit.state !== 'exited') return { lane, passed: 0, failed: 1, note: describeExit(exit) }
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as Record<string, number>
  const failed = (numFailedTests ?? 0) || (numFailedTestSuites ?? 0) || (exit.code === 0 ? 0 : 1)
  return { lane, passed: numPassedTests ?? 0, failed }
}

export const run: CommandModule['run'] = async (args, _options, context) => {
  const unknown = args.find(lane => !(lane in LANES))
  if (unknown !== undefined) throw unknownName('lane', unknown, Object.keys(LANES))
  const results: LaneResult[] = []
  for (const lane of args.length > 0 ? args : Object.keys(LANES)) {
    results.push(await runLane(lane, context.signal))
    context.signal.throwIfAborted()
  }
  const sum = (key: 'passed' | 'failed') => results.reduce((total, result) => total + result[key], 0)
  for (const { lane, passed, failed, note } of results)
    console.log(`lane ${lane}: ${note ?? `${passed} passed, ${failed} failed`}`)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
  return sum('failed') === 0 && sum('passed') > 0 ? EXIT.ok : EXIT.failed
}
