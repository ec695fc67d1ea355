import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../../../src/process/run.ts'

const MAIN = join(import.meta.dirname, '../../../../src/main.ts')

async function doctor(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { XLAB_STATE: mkdtempSync(join(tmpdir(), 'xlab-doctor-')) }
  const exit = await run(process.execPath, [MAIN, 'doctor', ...args], { env })
  return {
    code: exit.state === 'exited' ? exit.code : -1,
    out: exit.stdout.toString('utf8'),
    err: exit.stderr,
  }
}

test('on a fresh clone it says what will be fetched, fetches nothing, and finds nothing missing', async () => {
  const { code, out } = await doctor('--json')
  const findings = JSON.parse(out) as { part: string; state: string; detail: string }[]
  const stateOf = (part: string): string | undefined => findings.find(f => f.part.startsWith(part))?.state
  expect(stateOf('Node.js')).toBe('ok')
  expect(stateOf('zig')).toBe('later')
  expect(stateOf('LLVM 23')).toBe('later')
  expect(stateOf('built-in language model')).toBe('later')
  expect(findings.filter(finding => finding.state === 'missing')).toEqual([])
  expect(code).toBe(0)
})

test('an LLVM named that is none is missing, which is an environment failure with what is needed', async () => {
  const { code, out } = await doctor('--llvm', '/nowhere')
  expect(out).toMatch(/MISSING +LLVM .*: no complete LLVM at \/nowhere/)
  expect(out).toContain('→ it needs bin/ with opt, llc')
  expect(code).toBe(5)
})
