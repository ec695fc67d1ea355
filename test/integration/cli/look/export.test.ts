/** Exports as a user meets them: the dataset's file, and kernels' folders that rebuild and run by themselves. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureToolchain } from '../../../../src/llvm/toolchain.ts'
import { ensureZig } from '../../../../src/llvm/zig.ts'
import { type Exit, run } from '../../../../src/process/run.ts'
import { xlab } from '../../../xlab.ts'
import { FOLDER, prepare } from '../prepared.ts'

let db = ''
const env: Record<string, string> = {}
beforeAll(async () => {
  db = await prepare()
  const triple = process.arch === 'arm64' ? 'aarch64-unknown-linux-gnu' : 'x86_64-unknown-linux-gnu'
  Object.assign(env, {
    LLVM: dirname((await ensureToolchain()).bin('opt')),
    CC: (await ensureZig()).cc({ triple }).join(' ').concat(' -static'),
    ROUNDS: '3',
  })
})
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

const runIt = (folder: string, more: Record<string, string> = {}): Promise<Exit> =>
  run('/bin/sh', [join(folder, 'run.sh')], { env: { PATH: process.env.PATH ?? '', ...env, ...more } })

test('a kernel’s folder rebuilds the same bytes, agrees and is timed; a build that is wrong is found', async () => {
  const folder = join(FOLDER, 'a kernel')
  expect(await xlab('export', 'kernel', 'wrapped_reduce', '-o', folder, '--db', db)).toMatchObject({
    code: 0,
  })
  const exit = await runIt(folder)
  expect(exit).toMatchObject({ state: 'exited', code: 0 })
  const said = exit.stdout.toString('utf8')
  expect(said).toContain("opt-Oz: the same bytes as xlab's")
  expect(said).toMatch(/^opt_Oz +equal +0 +0 +[\d.]+ /m)
  expect(said).toMatch(/^xla +(equal|close) /m)
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('opt:Oz')

  const input = join(folder, 'builds/opt-Oz/IN')
  const wrong = readFileSync(input, 'utf8').replace(/ = fcmp uge /, ' = fcmp ule ')
  expect(wrong).not.toBe(readFileSync(input, 'utf8'))
  writeFileSync(input, wrong)
  const again = await runIt(folder)
  expect(again).toMatchObject({ code: 1 })
  expect(again.stdout.toString('utf8')).toContain("opt-Oz: other bytes than xlab's")
  expect(again.stdout.toString('utf8')).toMatch(/^opt_Oz +WRONG /m)

  // No LLVM anywhere: said before anything is built.
  const bare = join(FOLDER, 'bare')
  mkdirSync(bare)
  symlinkSync('/usr/bin/dirname', join(bare, 'dirname'))
  const script = join(folder, 'run.sh')
  writeFileSync(script, readFileSync(script, 'utf8').replaceAll('/usr/lib/llvm-', '/nowhere/llvm-'))
  const without = await runIt(folder, { LLVM: '/nowhere', PATH: bare })
  expect(without).toMatchObject({ code: 5, stderr: expect.stringContaining('install LLVM 22') })
  const twice = await xlab('export', 'kernel', 'wrapped_reduce', '-o', folder, '--db', db)
  expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('is not empty') })
})

test('functions of scalars run through an adapter, and undefined calls are left out', async () => {
  const [file, other] = [join(FOLDER, 'divide.ll'), join(FOLDER, 'scalars.db')]
  writeFileSync(
    file,
    'define i32 @divide(i32 %a, i32 %b) {\n  %q = sdiv i32 %a, %b\n  %r = add i32 %q, %a\n  ret i32 %r\n}\n',
  )
  await xlab('import', file, '--db', other)
  await xlab('optimise', '--with', 'opt:O3,opt:Oz', '--db', other)
  const folder = join(FOLDER, 'divide')
  const answer = await xlab('export', 'kernel', 'divide', '--by', 'opt:O3', '-o', folder, '--db', other)
  expect(answer).toMatchObject({ code: 0 })
  const exit = await runIt(folder)
  expect(exit).toMatchObject({ state: 'exited', code: 0 })
  expect(exit.stdout.toString('utf8')).toMatch(/^opt_O3 +equal +0 /m)
  expect(existsSync(join(folder, 'builds/opt-Oz'))).toBe(false)
})

test('the dataset: by the file’s ending, filtered, and whole', async () => {
  const file = join(FOLDER, 'reductions.csv')
  const answer = await xlab('export', '--filter', 'name:reduce', '-o', file, '--db', db)
  expect(answer).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining(`wrote ${file}: `) })
  expect(readFileSync(file, 'utf8')).toContain('opt:Oz')
  expect(existsSync(`${file}.part`)).toBe(false)
  expect(readFileSync(join(FOLDER, 'reductions.modules.csv'), 'utf8')).toContain('HloModule')
})

test.each([
  [['-o', 'x.xlsx'], 'a dataset is JSON lines or CSV', 'end its name in .jsonl'],
  [['--format', 'jsn', '-o', 'x'], "unknown format 'jsn'", 'did you mean csv, jsonl?'],
  [['kernels'], "unknown thing to export 'kernels'", 'did you mean kernel?'],
  [['kernel'], 'export kernel needs a kernel', "'xlab kernels' lists them"],
  [['kernel', 'wrapped_reduce', '--by', 'opt:O3'], "unknown proposer 'opt:O3'", 'did you mean opt:Oz'],
  [['kernel', 'wrapped_scatter'], 'wrapped_scatter has no builds yet', 'xlab optimise'],
])('xlab export %j: what is wrong and what to do', async (args, message, hint) => {
  const answer = await xlab('export', ...args, '--db', db)
  expect(answer).toMatchObject({ code: 2, stdout: '' })
  expect(answer.stderr).toContain(message)
  expect(answer.stderr).toContain(hint)
})
