/** The views over a database filled by hand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { estimate } from '../../../../src/bench/estimate.ts'
import { measurableKernels, referenceOf } from '../../../../src/store/measurements/measurements.ts'
import { openStore, openStoreReadOnly } from '../../../../src/store/open.ts'
import { VIEWS } from '../../../../src/store/queries/views.ts'
import { addAnswers } from '../answered.ts'
import { type Filled, fill } from '../filled.ts'

let filled: Filled
beforeAll(() => {
  filled = fill({ count: 3 })
  for (const kernel of filled.kernels) estimate(filled.store, kernel, filled.signatureHash, filled.hostId)
  addAnswers(filled.store, filled.kernels[0] ?? '', [{ sample: 0, outcome: 'none' }])
})

const all = (sql: string, ...parameters: unknown[]) =>
  filled.store.prepare(sql).all(...parameters) as Record<string, unknown>[]

test('every view can be read and no foreign key is broken', () => {
  for (const { name } of VIEWS)
    expect(all(`SELECT count(*) AS n FROM ${name}`)[0]?.n, name).toBeGreaterThan(0)
  expect(all('PRAGMA foreign_key_check')).toEqual([])
})

describe('result', () => {
  const results = () =>
    all('SELECT * FROM result WHERE hash = ? ORDER BY proposal_id', filled.kernels[0] as string)

  test('has a row for each proposer, the broken and the refuted too', () => {
    expect(results().map(row => [row.proposer, row.build, row.verdict])).toEqual([
      ['xla', 'ok', 'agreed'],
      ['xla-ir', 'ok', 'agreed'],
      ['opt:O3', 'ok', 'agreed'],
      ['opt:Oz', 'ok', 'agreed'],
      ['passes:bad', 'ok', 'refuted'],
      ['passes:worse', 'broken', null],
    ])
  })

  test('holds ratios to XLA, below 1 is better, and what they allow to say', () => {
    const [xla, , o3, oz, bad, worse] = results()
    expect([xla?.size_ratio, xla?.ratio, xla?.comparison]).toEqual([1, 1, 'reference'])
    expect(o3?.size_ratio).toBeCloseTo(0.9)
    expect(o3?.ratio).toBeCloseTo(0.8, 2)
    expect(o3?.comparison).toBe('faster')
    expect([oz?.size_ratio, oz?.comparison]).toEqual([0.5, 'slower'])
    expect(oz?.ratio).toBeCloseTo(2, 2)
    expect([bad?.ratio, bad?.size_ratio]).toEqual([null, 0.4])
    expect([worse?.ratio, worse?.size_ratio, worse?.reason]).toEqual([null, null, 'unknown pass name'])
  })

  test('twins share one measurement', () => {
    const [, xlaIr, o3] = results()
    expect(xlaIr?.content_hash).toBe(o3?.content_hash)
    expect([xlaIr?.time_ns, xlaIr?.ratio]).toEqual([o3?.time_ns, o3?.ratio])
    expect(all('SELECT count(*) AS n FROM estimate')[0]?.n).toBe(3 * 3)
  })
})

test('module_kernel: calls × time, as shares of kernel time and wall time', () => {
  const rows = all('SELECT * FROM module_kernel')
  expect(rows).toHaveLength(3)
  for (const row of rows) expect(row).toMatchObject({ calls: 2, total_ns: 200, wall_pct: 20 })
  expect(rows.reduce((sum, row) => sum + Number(row.kernel_pct), 0)).toBeCloseTo(100)
})

test('module_time: a proposer beside XLA over the same kernels', () => {
  const oz = all("SELECT * FROM module_time WHERE proposer = 'opt:Oz'")
  expect(oz).toMatchObject([{ kernels: 3, measured: 3, xla_ns: 600, wall_ns: 1000 }])
  expect(oz[0]?.kernel_ns).toBeCloseTo(1200, -1)
  expect(all("SELECT * FROM module_time WHERE proposer = 'passes:bad'")).toMatchObject([
    { kernels: 3, measured: 0, kernel_ns: null },
  ])
})

test('libm_kernel: libm counts, memcpy and what XLA calls itself do not', () => {
  const marked = (own: readonly string[], xla: readonly string[]) =>
    fill({
      builds: [
        { proposer: 'xla', codeBytes: 8, needs: xla },
        { proposer: 'opt:O3', codeBytes: 8, needs: own },
      ],
    })
      .store.prepare('SELECT count(*) FROM libm_kernel')
      .pluck()
      .get()
  expect(marked(['tanhf'], [])).toBe(1)
  expect(marked(['memcpy', '__truncsfbf2'], [])).toBe(0)
  expect(marked(['tanhf'], ['tanhf'])).toBe(0)
})

test('failure: each thing that did not work, with its reason', () => {
  const rows = all('SELECT stage, detail, state, count(*) AS n FROM failure GROUP BY 1, 2, 3')
  expect(rows).toEqual([
    { stage: 'optimise', detail: 'passes:worse', state: 'broken', n: 3 },
    { stage: 'verify', detail: 'passes:bad', state: 'refuted', n: 3 },
  ])
})

test('the latest verdict is the one that counts', () => {
  const own = fill({ builds: [{ proposer: 'xla', codeBytes: 8, verdict: 'refuted' }] })
  own.store.exec(`INSERT INTO verdict (build_hash, signature_hash, host_id, verifier, semantics, state, trials,
    worst_ulps, seconds, judged_at) SELECT build_hash, signature_hash, host_id, '2', semantics, 'agreed', 1, 0, 1, judged_at FROM verdict`)
  expect(own.store.prepare('SELECT state FROM current_verdict').all()).toEqual([{ state: 'agreed' }])
})

describe('what is pending', () => {
  const target = { name: 'native', triple: 'x86_64-unknown-linux-gnu', cpu: 'znver3', features: '' }
  const host = { id: 1, name: 'local', target }
  const pending = (...of: Parameters<typeof measurableKernels>) =>
    measurableKernels(...of).filter(({ builds }) => builds.some(build => !build.measured))

  test('passing builds without an estimate, twins once, XLA first', () => {
    const { store } = fill({ measured: false })
    const [kernel] = pending(store, host)
    expect(kernel?.builds).toHaveLength(3)
    expect(referenceOf(kernel?.builds ?? [])).toBe(kernel?.builds[0])
    expect(pending(store, host, 'model:other')).toEqual([])
    expect(pending(store, { ...host, target: { ...target, triple: 'aarch64-unknown-linux-gnu' } })).toEqual(
      [],
    )
  })

  test('nothing once all are estimated, and again when a build is added', () => {
    const { store, kernels, signatureHash, hostId } = fill()
    estimate(store, kernels[0] as string, signatureHash, hostId)
    expect(pending(store, host)).toEqual([])
    store.exec(
      "UPDATE build SET content_hash = 'new' WHERE hash = (SELECT build_hash FROM proposal WHERE proposer = 'xla-ir')",
    )
    expect(pending(store, host)[0]?.builds.filter(build => !build.measured)).toHaveLength(1)
  })

  test('a build that was given up is not tried again, nor are its twins', () => {
    const { store, signatureHash } = fill({ measured: false })
    store.exec(`INSERT INTO attempt (stage, subject, detail, fault, reason, tries, at)
      SELECT 'bench', build_hash, '${signatureHash} local', 'subject', 'crashed', 1, '' FROM proposal WHERE proposer = 'opt:O3'`)
    expect(pending(store, host)[0]?.builds).toHaveLength(2)
  })
})

describe('views in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xlab-views-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('views of another version are made anew on opening, for reading too', () => {
    const path = join(folder, 'old.db')
    const store = openStore(path)
    store.exec('DROP VIEW result; CREATE VIEW result AS SELECT 1 AS one; CREATE VIEW gone AS SELECT 2 AS two')
    store.close()
    const again = openStoreReadOnly(path)
    expect(again.prepare('SELECT hash FROM result').all()).toEqual([])
    expect(() => again.prepare('SELECT * FROM gone')).toThrow('no such table')
    again.close()
  })
})
