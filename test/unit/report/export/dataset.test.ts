/** The dataset: a row a kernel and build, documented columns, relatives in one split, whole files or none. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sha256 } from '../../../../src/kernel/build.ts'
import { COLUMNS, MODULE_COLUMNS } from '../../../../src/report/export/columns.ts'
import { type DatasetFormat, writeDataset } from '../../../../src/report/export/dataset.ts'
import { DATASET_PAGE, datasetMarkdown } from '../../../../src/report/export/describe.ts'
import { splitOf } from '../../../../src/report/export/split.ts'
import { putBlob } from '../../../../src/store/blobs.ts'
import type { Store } from '../../../../src/store/open.ts'
import { insert } from '../../../../src/store/statements.ts'
import { fill, USUAL_BUILDS } from '../../store/filled.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'xlab-dataset-'))
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

const IR = 'define ptr @kernel(ptr %0) {\n  ret ptr null ; "quoted", and\n}\n'
const HLO =
  'HloModule m\n\nENTRY %main (p: f32[4]) -> f32[4] {\n  %fusion.0 = f32[4] fusion(%p), kind=kLoop\n}\n'

/** Two kernels with six builds each, and one without; the first with HLO. */
function filled(): Store {
  const { store } = fill({ count: 2 })
  const bare = sha256('bare')
  const facts = { rule: 1, name: 'bare', abi: 'scalar', reader: '22.1.8', lines: 3, functions: 1 }
  insert(store, 'kernel', { hash: bare, ir_hash: putBlob(store, IR), ir_instructions: 1, ...facts })
  insert(store, 'artifact', {
    module_id: 1,
    kind: 'hlo-after',
    file: 'a.txt',
    blob_hash: putBlob(store, HLO),
  })
  return store
}

const exported = async (store: Store, name: string) => {
  const format = name.split('.').at(-1) as DatasetFormat
  const request = { file: join(FOLDER, name), format, filter: undefined }
  return writeDataset(store, request, new AbortController().signal)
}
const lines = (name: string): Record<string, unknown>[] =>
  readFileSync(join(FOLDER, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)

test('a row for each kernel and build, and one for a kernel without builds', async () => {
  const written = await exported(filled(), 'a.jsonl')
  expect(written).toMatchObject({ kernels: 3, rows: 13, modules: 1 })
  const rows = lines('a.jsonl')
  expect(rows).toHaveLength(13)
  for (const row of rows) expect(Object.keys(row)).toEqual(COLUMNS.map(({ name }) => name))
  const bare = rows.filter(row => row.name === 'bare')
  expect(bare).toEqual([expect.objectContaining({ ir: IR, build: null, verdict: null, hlo: null })])
  const oz = rows.find(row => row.name === 'fusion.0' && `${row.proposers}` === 'opt:Oz')
  expect(oz).toMatchObject({
    ...{ code_bytes: 500, size_ratio: 0.5, verdict: 'agreed', build_state: 'ok' },
    ...{ hlo: '%fusion.0 = f32[4] fusion(%p), kind=kLoop\n', opcode: 'fusion', source_line: 12 },
    ...{ producer: 'tensorflow 2.21.0', producer_llvm: '23.0.0git', models: ['cnn'] },
  })
  expect(rows.filter(row => row.verdict === 'refuted')).toHaveLength(2)
  expect(rows.filter(row => row.build_state === 'broken')[0]?.build_reason).toBe('unknown pass name')
  expect(lines('a.modules.jsonl')).toEqual([{ hlo_module: oz?.hlo_module, models: ['cnn'], text: HLO }])
})

test('times stand with their interval and host', async () => {
  const { store, kernels, hostId, signatureHash } = fill()
  insert(store, 'estimate', {
    ...{ kernel_hash: kernels[0], signature_hash: signatureHash, host_id: hostId, rule: 1, samples: 40 },
    ...{ content_hash: sha256(`${kernels[0]} opt:Oz`), build_hash: sha256(`${kernels[0]} opt:Oz`) },
    ...{ time_ns: 200, deviation_ns: 1, ratio: 2, ratio_low: 1.9, ratio_high: 2.1, comparison: 'slower' },
  })
  await exported(store, 'times.jsonl')
  const timed = lines('times.jsonl').filter(row => row.time_ns !== null)
  expect(timed).toEqual([
    expect.objectContaining({
      ...{ proposers: ['opt:Oz'], time_ns: 200, time_ratio: 2, time_ratio_low: 1.9, time_ratio_high: 2.1 },
      ...{
        time_comparison: 'slower',
        time_host: 'local',
        measurements: [expect.objectContaining({ samples: 40 })],
      },
    }),
  ])
})

test('a model’s licence is what its file states; what it does not is not ours to say', async () => {
  const store = filled()
  const licences = async () => {
    await exported(store, 'b.jsonl')
    return new Set(lines('b.jsonl').map(row => row.model_licence))
  }
  expect(await licences()).toEqual(new Set(['unknown']))
  store.exec("UPDATE harvest SET licence = 'MIT' WHERE model = 'cnn'")
  expect(await licences()).toEqual(new Set(['MIT', 'unknown']))
  const own = lines('b.jsonl').filter(row => row.model_licence === 'MIT')
  expect(own).toHaveLength(12)
  expect(own[0]?.derived_from).toContain('emitted by XLA (Apache-2.0) in tensorflow 2.21.0')
})

test('CSV holds the same rows, line breaks and quotes included', async () => {
  const store = filled()
  await exported(store, 'c.csv')
  const text = readFileSync(join(FOLDER, 'c.csv'), 'utf8')
  expect(text.startsWith(`${COLUMNS.map(({ name }) => name).join(',')}\n`)).toBe(true)
  expect(text).toContain(`"${IR.replaceAll('"', '""')}"`)
  // RFC 4180: line breaks outside quotes end records.
  expect(
    text
      .replace(/"(?:[^"]|"")*"/g, '')
      .trimEnd()
      .split('\n'),
  ).toHaveLength(14)
  expect(readFileSync(join(FOLDER, 'c.modules.csv'), 'utf8')).toContain(Object.keys(MODULE_COLUMNS).join(','))
})

test('relatives are in one split, and about eight families in ten train', async () => {
  await exported(filled(), 'd.jsonl')
  const fusions = lines('d.jsonl').filter(row => row.name !== 'bare')
  expect(new Set(fusions.map(row => `${row.family} ${row.split}`)).size).toBe(1)
  const splits = Array.from({ length: 2000 }, (_, i) => splitOf(sha256(`family ${i}`)))
  const share = (name: string) => splits.filter(split => split === name).length / 2000
  expect(share('train')).toBeCloseTo(0.8, 1)
  expect(share('validation')).toBeCloseTo(0.1, 1)
  // No export may move a family: models trained before were tested on it.
  expect(splitOf('a family')).toBe('train')
})

test('interrupted, it leaves nothing behind, and what was there stays', async () => {
  const { store } = fill({ count: 5, builds: USUAL_BUILDS.slice(0, 1), measured: false })
  const request = { format: 'jsonl', filter: undefined } as const
  const file = join(FOLDER, 'cut.jsonl')
  await expect(writeDataset(store, { ...request, file }, AbortSignal.abort())).rejects.toThrow()
  expect(readdirSync(FOLDER).filter(name => name.startsWith('cut'))).toEqual([])
  const nowhere = join(FOLDER, 'a.jsonl', 'b.jsonl')
  await exported(store, 'a.jsonl')
  await expect(
    writeDataset(store, { ...request, file: nowhere }, new AbortController().signal),
  ).rejects.toMatchObject({ exitCode: 5, message: expect.stringContaining(nowhere) })
  expect(existsSync(join(FOLDER, 'a.jsonl'))).toBe(true)
})

test('docs/dataset.md is that of the declared columns (npm run schema)', () => {
  expect(readFileSync(DATASET_PAGE, 'utf8')).toBe(datasetMarkdown())
  expect(COLUMNS.filter(({ name, about }) => about === '' && !name.endsWith('_high'))).toEqual([])
  expect(new Set(COLUMNS.map(({ name }) => name)).size).toBe(COLUMNS.length)
})
