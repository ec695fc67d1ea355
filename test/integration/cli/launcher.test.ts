/** The launcher `xlab` on a clone of its own with a fake npm: set-up once, by one of many, interrupted, from anywhere. */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ROOT } from '../../../src/config/paths.ts'

let dir = ''
let clone = ''
/** Each line is one start of npm. */
const calls = (): string[] => readFileSync(join(dir, 'calls'), 'utf8').split('\n').filter(Boolean)

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'xlab launcher '))
  clone = join(realpathSync(dir), 'a clone')
  mkdirSync(join(clone, 'src'), { recursive: true })
  mkdirSync(join(dir, 'bin'))
  copyFileSync(join(ROOT, 'xlab'), join(clone, 'xlab'))
  copyFileSync(join(ROOT, 'package-lock.json'), join(clone, 'package-lock.json'))
  writeFileSync(
    join(clone, 'src/main.ts'),
    'console.log(JSON.stringify([process.cwd(), ...process.argv.slice(1)]))\n',
  )
  writeFileSync(join(dir, 'calls'), '')
  npm('sleep 0.5')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A fake npm that notes its start, does `work`, and leaves node_modules behind. */
function npm(work: string): void {
  const script = `#!/bin/sh\necho "$*" >>"${dir}/calls"\n${work}\nmkdir -p "${clone}/node_modules"\n`
  writeFileSync(join(dir, 'bin/npm'), script)
  chmodSync(join(dir, 'bin/npm'), 0o755)
}

function launch(path = join(clone, 'xlab'), cwd = dir) {
  const child = spawn(path, ['query', 'two words'], {
    cwd,
    detached: true,
    env: { PATH: `${join(dir, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`, HOME: join(dir, 'home') },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>(done =>
    child.on('close', code => done({ code, stdout, stderr })),
  )
  return { child, ended }
}

const answerOf = (stdout: string): unknown => JSON.parse(stdout)

test('through links, from any folder, in a path with spaces; set up once', async () => {
  symlinkSync('a clone/xlab', join(dir, 'relative'))
  symlinkSync(join(dir, 'relative'), join(dir, 'absolute'))
  const first = await launch(join(dir, 'absolute'), tmpdir()).ended
  expect(first.code).toBe(0)
  expect(first.stderr).toBe('xlab: installing locked dependencies (once)\n')
  expect(answerOf(first.stdout)).toEqual([
    realpathSync(tmpdir()),
    join(clone, 'src/main.ts'),
    'query',
    'two words',
  ])
  const second = await launch().ended
  expect(second).toMatchObject({ code: 0, stderr: '' })
  expect(calls()).toEqual([expect.stringMatching(/^ci --prefix .*a clone /)])
})

test('several at once: one installs, the others wait for it', async () => {
  const all = await Promise.all([launch().ended, launch().ended, launch().ended])
  expect(all.map(({ code }) => code)).toEqual([0, 0, 0])
  expect(all.filter(({ stderr }) => stderr !== '').length).toBe(1)
  expect(calls().length).toBe(1)
})

test.each(['SIGINT', 'SIGKILL'] as const)('%s during set-up: the next start sets up', async signal => {
  npm('trap "" INT; sleep 20')
  const { child, ended } = launch()
  while (calls().length === 0) await setTimeout(20)
  const asked = performance.now()
  process.kill(-(child.pid ?? 0), signal)
  expect((await ended).code).toBe(signal === 'SIGINT' ? 130 : null)
  expect(performance.now() - asked).toBeLessThan(3000)
  expect(existsSync(join(clone, 'node_modules'))).toBe(false)
  npm('')
  expect(await launch().ended).toMatchObject({ code: 0 })
})

test('npm that fails: its words, what to do, exit code 5; then again', async () => {
  npm('echo "npm error network down" >&2; exit 1')
  const failed = await launch().ended
  expect(failed).toMatchObject({ code: 5, stdout: '' })
  expect(failed.stderr).toContain('npm error network down')
  expect(failed.stderr).toMatch(/error: npm ci failed\n {2}→ check the network and disk space/)
  npm('')
  expect(await launch().ended).toMatchObject({ code: 0 })
})
