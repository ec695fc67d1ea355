/** A world that lacks something: which, what to do about it, exit code 5, and nothing half made. */
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { run } from '../../../src/process/run.ts'
import { xlabArgs } from '../../xlab.ts'

const dir = mkdtempSync(join(tmpdir(), 'xlab environment '))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

async function xlabIn(env: Record<string, string>, ...args: readonly string[]) {
  const exit = await run(process.execPath, xlabArgs(...args, '--db', join(dir, 'x.db')), { env })
  return { code: exit.state === 'exited' ? exit.code : undefined, stderr: exit.stderr }
}

test.each([
  ['tcp://127.0.0.1:9', 'ECONNREFUSED'],
  ['unix:///nowhere/docker.sock', 'ENOENT'],
  ['nonsense', 'not an address'],
])('no Docker at %s', async (host, why) => {
  const { code, stderr } = await xlabIn({ DOCKER_HOST: host }, 'harvest', 'matmul', '--runtime', 'docker')
  expect(code).toBe(5)
  expect(stderr).toContain(`no Docker engine answers: ${host} (DOCKER_HOST)`)
  expect(stderr).toContain(why)
  expect(stderr).toContain("use '--runtime local'")
})

test('no Python', async () => {
  symlinkSync(process.execPath, join(dir, 'node'))
  const env = { PATH: dir, XLAB_STATE: join(dir, 'fresh') }
  const { code, stderr } = await xlabIn(env, 'harvest', 'matmul', '--runtime', 'local')
  expect(code).toBe(5)
  expect(stderr).toMatch(/error: no CPython 3\.\d+ to 3\.\d+ .*was found\n {2}→ install one/)
})

// Where the system has the pinned LLVM, nothing is fetched for it.
test.skipIf(existsSync('/usr/lib/llvm-22'))('no package index: said once, nothing left', async () => {
  const ll = join(dir, 'f.ll')
  writeFileSync(ll, 'define i32 @f() {\n  ret i32 0\n}\n')
  const env = {
    XLAB_STATE: join(dir, 'offline'),
    PIP_INDEX_URL: 'http://127.0.0.1:9/simple',
    PIP_RETRIES: '0',
  }
  const { code, stderr } = await xlabIn(env, 'import', ll)
  expect(code).toBe(5)
  expect(stderr).toContain('the package index does not answer')
  expect(stderr).toContain('check the network')
  expect(readdirSync(join(dir, 'offline', 'toolchain'))).toEqual([])
})

test('a state folder that cannot be made', async () => {
  writeFileSync(join(dir, 'file'), '')
  const ll = join(import.meta.dirname, '../../../models-py/examples/multiply_by_two.ll')
  const { code, stderr } = await xlabIn({ XLAB_STATE: join(dir, 'file') }, 'import', ll)
  expect(code).toBe(5)
  expect(stderr).toMatch(/^error: a file or folder cannot be used: .*ENOTDIR.*\n {2}→ .*XLAB_STATE/)
})
