import { expect, test } from 'vitest'
import { describeExit, run, succeeded } from '../../../src/process/run.ts'

const sh = (script: string, options = {}) => run('/bin/sh', ['-c', script], options)

test('a non-zero exit is a result', async () => {
  const exit = await sh('echo out; echo err >&2; exit 3')
  expect(exit).toMatchObject({ state: 'exited', code: 3, stderr: 'err\n' })
  expect(exit.stdout.toString()).toBe('out\n')
  expect(succeeded(exit)).toBe(false)
})

test('a signal is a result', async () => {
  expect(await sh('kill -SEGV $$')).toMatchObject({ state: 'signalled', signal: 'SIGSEGV' })
})

test('a missing program is a result that names it', async () => {
  const exit = await run('/no/such/program', [])
  expect(exit.state).toBe('missing')
  expect(describeExit(exit)).toContain('/no/such/program')
})

test('a time limit ends the program', async () => {
  const exit = await sh('exec sleep 10', { timeoutMs: 100 })
  expect(exit.state).toBe('timeout')
  expect(exit.seconds).toBeLessThan(5)
})

test('a flood of output is cut', async () => {
  expect((await sh('yes', { maxBytes: 10_000 })).state).toBe('flooded')
})

test('cancelling ends the program', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 50)
  expect((await sh('exec sleep 10', { signal: controller.signal })).state).toBe('cancelled')
})

test('input reaches the program and lines reach the listener, the last without a newline', async () => {
  const lines: string[] = []
  const exit = await sh('cat; printf "a\\nb" >&2', {
    input: 'text',
    onStderr: (line: string) => lines.push(line),
  })
  expect(exit.stdout.toString()).toBe('text')
  expect(lines).toEqual(['a', 'b'])
})

test('a bare environment holds nothing of ours', async () => {
  const exit = await run('/usr/bin/env', [], { bare: true, env: { ONLY: 'this' } })
  expect(exit.stdout.toString()).toBe('ONLY=this\n')
})
