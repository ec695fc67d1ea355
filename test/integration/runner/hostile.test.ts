/** Functions that crash, hang, reach out or write where they must not: each costs its own verdict and nothing else. */
import { beforeAll, expect, test } from 'vitest'
import type { VerifyResult } from '../../../src/runner/protocol.ts'
import { runCases, verdicts, verifyJob } from './objects.ts'

const WRONGS: Readonly<Record<string, RegExp>> = {
  null: /^accessed a null/,
  hang: /^did not finish within 400 ms/,
  leave: /^ended the process early with exit code 0/,
  open: /^tried forbidden system call \d+/,
  socket: /^tried forbidden system call \d+/,
  fork: /^tried forbidden system call \d+/,
  exec: /^tried forbidden system call \d+/,
  map: /^tried forbidden system call \d+/,
  protect: /^tried forbidden system call \d+/,
  signal_handler: /^tried forbidden system call \d+/,
  kill: /^tried forbidden system call \d+/,
  print: /^tried forbidden system call \d+/,
  deep: /^overflowed the stack/,
  before: /^wrote 1 bytes before the start of argument 1 \(result\)/,
  behind: /^wrote 1 bytes past the end of argument 1 \(result, 400 bytes\)/,
  element_behind: /^wrote 1 bytes past the end of argument 1/,
  far_before: /^wrote 5000 bytes before the start of argument 1/,
  far_behind: /^wrote 4601 bytes past the end of argument 1/,
  reads_far: /^read 201 bytes past the end of argument 0 \(p0, 400 bytes\)/,
  reads_far_before: /^read 8000 bytes before the start of argument 0 \(p0\)/,
  reads_output_far: /^read 201 bytes past the end of argument 1 \(result, 400 bytes\)/,
  writes_input: /^wrote byte 28 of argument 0 \(p0\), which is an input/,
  fails: /^returned an error/,
  ...(process.arch === 'x64' && { divides: /integer division/, other_abi: /^was killed by signal 31/ }),
}
const FINE = ['twice', 'reads_padding']

let of: Map<string, VerifyResult>
let seconds: number
beforeAll(async () => {
  const cases = [...Object.keys(WRONGS), ...FINE]
  const started = performance.now()
  of = verdicts(await runCases(cases, [verifyJob('twice', cases, { limitMs: 400 })]))
  seconds = (performance.now() - started) / 1000
})

test.each(Object.entries(WRONGS))('%s is broken', (name, reason) => {
  expect(of.get(name)).toMatchObject({ state: 'broken', trials: 1 })
  expect(of.get(name)?.reason).toMatch(reason)
  expect(of.get(name)?.reason).toContain('(inputs: uniform, trial 0)')
})

test.each(FINE)('%s beside them is fine', name => {
  expect(of.get(name)).toMatchObject({ state: 'agreed', trials: 3 })
})

test('none holds the others up', () => {
  expect(seconds).toBeLessThan(60)
})
