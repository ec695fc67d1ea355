/** Writes the dataset: a row for each kernel and build, streamed, whole or not at all. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { environmentError } from '../../errors.ts'
import { progress } from '../../log.ts'
import { getText } from '../../store/blobs.ts'
import { kernelFilter } from '../../store/kernels/kernel-filter.ts'
import type { Store } from '../../store/open.ts'
import { formatRows, type Row } from '../format.ts'
import { hloReader } from '../html/story/hlo.ts'
import { COLUMNS, MODULE_COLUMNS } from './columns.ts'
import { subjectOf } from './subject.ts'

export const DATASET_FORMATS = ['jsonl', 'csv'] as const
export type DatasetFormat = (typeof DATASET_FORMATS)[number]

export interface DatasetRequest {
  /** Absolute path. The modules' texts go beside it: `NAME.modules.FORMAT`. */
  readonly file: string
  readonly format: DatasetFormat
  readonly filter: string | undefined
}

export interface Written {
  readonly kernels: number
  readonly rows: number
  readonly modules: number
  readonly bytes: number
  readonly modulesFile: string
}

/** Throws an environment error when a file cannot be written; nothing is left behind then. */
export async function writeDataset(
  store: Store,
  request: DatasetRequest,
  signal: AbortSignal,
): Promise<Written> {
  const { where, parameters } = kernelFilter(request.filter)
  const kernels = store
    .prepare(`SELECT hash FROM kernel WHERE ${where} ORDER BY hash`)
    .pluck()
    .all(...parameters) as string[]
  const modulesFile = modulesBeside(request.file)
  const columns = COLUMNS.map(({ name }) => name)
  const main = openFile(request.file, columns, request.format)
  const beside = openFile(modulesFile, Object.keys(MODULE_COLUMNS), request.format)
  const bar = progress('exporting kernels', kernels.length)
  const modules = new Set<string>()
  const hlo = hloReader(store)
  let rows = 0
  try {
    for (const hash of kernels) {
      const { subject, builds } = subjectOf(store, hash, hlo)
      const made = (builds.length > 0 ? builds : [undefined]).map(
        (build): Row => Object.fromEntries(COLUMNS.map(({ name, read }) => [name, read(subject, build)])),
      )
      main.write(made)
      rows += made.length
      const module = subject.harvest?.hloModule
      if (module != null && !modules.has(module)) {
        modules.add(module)
        beside.write([moduleRow(store, module)])
      }
      bar.step()
      // Lets Ctrl-C in.
      await setImmediate()
      signal.throwIfAborted()
    }
    const bytes = main.finish() + beside.finish()
    return { kernels: kernels.length, rows, modules: modules.size, bytes, modulesFile }
  } finally {
    bar.done()
    main.drop()
    beside.drop()
  }
}

const modulesBeside = (file: string): string => {
  const ending = extname(file)
  return `${file.slice(0, file.length - ending.length)}.modules${ending}`
}

const moduleRow = (store: Store, hash: string): Row => ({
  hlo_module: hash,
  models: store
    .prepare(
      `SELECT DISTINCT h.model FROM artifact a JOIN module m ON m.id = a.module_id
       JOIN harvest h ON h.id = m.harvest_id WHERE a.blob_hash = ? ORDER BY 1`,
    )
    .pluck()
    .all(hash),
  text: getText(store, hash),
})

/** A file that appears under its name when it is whole. */
function openFile(path: string, columns: readonly string[], format: DatasetFormat) {
  const part = `${path}.part`
  let file: number | undefined
  let bytes = 0
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw environmentError(
        `cannot write ${path}: ${(error as Error).message}`,
        'free some room, or name another file with -o',
      )
    }
  }
  const put = (text: string): void => {
    const buffer = Buffer.from(text)
    for (let at = 0; at < buffer.length; ) at += writeSync(file ?? -1, buffer, at)
    bytes += buffer.length
  }
  guarded(() => {
    mkdirSync(dirname(path), { recursive: true })
    file = openSync(part, 'w')
    if (format === 'csv') put(formatRows([], columns, 'csv'))
  })
  return {
    write: (rows: readonly Row[]): void => guarded(() => put(rowsText(rows, columns, format))),
    /** Bytes written. */
    finish: (): number =>
      guarded(() => {
        fsyncSync(file ?? -1)
        renameSync(part, path)
        return bytes
      }),
    drop: (): void => {
      if (file !== undefined) closeSync(file)
      file = undefined
      rmSync(part, { force: true })
    },
  }
}

/** Rows without a header. */
function rowsText(rows: readonly Row[], columns: readonly string[], format: DatasetFormat): string {
  const whole = formatRows(rows, columns, format)
  return format === 'csv' ? whole.slice(whole.indexOf('\n') + 1) : whole
}
