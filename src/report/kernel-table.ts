/** Every kernel as one line: XLA's time and size, and each other proposer's as ratios to them. */
import type { Store } from '../store/open.ts'
import { type Column, formatRows, type Row } from './format.ts'

/** What a page shows of a row of the view `result`. */
export interface Result {
  readonly hash: string
  readonly signature_hash: string | null
  readonly name: string
  readonly proposer: string
  readonly target: string
  readonly host: string | null
  readonly build: string
  readonly verdict: string | null
  readonly code_bytes: number | null
  readonly size_ratio: number | null
  readonly time_ns: number | null
  readonly ratio: number | null
  readonly ratio_low: number | null
  readonly ratio_high: number | null
  readonly comparison: string | null
  readonly content_hash: string | null
}

/** A Markdown table of all kernels, XLA's slowest first. */
export function kernelTable(store: Store): string {
  const rows = store
    .prepare('SELECT * FROM result ORDER BY proposer <> ?, proposer, proposal_id')
    .all('xla') as Result[]
  const models = new Map(
    store.prepare('SELECT hash, models FROM kernel_origin').raw().all() as [string, string | null][],
  )
  const shares = new Map(
    store
      .prepare(
        `SELECT hash || ' ' || signature_hash, max(kernel_pct) FROM module_kernel WHERE kernel_pct IS NOT NULL GROUP BY 1`,
      )
      .raw()
      .all() as [string, number][],
  )
  const columnOf = columnNames(rows)
  const lines = new Map<string, Record<string, unknown> & { xla_ns: number }>()
  for (const row of rows) {
    const key = `${row.hash} ${row.signature_hash}`
    const line = lines.get(key) ?? {
      hash: row.hash,
      name: row.name,
      model: models.get(row.hash),
      share: shares.get(key),
      xla_ns: 0,
    }
    lines.set(key, line)
    if (row.proposer === 'xla') {
      line.xla_ns ||= row.time_ns ?? 0
      line.xla_bytes ??= row.code_bytes
    } else {
      line[`${columnOf(row)} time`] ??= timeCell(row)
      line[`${columnOf(row)} size`] ??= row.size_ratio?.toFixed(2) ?? ''
    }
  }
  const others = [...new Set(rows.filter(row => row.proposer !== 'xla').map(columnOf))]
  const columns: Column[] = [
    ...['hash', 'name', 'model'].map(name => ({ name })),
    { name: 'share', title: '% of kernel time', digits: 1 },
    { name: 'xla_ns', title: 'xla, ns', digits: 1 },
    { name: 'xla_bytes', title: 'xla, code bytes' },
    ...others.flatMap(name => [{ name: `${name} time` }, { name: `${name} size` }]),
  ]
  if (lines.size === 0) return 'None.'
  const sorted: Row[] = [...lines.values()].sort((a, b) => b.xla_ns - a.xla_ns)
  return formatRows(
    sorted.map(line => ({ ...line, xla_ns: line.xla_ns === 0 ? null : line.xla_ns })),
    columns,
    'md',
  )
}

/** A proposer's column; target and host are named where there are several. */
function columnNames(rows: readonly Result[]): (row: Result) => string {
  const targets = new Set(rows.map(row => row.target)).size > 1
  return row => (targets ? `${row.proposer} ${row.target}` : row.proposer)
}

function timeCell(row: Result): string {
  if (row.build !== 'ok') return 'did not build'
  if (row.ratio === null)
    return row.time_ns === null ? (row.verdict ?? 'not judged') : `${row.time_ns.toFixed(1)} ns`
  if (row.comparison === 'twin' || row.ratio_low === null || row.ratio_high === null) return '1 (twin)'
  return `${row.ratio.toFixed(2)} (${row.ratio_low.toFixed(2)}–${row.ratio_high.toFixed(2)}) ${row.comparison}`
}
