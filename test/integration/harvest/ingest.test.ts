/** Recorded dumps of every producer into a database, with the real reader. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type IngestSummary, ingest, nothingFound } from '../../../src/harvest/ingest.ts'
import { openReader, type Reader } from '../../../src/llvm/reading/reader.ts'
import { ensureToolchain } from '../../../src/llvm/toolchain.ts'
import { getText } from '../../../src/store/blobs.ts'
import {
  endDeadHarvests,
  endHarvest,
  resumeHarvest,
  startHarvest,
} from '../../../src/store/kernels/harvests.ts'
import { openStore, type Store } from '../../../src/store/open.ts'
import { DUMPS, READABLE } from '../../dumps.ts'

let reader: Reader
let store: Store
let dir: string
beforeAll(async () => {
  reader = await openReader(await ensureToolchain())
})
afterAll(() => reader.close())
beforeEach(() => {
  store = openStore(':memory:')
  dir = mkdtempSync(join(tmpdir(), 'xlab-ingest-'))
})
afterEach(() => {
  store.close()
  rmSync(dir, { recursive: true, force: true })
})

const begin = (model = 'dump'): number => startHarvest(store, { model, source: 'dump', xlaFlags: '' })
const take = (from: string, id = begin()): Promise<IngestSummary> =>
  ingest(from, id, { store, reader, signal: new AbortController().signal })
const rows = (sql: string, ...parameters: unknown[]): unknown[] =>
  store
    .prepare(sql)
    .raw()
    .all(...parameters)

const EXPECTED = {
  'tensorflow-2.21': { modules: 2, kernels: 30, runnable: 29 },
  'tensorflow-2.18': { modules: 2, kernels: 32, runnable: 31 },
  'tensorflow-2.16': { modules: 2, kernels: 2, runnable: 0 },
  'jax-0.10': { modules: 3, kernels: 18, runnable: 17 },
}

test.each(READABLE)('%s: every kernel stored, every file accounted for', async producer => {
  const expected = EXPECTED[producer]
  const from = join(DUMPS, producer)
  const summary = await take(from)
  expect(summary).toMatchObject({ ...expected, unparsed: [] })
  expect(summary.opsWithIr).toBeGreaterThan(0)
  expect(summary.ops).toBeGreaterThan(summary.opsWithIr)
  const kept = new Set([
    ...rows('SELECT file FROM artifact').flat(),
    ...rows('SELECT file FROM sighting').flat(),
  ])
  const left = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(from.length + 1))
    // What XLA made of a kernel is in its sighting, under no name of its own.
    .filter(file => !kept.has(file) && !/\.ir-with-opt\.|\.o$/.test(file))
  expect(left).toEqual([])
  expect(rows('SELECT count(*) FROM sighting WHERE xla_ir_hash IS NULL')).toEqual([[0]])
  const again = await take(from)
  expect(again).toMatchObject({ ...expected, new: 0, unparsed: [] })
})

test('a sighting knows its HLO, its source line, and what XLA made of it', async () => {
  await take(join(DUMPS, 'tensorflow-2.21'))
  const [row] = store
    .prepare(
      `SELECT s.*, k.abi, g.arguments FROM sighting s JOIN kernel k ON k.hash = s.kernel_hash
       JOIN signature g ON g.hash = s.signature_hash WHERE s.name = 'wrapped_scatter'`,
    )
    .all() as Record<string, unknown>[]
  expect(row).toMatchObject({
    instruction: 'wrapped_scatter',
    opcode: 'fusion',
    emitter: 'cpu_scatter_fusion',
    abi: 'call-frame',
    arguments: 4,
    calls: 1,
  })
  expect(row?.source_file).toMatch(/\.py$/)
  expect(getText(store, String(row?.xla_ir_hash))).toContain('define noalias noundef ptr @kernel(')
  expect(
    store.prepare('SELECT bytes FROM blob WHERE hash = ?').pluck().get(row?.xla_object_hash),
  ).toBeGreaterThan(500)
  const texts = store
    .prepare("SELECT blob_hash FROM artifact WHERE kind = 'hlo-after'")
    .pluck()
    .all() as string[]
  expect(texts.map(hash => getText(store, hash).slice(0, 9))).toEqual(['HloModule', 'HloModule'])
})

test('an object of many kernels is no kernel’s own', async () => {
  await take(join(DUMPS, 'tensorflow-2.18'))
  expect(rows('SELECT count(*), count(xla_object_hash) FROM sighting')).toEqual([[32, 0]])
  expect(rows("SELECT count(*) FROM artifact WHERE kind = 'object'")).toEqual([[2]])
})

test('one kernel seen twice in a module, under two names', async () => {
  cpSync(join(DUMPS, 'tensorflow-2.21'), dir, { recursive: true })
  const name = readdirSync(dir).find(file => file.endsWith('wrapped_scatter.ir-no-opt.ll')) ?? ''
  const text = readFileSync(join(dir, name), 'utf8')
  writeFileSync(join(dir, name.replace('wrapped_', 'another_')), text.replaceAll('wrapped_', 'another_'))
  expect(await take(dir)).toMatchObject({ kernels: 31, runnable: 29, unparsed: [] })
  const sightings = rows(
    "SELECT kernel_hash, name, unrunnable FROM sighting WHERE name LIKE '%_scatter' ORDER BY name",
  ) as string[][]
  expect(sightings.map(([, seen, why]) => [seen, why])).toEqual([
    ['another_scatter', 'no HLO instruction is called another_scatter'],
    ['wrapped_scatter', null],
  ])
  expect(new Set(sightings.map(([hash]) => hash)).size).toBe(1)
})

test('what cannot be read is listed with its reason, and the rest is stored', async () => {
  cpSync(join(DUMPS, 'tensorflow-2.21'), dir, { recursive: true })
  const stem =
    readdirSync(dir)
      .find(name => name.endsWith('wrapped_scatter.ir-no-opt.ll'))
      ?.replace('wrapped_scatter.ir-no-opt.ll', '') ?? ''
  const file = (kernel: string): string => join(dir, `${stem}${kernel}.ir-no-opt.ll`)
  truncateSync(file('wrapped_scatter'), 900)
  writeFileSync(file('empty'), '')
  writeFileSync(file('binary'), Buffer.from([0x42, 0x43, 0xc0, 0xde, 0, 0]))
  writeFileSync(file('latin'), Buffer.from('; caf\xe9\n', 'latin1'))
  writeFileSync(file('wrong'), 'define i32 @wrong() {\n  %x = add i32 %x, %nothing\n  ret i32 %x\n}\n')
  writeFileSync(file('large'), '')
  truncateSync(file('large'), 200 << 20)
  symlinkSync('/etc/passwd', file('link'))
  writeFileSync(join(dir, 'notes.txt'), 'mine')
  const { unparsed, kernels, runnable } = await take(dir)
  expect({ kernels, runnable }).toEqual({ kernels: 29, runnable: 28 })
  const reasons = Object.fromEntries(
    unparsed.map(one => [one.file.replace(stem, '').replace('.ir-no-opt.ll', ''), one.reason]),
  )
  expect(reasons).toEqual({
    wrapped_scatter: expect.stringContaining('cut short'),
    empty: 'it is empty',
    binary: 'it is binary, not text',
    latin: 'it is not UTF-8 text',
    wrong: expect.stringMatching(/^wrong: .*2:\d+: error: .*%(?:x|nothing)/s),
    large: expect.stringContaining('200 MiB'),
    link: 'a symbolic link, which is not followed',
    'notes.txt': expect.any(String),
  })
  expect(rows('SELECT count(*) FROM unparsed')).toEqual([[unparsed.length]])
})

test('a dump that gives nothing says so', async () => {
  expect(nothingFound(await take(dir))).toContain('empty')
  writeFileSync(join(dir, 'module_0001.f.1.k.ir-no-opt.ll'), 'not IR')
  expect(nothingFound(await take(dir))).toMatch(/no kernel .* 1 files.*not LLVM IR/)
  mkdirSync(join(dir, 'deep'))
  cpSync(join(DUMPS, 'tensorflow-2.16'), join(dir, 'deep'), { recursive: true })
  expect(nothingFound(await take(dir))).toBeUndefined()
})

test('an interrupted ingest goes on with whole modules', async () => {
  const from = join(DUMPS, 'tensorflow-2.18')
  const id = begin(from)
  const abort = new AbortController()
  const onModule = (): void => abort.abort(new Error('interrupted'))
  await expect(ingest(from, id, { store, reader, signal: abort.signal, onModule })).rejects.toThrow(
    'interrupted',
  )
  const modules = rows('SELECT count(*) FROM module').flat()[0] as number
  expect(modules).toBeGreaterThan(0)
  expect(
    rows('SELECT count(*) FROM module m WHERE NOT EXISTS (SELECT 1 FROM sighting WHERE module_id = m.id)'),
  ).toEqual([[0]])
  // The process that began it is gone: this one has its number, as after a restart.
  expect(endDeadHarvests(store)).toBe(1)
  expect(resumeHarvest(store, from)).toBe(id)
  const summary = await take(from, id)
  endHarvest(store, id, { state: 'complete' })
  expect(summary).toMatchObject({ modules: 2, kernels: 32 })
  expect(rows('SELECT state, reason FROM harvest')).toEqual([['complete', null]])
})
