/** From a recorded dump to a report, through the command line: what bench stores, and what it does not do twice. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Exit, run } from '../../../src/process/run.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const DUMP = join(ROOT, 'test/fixtures/dumps/tensorflow-2.21')
const folder = mkdtempSync(join(tmpdir(), 'xlab-flow-'))
const db = join(folder, 'x.db')

const xlab = (...args: string[]): Promise<Exit> =>
  run(process.execPath, [join(ROOT, 'src/main.ts'), ...args, '--db', db], { timeoutMs: 280_000 })
const codeOf = (exit: Exit): number => (exit.state === 'exited' ? exit.code : -1)
const bench = (...args: string[]): Promise<Exit> =>
  xlab('bench', '--links', '3', '--processes', '2', '--pairs', '4', '--precision', '90%', ...args)

function rows<T>(sql: string): T[] {
  const store = new Database(db, { readonly: true })
  try {
    return store.prepare(sql).all() as T[]
  } finally {
    store.close()
  }
}
const one = (sql: string): unknown => Object.values(rows<Record<string, unknown>>(sql)[0] ?? {})[0]

let measured: Exit
beforeAll(async () => {
  for (const args of [['harvest', '--from', DUMP], ['optimise'], ['verify']])
    expect(codeOf(await xlab(...args)), args.join(' ')).toBeLessThanOrEqual(3)
  measured = await bench('--no-confirm')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('bench', () => {
  test('prints a summary with every proposer', () => {
    expect(codeOf(measured), measured.stderr).toBe(0)
    for (const proposer of ['xla', 'xla-ir', 'opt:O3', 'opt:Oz'])
      expect(measured.stdout.toString()).toMatch(new RegExp(`^${proposer} `, 'm'))
  })

  test('stores each distinct passing build at every link, process and pair, and twins once', () => {
    // Beside busy neighbours further links follow, of what is not known to 90 % by then.
    const builds = rows<{ n: number }>(
      "SELECT count(*) AS n FROM measurement WHERE copy = 0 AND metric = 'time' AND link < 3 GROUP BY build_hash, signature_hash",
    )
    expect(new Set(builds.map(row => row.n))).toEqual(new Set([3 * 2 * 4]))
    const contents =
      one(`SELECT count(*) FROM (SELECT DISTINCT c.kernel_hash, c.signature_hash, b.content_hash
      FROM kernel_call c JOIN build b ON b.kernel_hash = c.kernel_hash JOIN current_verdict v
      ON v.build_hash = b.hash AND v.signature_hash = c.signature_hash WHERE v.state IN ('same', 'agreed', 'exhausted'))`)
    expect(builds).toHaveLength(contents as number)
    expect(one('SELECT count(*) FROM measurement WHERE value <= 0 OR batch < 1')).toBe(0)
    expect(one('SELECT count(DISTINCT binary_hash) FROM measurement')).toBeGreaterThanOrEqual(3)
  })

  test('keeps the state of the host before and after, and ends complete', () => {
    const [campaign] = rows<{ state: string; host_before: string; host_after: string }>(
      'SELECT * FROM campaign',
    )
    expect(campaign?.state).toBe('complete')
    for (const text of [campaign?.host_before, campaign?.host_after])
      expect(JSON.parse(text ?? '')).toHaveProperty('load1')
  })

  test('estimates follow from the samples, XLA being 1 by definition', () => {
    expect(
      one("SELECT count(*) FROM result WHERE proposer = 'xla' AND (ratio <> 1 OR comparison <> 'reference')"),
    ).toBe(0)
    expect(one('SELECT count(*) FROM estimate WHERE ratio_low > ratio OR ratio > ratio_high')).toBe(0)
    expect(one("SELECT count(*) FROM result WHERE comparison = 'twin' AND ratio <> 1")).toBe(0)
  })

  test('does nothing twice, and measures a new build beside XLA’s own alone', async () => {
    const before = one('SELECT count(*) FROM measurement')
    const again = await bench('--no-confirm')
    expect(again.stderr).toContain('nothing to measure')
    expect(one('SELECT count(*) FROM measurement')).toBe(before)

    expect(codeOf(await xlab('optimise', '--with', 'opt:O1'))).toBe(0)
    expect(codeOf(await xlab('verify'))).toBeLessThanOrEqual(3)
    await bench('--no-confirm')
    const builds = rows<{ n: number }>(
      'SELECT count(DISTINCT build_hash) AS n FROM measurement WHERE campaign_id = 2 GROUP BY signature_hash, (SELECT kernel_hash FROM build WHERE hash = build_hash)',
    )
    expect(builds.length).toBeGreaterThan(0)
    for (const { n } of builds) expect(n).toBe(2)
    expect(
      one(
        "SELECT count(*) FROM result WHERE proposer = 'opt:O1' AND signature_hash IS NOT NULL AND ratio IS NULL",
      ),
    ).toBe(0)
  })
})

test('a campaign that was killed counts as cut once the next one starts', async () => {
  const store = new Database(db)
  store.exec("UPDATE campaign SET state = 'running' WHERE id = 1; DELETE FROM estimate")
  store.close()
  const asked = await xlab('query', 'campaigns')
  expect(asked.stdout.toString()).toContain('running, or killed')
  await bench('--links', '1', '--no-confirm')
  expect(one('SELECT state FROM campaign WHERE id = 1')).toBe('cut')
})

describe('how sure it is', () => {
  test('the campaign holds A/A pairs, the layers of the jail and the clock', () => {
    const [campaign] = rows<Record<string, unknown>>('SELECT * FROM campaign')
    expect(campaign).toMatchObject({ purpose: 'report', delta: 0.01, clock: 'cpu' })
    expect(String(campaign?.jail)).toContain('seccomp')
    expect(campaign?.aa_pairs).toBe(one('SELECT count(*) FROM aa WHERE campaign_id = 1'))
    expect(Number(campaign?.aa_pairs)).toBeGreaterThanOrEqual(5)
    expect(Number(campaign?.resolution)).toBeGreaterThan(0)
    expect(one("SELECT count(*) FROM measurement WHERE metric = 'time-cold' AND value > 0")).toBeGreaterThan(
      0,
    )
    const linked = one(
      `SELECT count(*) FROM reading r JOIN build b ON b.hash = r.build_hash WHERE metric = 'linked' AND value >= b.code_bytes`,
    )
    expect(linked).toBe(one("SELECT count(*) FROM reading WHERE metric = 'linked'"))
    expect(Number(linked)).toBeGreaterThan(10)
  })

  test('a dry run says what would run and changes nothing', async () => {
    const before = one('SELECT count(*) FROM campaign')
    const dry = await xlab('bench', '--dry-run')
    expect([codeOf(dry), dry.stdout.toString()]).toEqual([0, expect.stringMatching(/^local +\d+ +\d+/m)])
    expect(one('SELECT count(*) FROM campaign')).toBe(before)
  })

  test('what came out best is confirmed by a campaign of its own, once', async () => {
    expect(codeOf(await bench('--confirm'))).toBe(0)
    const chosen = one("SELECT count(*) FROM chosen WHERE comparison = 'faster'")
    expect(one("SELECT count(*) FROM chosen WHERE comparison = 'faster' AND confirmed IS NOT NULL")).toBe(
      chosen,
    )
    expect((await bench('--confirm')).stderr).toContain('nothing to measure')
  })

  test('it measures on, with new placements, while there is time', async () => {
    const kernel = String(one('SELECT kernel_hash FROM estimate WHERE p IS NOT NULL ORDER BY 1 LIMIT 1'))
    const store = new Database(db)
    store.prepare('DELETE FROM estimate WHERE kernel_hash = ?').run(kernel)
    store.close()
    const aim = ['--precision', '0.01%', '--budget', '20s', '--filter', kernel]
    const more = await bench(...aim, '--no-confirm')
    expect(more.stderr).toContain('measuring on')
    const links = one(
      'SELECT count(DISTINCT link) FROM measurement WHERE campaign_id = (SELECT max(id) FROM campaign)',
    )
    expect(Number(links)).toBeGreaterThan(3)
  })

  test('what is known less exactly than asked is measured on by the same command, with placements not yet seen', async () => {
    const kernel = String(one('SELECT kernel_hash FROM estimate WHERE p IS NOT NULL ORDER BY 1 LIMIT 1'))
    const width = `(SELECT max(ln(ratio_high / ratio_low)) FROM estimate WHERE kernel_hash = '${kernel}' AND p IS NOT NULL)`
    const [last, before] = [one('SELECT max(id) FROM campaign'), Number(one(`SELECT ${width}`))]
    const more = await bench('--precision', '0.01%', '--budget', '5s', '--filter', kernel, '--no-confirm')
    expect(more.stderr).toContain('measures on')
    expect(one('SELECT max(id) FROM campaign')).toBe(Number(last) + 1)
    expect(one('SELECT count(*) - count(DISTINCT seed) FROM campaign')).toBe(0)
    const measured = `SELECT count(*) FROM measurement WHERE campaign_id = ${Number(last) + 1}`
    expect(Number(one(measured))).toBeGreaterThan(0)
    expect(Number(one(`SELECT ${width}`))).not.toBe(before)
    expect((await bench('--filter', kernel, '--no-confirm')).stderr).toContain('nothing to measure')
  })

  test.each([
    ['--precision', '0', 'percentage'],
    ['--budget', 'soon', 'time such as'],
  ])('%s %s is a usage error', async (option, value, message) => {
    const exit = await xlab('bench', option, value)
    expect([codeOf(exit), exit.stderr]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('asking afterwards', () => {
  test('SQL runs in a child, and its mistakes are usage errors', async () => {
    const answer = await xlab('query', 'SELECT count(*) AS n FROM kernel', '-o', 'jsonl')
    expect(JSON.parse(answer.stdout.toString())).toEqual({ n: one('SELECT count(*) FROM kernel') })
    const wrong = await xlab('query', 'SELECT nmae FROM kernel')
    expect([codeOf(wrong), wrong.stderr]).toEqual([2, expect.stringContaining('did you mean')])
    expect(codeOf(await xlab('query', 'DELETE FROM kernel'))).toBe(2)
  })

  test('a query that never ends is stopped', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n'
    const exit = await xlab('query', endless, '--time-limit', '1')
    expect([codeOf(exit), exit.stderr]).toEqual([2, expect.stringContaining('longer than 1 s')])
    expect(exit.seconds).toBeLessThan(8)
  })

  test('show writes the best build out as IR, assembly and object', async () => {
    const kernel = String(one('SELECT hash FROM kernel ORDER BY hash LIMIT 1'))
    const emit = async (...args: string[]) => (await xlab('show', kernel, ...args)).stdout
    expect((await emit('--by', 'opt:O3', '--emit', 'll')).toString()).toMatch(/^define .*@kernel/m)
    expect((await emit('--by', 'best', '--emit', 's')).toString()).toContain('ret')
    expect((await emit('--by', 'opt:Oz', '--emit', 'o')).subarray(1, 4).toString()).toBe('ELF')
    const xla = await xlab('show', kernel, '--by', 'xla', '--emit', 'll')
    expect(xla.stderr).toContain("XLA's optimised IR")
    expect(JSON.parse((await emit('--json')).toString())).toMatchObject({ hash: kernel })
  })

  test('the report is written, and as nothing unknown', async () => {
    const path = join(folder, 'deep/report.md')
    expect(codeOf(await xlab('report', '-o', path))).toBe(0)
    expect(readFileSync(path, 'utf8')).toContain('**Answer.**')
    expect(codeOf(await xlab('report', '-o', join(folder, 'report.pdf')))).toBe(2)
  })
})
