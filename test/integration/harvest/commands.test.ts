/** harvest --from, import and kernels as a user runs them: what they print, exit codes, and being killed. */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ensureToolchain } from '../../../src/llvm/toolchain.ts'
import { openStoreReadOnly } from '../../../src/store/open.ts'
import { DUMPS } from '../../dumps.ts'
import { xlab, xlabArgs } from '../../xlab.ts'

const dir = mkdtempSync(join(tmpdir(), 'xlab commands '))
let db = ''
let count = 0
beforeAll(() => ensureToolchain())
beforeEach(() => {
  db = join(dir, `${count++}.db`)
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(dir, name), content)
  return join(dir, name)
}
const rows = (sql: string): unknown[] => {
  const store = openStoreReadOnly(db)
  try {
    return store.prepare(sql).raw().all()
  } finally {
    store.close()
  }
}

const TWICE = `define i32 @multiply_by_two(i32 %a, i32 %b) {
  %1 = add i32 %a, %b
  %2 = shl i32 %1, 1
  ret i32 %2
}
`

describe('harvest --from', () => {
  test('a dump: a summary, then all known, and the kernels listed', async () => {
    const from = join(DUMPS, 'tensorflow-2.21')
    const first = await xlab('harvest', '--db', db, '--from', from)
    expect(first).toMatchObject({ code: 0 })
    const figures = (text: string): string[] => text.trim().split('\n').at(-1)?.split(/\s+/).slice(1) ?? []
    const [modules, kernels, added, known, runnable, unparsed, covered] = figures(first.stdout)
    expect([modules, kernels, runnable, unparsed]).toEqual(['2', '30', '29', '0'])
    expect(Number(added) + Number(known)).toBe(30)
    expect(Number(covered)).toBeGreaterThan(50)
    const again = await xlab('harvest', '--db', db, '--from', from)
    expect(figures(again.stdout).slice(0, 4)).toEqual(['2', '30', '0', '30'])

    const list = await xlab('kernels', '--db', db, '--filter', 'name:scatter', '-o', 'json')
    expect(list.code).toBe(0)
    expect(JSON.parse(list.stdout)).toMatchObject([
      { name: 'wrapped_scatter', abi: 'call-frame', runnable: 'yes' },
    ])
    const none = await xlab('kernels', '--db', db, '--filter', 'model:nobody')
    expect(none).toMatchObject({ code: 0, stderr: expect.stringContaining('no kernel matches') })
  })

  test('one bad file in a dump is partly a failure, named with its reason', async () => {
    const dump = join(dir, 'partly')
    cpSync(join(DUMPS, 'tensorflow-2.21'), dump, { recursive: true })
    const name = readdirSync(dump).find(one => one.endsWith('wrapped_scatter.ir-no-opt.ll')) ?? ''
    truncateSync(join(dump, name), 800)
    const { code, stderr } = await xlab('harvest', '--db', db, '--from', dump)
    expect(code).toBe(3)
    expect(stderr).toContain(name)
    expect(stderr).toContain('cut short')
  })

  test.each([
    ['no such folder', ['--from', '/nowhere/at/all'], 2, 'no folder at /nowhere/at/all'],
    ['models and a folder', ['--from', DUMPS, 'mlp'], 2, '--from'],
    ['neither', [], 2, 'which model?'],
    ['an unknown model', ['trasformer'], 2, 'did you mean transformer?'],
    ['an unknown runtime', ['mlp', '--runtime', 'podman'], 2, "unknown runtime 'podman'"],
    ['a flag that is none', ['mlp', '--xla-flags', 'fast'], 2, 'not an XLA flag: fast'],
    ['a limit that is none', ['mlp', '--time-limit', 'soon'], 2, '--time-limit'],
  ])('%s: one clear message', async (_, args, code, message) => {
    const answer = await xlab('harvest', '--db', db, ...args)
    expect(answer).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) })
  })

  test('an empty folder, and one without kernels', async () => {
    const empty = join(dir, 'empty')
    mkdirSync(empty)
    expect(await xlab('harvest', '--db', db, '--from', empty)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('empty'),
    })
    writeFileSync(join(empty, 'module_0001.f.1.k.ir-no-opt.ll'), 'define void @f() {')
    const cut = await xlab('harvest', '--db', db, '--from', empty)
    expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining('cut short') })
    expect(rows('SELECT state FROM harvest')).toEqual([['failed'], ['failed']])
    expect(rows('SELECT stage, fault FROM attempt')).toEqual([['harvest', 'subject']])
  })

  test('killed anywhere, the next run ends with what an undisturbed one has', async () => {
    const dump = join(dir, 'many')
    for (let copy = 0; copy < 60; copy++)
      for (const name of readdirSync(join(DUMPS, 'tensorflow-2.18')))
        cpSync(
          join(DUMPS, 'tensorflow-2.18', name),
          join(dump, name.replace('module_00', `module_${copy}00`)),
        )
    const args = xlabArgs('harvest', '--db', db, '--from', dump)
    for (const wait of [400, 550, 700, 900]) {
      const child = spawn(process.execPath, args, { stdio: 'ignore' })
      const closed = new Promise(done => child.on('close', done))
      await setTimeout(wait)
      child.kill('SIGKILL')
      await closed
    }
    const { code } = await xlab('harvest', '--db', db, '--from', dump)
    expect(code).toBe(0)
    const last =
      'FROM module m JOIN harvest h ON h.id = m.harvest_id WHERE h.id = (SELECT max(id) FROM harvest)'
    expect(rows(`SELECT count(*), count(DISTINCT m.name) ${last}`)).toEqual([[120, 120]])
    expect(
      rows(`SELECT DISTINCT (SELECT count(*) FROM sighting WHERE module_id = m.id) AS n ${last} ORDER BY n`),
    ).toEqual([[9], [23]])
    expect(rows("SELECT count(*) FROM harvest WHERE state = 'running'")).toEqual([[0]])
    expect(rows('PRAGMA integrity_check')).toEqual([['ok']])
    expect(rows('PRAGMA foreign_key_check')).toEqual([])
  })
})

describe('import', () => {
  test('every exported function is a kernel; scalars make it runnable', async () => {
    const path = file('two.ll', `${TWICE}define void @nothing() {\n  ret void\n}\n`)
    const { code, stdout } = await xlab('import', '--db', db, path)
    expect(code).toBe(0)
    expect(stdout).toMatch(/multiply_by_two +scalar +\d+ +yes +yes\n/)
    expect(stdout).toMatch(/nothing +scalar +\d+ +yes +no: it returns nothing\n/)
    expect(await xlab('import', '--db', db, path)).toMatchObject({ code: 0 })
    expect(rows('SELECT name, signature_hash IS NULL FROM sighting ORDER BY name')).toEqual([
      ['multiply_by_two', 0],
      ['nothing', 1],
    ])
  })

  test('what LLVM finds wrong is told with file, line and column', async () => {
    const path = file('bad.ll', TWICE.replace('shl i32 %1', 'shl i64 %1'))
    const { code, stderr } = await xlab('import', '--db', db, path)
    expect(code).toBe(1)
    expect(stderr).toContain(`${path}:3:16: error: '%1' defined with type 'i32' but expected 'i64'`)
    expect(rows('SELECT count(*) FROM harvest')).toEqual([[0]])
  })

  test('verifier errors too', async () => {
    const path = file(
      'unverifiable.ll',
      'define i32 @f(i1 %c) {\n  br i1 %c, label %a, label %b\na:\n  %x = add i32 1, 2\n  br label %b\nb:\n  ret i32 %x\n}\n',
    )
    const { code, stderr } = await xlab('import', '--db', db, path)
    expect(code).toBe(1)
    expect(stderr).toContain('does not dominate all uses')
  })

  test.each([
    ['empty', '', 'it is empty'],
    ['not UTF-8', Buffer.from('; caf\xe9\n', 'latin1'), 'it is not UTF-8 text'],
    ['binary', Buffer.from([0x42, 0x43, 0xc0, 0xde, 0]), 'it is binary, not text'],
    ['declarations only', 'declare i32 @f(i32)\n', 'it has no exported function'],
    ['truncated', TWICE.slice(0, 60), 'error: '],
  ])('%s: one clear message, and the rest is taken', async (name, content, message) => {
    const bad = file(`${name}.ll`, content)
    const good = file('good.ll', TWICE)
    expect(await xlab('import', '--db', db, bad)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message),
    })
    const both = await xlab('import', '--db', db, bad, good)
    expect(both).toMatchObject({ code: 3, stdout: expect.stringContaining('multiply_by_two') })
  })

  test('200 MB and no file at all', async () => {
    const large = file('large.ll', '')
    truncateSync(large, 200_000_000)
    expect(await xlab('import', '--db', db, large)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('191 MiB'),
    })
    expect(await xlab('import', '--db', db, join(dir, 'none.ll'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no file at'),
    })
  })
})
