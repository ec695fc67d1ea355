/** What a process that parses untrusted text with libLLVM is held to, as Linux itself says of it. */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { type Engine, openEngine } from '../../../src/llvm/engine/engine.ts'
import { ensureToolchain } from '../../../src/llvm/toolchain.ts'

const IR = 'define void @f() {\n  ret void\n}\n'
const read = (ir: string) => ({ op: 'read', ir, wantBitcode: false }) as const

let engine: Engine | undefined
afterEach(async () => {
  engine?.close()
  vi.unstubAllEnvs()
  await vi.waitFor(() => expect(workers()).toEqual([]))
})

async function open(memoryMiB?: number): Promise<Engine> {
  const { libLlvm } = await ensureToolchain()
  engine = openEngine({ libLlvm, children: 1, ...(memoryMiB !== undefined && { memoryMiB }) })
  return engine
}

const of = (pid: string, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')

/** Process ids of the workers of this process. */
function workers(): string[] {
  return readdirSync('/proc').filter(pid => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const ours = of(pid, 'status').includes(`\nPPid:\t${process.pid}\n`)
      return ours && of(pid, 'cmdline').includes('engine/child/main.ts')
    } catch {
      return false // it ended meanwhile
    }
  })
}

function worker(): string {
  const [pid = '', ...others] = workers()
  expect(others).toEqual([])
  return pid
}

test('its memory is limited and it leaves no core; one that asks for more costs its own request', async () => {
  const small = await open(1024)
  await expect(small.call(read(IR))).resolves.toEqual({ state: 'ok' })
  const limits = of(worker(), 'limits')
  expect(limits).toMatch(new RegExp(`^Max data size +${2 ** 30} +${2 ** 30} `, 'm'))
  expect(limits).toMatch(/^Max core file size +0 +0 /m)
  // Integers of a megabyte each.
  const greedy = Array.from({ length: 2000 }, (_, i) => `@g${i} = global i8388608 ${i}\n`).join('')
  await expect(small.call(read(greedy))).resolves.toMatchObject({ state: 'died' })
  await expect(small.call(read(IR))).resolves.toEqual({ state: 'ok' })
})

test('it has nothing of our environment', async () => {
  vi.stubEnv('XLAB_SECRET', 'not to be seen')
  await (await open()).call(read(IR))
  const names = of(worker(), 'environ')
    .split('\0')
    .map(entry => entry.split('=')[0] ?? '')
  // What the shell keeps.
  expect(names.filter(name => !/^(?:PWD|OLDPWD|SHLVL|_|)$/.test(name))).toEqual([])
})

test('it starts in a directory of its own, which is gone before it reads anything', async () => {
  const opened = await open()
  const answer = opened.call(read(IR))
  const directory = readlinkSync(`/proc/${worker()}/cwd`)
  expect(directory).toMatch(/\/work\/llvm-\d+-\w+$/)
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  expect(readdirSync(directory)).toEqual([])
  await answer
  expect(existsSync(directory)).toBe(false)
  expect(readlinkSync(`/proc/${worker()}/cwd`)).toBe(`${directory} (deleted)`)
})

test('one ended while it starts leaves no directory', async () => {
  const opened = await open()
  const answer = opened.call(read(IR))
  const directory = readlinkSync(`/proc/${worker()}/cwd`)
  opened.close()
  expect(await answer).toMatchObject({ state: 'died', how: 'ended' })
  expect(existsSync(directory)).toBe(false)
})
