/** Ctrl-C as a terminal sends it, to everything in the foreground: exit 130, nothing left running, nothing lost. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStoreReadOnly } from '../../../src/store/open.ts'
import { xlab, xlabArgs } from '../../xlab.ts'
import { copyOf, FOLDER, prepare } from './prepared.ts'

let db = ''
beforeAll(async () => {
  db = await prepare()
})
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

/** Every process that has `mark` in its environment or command line, but for its own. */
function running(mark: string): string[] {
  return readdirSync('/proc')
    .filter(pid => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap(pid => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return (words + readFileSync(`/proc/${pid}/environ`, 'utf8')).includes(mark)
          ? [words.replaceAll('\0', ' ')]
          : []
      } catch {
        return []
      }
    })
}

const start = (mark: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, xlabArgs(...args), {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, XLAB_TEST_MARK: mark },
  })

/** Runs a command and interrupts it after `ms`; gives its exit code, or signal, and what it said. */
async function interrupted(
  args: readonly string[],
  ms: number,
  signal: 'SIGINT' | 'SIGKILL' = 'SIGINT',
): Promise<{ end: number | string; stderr: string; left: string[] }> {
  const mark = `mark-${process.pid}-${performance.now()}`
  const child = start(mark, args)
  let stderr = ''
  child.stderr?.on('data', chunk => {
    stderr += chunk
  })
  const closed = new Promise<number | string>(done =>
    child.on('close', (code, by) => done(code ?? by ?? 'lost')),
  )
  await Promise.race([setTimeout(ms), closed])
  // A terminal signals the group; whoever kills -9, one process.
  if (child.exitCode === null && child.pid !== undefined)
    process.kill(signal === 'SIGINT' ? -child.pid : child.pid, signal)
  const end = await closed
  let left = running(mark)
  for (let i = 0; i < 20 && left.length > 0; i++) {
    await setTimeout(100)
    left = running(mark)
  }
  return { end, stderr, left }
}

const rows = (path: string, sql: string): unknown[] => {
  const store = openStoreReadOnly(path)
  try {
    return store.prepare(sql).raw().all()
  } finally {
    store.close()
  }
}

test('optimise and verify, cut again and again, end with what an undisturbed run has', async () => {
  const [calm, cut] = [copyOf(db), copyOf(db)]
  const optimise = ['optimise', '--with', 'xla,opt:O3,opt:Oz', '--filter', 'op:fusion']
  const verify = ['verify', '--filter', 'op:fusion']
  for (const command of [optimise, verify]) {
    expect(await xlab(...command, '--db', calm)).toMatchObject({ code: 0 })
    let cuts = 0
    for (const ms of [350, 500, 650, 800, 950, 1100]) {
      const signal = ms === 800 ? 'SIGKILL' : 'SIGINT'
      const { end, stderr, left } = await interrupted([...command, '--db', cut], ms, signal)
      expect(left).toEqual([])
      if (end === 0) break
      cuts++
      // Before Node listens, the signal itself ends it; a shell calls that 130 too.
      expect(signal === 'SIGKILL' ? ['SIGKILL'] : [130, 'SIGINT']).toContain(end)
      if (end === 130) expect(stderr).toContain('the same command continues from there')
      expect(stderr).not.toMatch(/error|bug/)
    }
    expect(cuts).toBeGreaterThan(0)
    expect(await xlab(...command, '--db', cut)).toMatchObject({ code: 0 })
  }
  for (const sql of [
    'SELECT hash, state, reason, content_hash FROM build ORDER BY hash',
    'SELECT proposer, kernel_hash, build_hash FROM proposal ORDER BY proposer, kernel_hash, build_hash',
    'SELECT build_hash, state, trials, worst_ulps FROM verdict ORDER BY build_hash',
  ]) {
    expect(rows(cut, sql)).toEqual(rows(calm, sql))
    expect(rows(calm, sql).length).toBeGreaterThan(20)
  }
  expect(rows(cut, 'SELECT * FROM attempt')).toEqual([])
  expect(rows(cut, 'PRAGMA integrity_check')).toEqual([['ok']])
})

test('bench, cut, goes on with what is missing', async () => {
  const path = copyOf(db)
  expect(await xlab('verify', '--db', path)).toMatchObject({ code: 0 })
  const bench = ['bench', '--links', '2', '--processes', '1', '--pairs', '2', '--db', path]
  const { end, left } = await interrupted(bench, 1200)
  expect(left).toEqual([])
  expect([0, 130]).toContain(end)
  expect(await xlab(...bench)).toMatchObject({ code: 0 })
  const missing = `SELECT build_hash FROM verdict WHERE state IN ('same', 'agreed', 'exhausted')
    EXCEPT SELECT build_hash FROM measurement`
  expect(rows(path, missing)).toEqual([])
  expect(rows(path, "SELECT count(*) FROM campaign WHERE state = 'running'")).toEqual([[0]])
})

test('a query stops at Ctrl-C', async () => {
  const forever = 'WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a) SELECT count(*) FROM a'
  const { end, left } = await interrupted(['query', forever, '--db', db], 1500)
  expect({ end, left }).toEqual({ end: 130, left: [] })
})
