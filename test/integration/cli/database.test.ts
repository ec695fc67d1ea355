/** A database that cannot be used: told which and why, with what to do, and left as it was. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../../src/store/open.ts'
import { xlab } from '../../xlab.ts'
import { copyOf, FOLDER, prepare } from './prepared.ts'

let db = ''
beforeAll(async () => {
  db = await prepare()
})
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

/** One command that reads, one that writes, and one that asks in a child process. */
const COMMANDS = [['kernels'], ['optimise'], ['query', 'SELECT 1']] as const

test.each([
  ['newer', 'was made by a newer xlab', 'update xlab'],
  ['other', 'is a database of something else', 'name another with --db'],
  ['letter', 'is not a database', 'name another with --db'],
  ['damaged', 'is damaged', 'restore a copy'],
])('%s: refused, and not a byte is changed', async (kind, message, hint) => {
  const path = copyOf(db)
  if (kind === 'newer') withSqlite(path, 'PRAGMA user_version = 999')
  else if (kind === 'letter') writeFileSync(path, 'Dear friend, this is a letter. '.repeat(200))
  else if (kind === 'damaged') writeFileSync(path, readFileSync(path).subarray(0, 50_000))
  else {
    rmSync(path)
    withSqlite(path, 'CREATE TABLE mine (a)')
  }
  const before = readFileSync(path)
  for (const command of COMMANDS) {
    const answer = await xlab(...command, '--db', path)
    expect(answer).toMatchObject({ code: 2, stdout: '' })
    expect(answer.stderr).toContain(`${path} ${message}`)
    expect(answer.stderr).toContain(hint)
  }
  expect(readFileSync(path).equals(before)).toBe(true)
})

function withSqlite(path: string, sql: string): void {
  const other = new Database(path)
  other.exec(sql)
  other.close()
}

test('a folder, and a place under a file', async () => {
  const folder = join(FOLDER, 'folder.db')
  mkdirSync(folder)
  expect(await xlab('kernels', '--db', folder)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`--db ${join(folder, 'xlab.db')}`),
  })
  const under = join(db, 'x.db')
  expect(await xlab('import', db, '--db', under)).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('cannot be opened'),
  })
})

test('one that another process holds: waited for, then told', async () => {
  const path = copyOf(db)
  const holder = new Database(path)
  holder.pragma('journal_mode = DELETE')
  holder.exec('BEGIN EXCLUSIVE')
  try {
    const answer = await xlab('kernels', '--db', path)
    expect(answer).toMatchObject({ code: 5, stdout: '' })
    expect(answer.stderr).toContain(`${path} is locked by another process`)
  } finally {
    holder.close()
  }
  expect(await xlab('kernels', '--db', path)).toMatchObject({ code: 0 })
})

test('an empty one: what to run first', async () => {
  const path = join(FOLDER, 'empty.db')
  openStore(path).close()
  for (const command of ['optimise', 'verify', 'bench', 'report'])
    expect(await xlab(command, '--db', path)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining("collect some with 'xlab harvest'"),
    })
})

test('two at once on one database both succeed, and do each piece of work once', async () => {
  const path = copyOf(db)
  const args = ['optimise', '--with', 'opt:O1,opt:O2,opt:O3,opt:Os', '--filter', 'name:reduce', '--db', path]
  const both = await Promise.all([xlab(...args), xlab(...args)])
  expect(both.map(({ code, stderr }) => [code, /error/.test(stderr)])).toEqual([
    [0, false],
    [0, false],
  ])
  const again = await xlab(...args)
  expect(again.stdout).not.toMatch(/^opt:O\S+ +native +[1-9]/m)
})

test('questions cannot write', async () => {
  for (const sql of [
    'DELETE FROM kernel',
    'WITH a AS (SELECT 1) DELETE FROM kernel',
    'PRAGMA user_version = 7',
  ])
    expect(await xlab('query', sql, '--db', db)).toMatchObject({ code: 2, stdout: '' })
  const wrong = await xlab('query', 'SELECT nam FROM kernel', '--db', db)
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean name') })
  expect((await xlab('kernels', '--db', db)).stdout.trim().split('\n').length).toBeGreaterThan(20)
})

test('a query that does not end is ended', async () => {
  const forever = 'WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a) SELECT count(*) FROM a'
  const limited = await xlab('query', forever, '--time-limit', '1', '--db', db)
  expect(limited).toMatchObject({ code: 2, stderr: expect.stringContaining('longer than 1 s') })
})

test('a full disk: told as such', () => {
  // Standard output stands for any disk: /dev/full refuses every byte.
  const main = join(import.meta.dirname, '../../../src/main.ts')
  const command = 'exec "$0" "$1" kernels --db "$2" >/dev/full'
  let failure: { status?: number; stderr?: string } = {}
  try {
    execFileSync('sh', ['-c', command, process.execPath, main, db], { encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    failure = error as typeof failure
  }
  expect(failure.status).toBe(5)
  expect(failure.stderr).toMatch(/^error: no space left on the disk/)
})

test('whoever stops reading early is no error', async () => {
  const main = join(import.meta.dirname, '../../../src/main.ts')
  const sql = 'SELECT a.* FROM kernel a, kernel b, kernel c'
  const child = spawn(process.execPath, [main, 'query', sql, '-o', 'csv', '--db', db])
  let errors = ''
  child.stderr.on('data', chunk => {
    errors += chunk
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const code = await new Promise(done => child.on('close', done))
  expect([code, errors]).toEqual([0, ''])
})
