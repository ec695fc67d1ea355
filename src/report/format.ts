/** Rows to text, in every format a query can print. */
import { unknownName } from '../errors.ts'
import { paint, paintCell } from './terminal/colour.ts'
import { page } from './terminal/pager.ts'
import { withBar, wrapped } from './terminal/table.ts'
import { neutral, oneLine, truncate, width } from './text-width.ts'

export const FORMATS = ['table', 'md', 'csv', 'json', 'jsonl'] as const
export type Format = (typeof FORMATS)[number]

export type Row = Readonly<Record<string, unknown>>

export interface Column {
  /** Key in the row; in csv and JSON also the header. Units belong into it: `time_ns`, `code_bytes`. */
  readonly name: string
  /** Header in table and md, when the name does not do. */
  readonly title?: string
  /** Decimals in table and md; csv and JSON always get the whole number. */
  readonly digits?: number
}

export interface FormatOptions {
  /** Columns of the terminal; tables are cut to it. Without it nothing is cut. */
  readonly width?: number
  /** Applied to a table's header line. */
  readonly emphasise?: (text: string) => string
  /** Applied to a table's cells, which it must leave as wide as they are. */
  readonly decorate?: (cell: string) => string
}

/** The format a user typed with -o; unknown words are a usage error that names the nearest. */
export function parseFormat(typed: unknown, fallback: Format = 'table'): Format {
  if (typed === undefined) return fallback
  const format = FORMATS.find(name => name === typed)
  if (!format) throw unknownName('format', String(typed), FORMATS)
  return format
}

/** Columns from the keys of the first row, for rows of unknown shape. */
export const columnsOf = (rows: readonly Row[]): Column[] =>
  Object.keys(rows[0] ?? {}).map(name => ({ name }))

/** The rows as text in which every line ends with a newline. */
export function formatRows(
  rows: readonly Row[],
  columns: readonly (Column | string)[],
  format: Format,
  options: FormatOptions = {},
): string {
  const all = columns.map(column => (typeof column === 'string' ? { name: column } : column))
  return FORMATTERS[format](rows, all, options)
}

/** Prints the rows to standard output; tables fit the terminal when it is one, and long ones go through its pager. */
export function printTable(
  rows: readonly Row[],
  columns: readonly (Column | string)[],
  format: Format = 'table',
): void {
  const out = process.stdout
  const terminal: FormatOptions = out.isTTY
    ? { width: out.columns ?? 80, emphasise: text => paint('bold', text), decorate: paintCell }
    : {}
  page(formatRows(rows, columns, format, terminal))
}

type Formatter = (rows: readonly Row[], columns: readonly Column[], options: FormatOptions) => string

const FORMATTERS: Readonly<Record<Format, Formatter>> = {
  table: formatTable,
  md: formatMarkdown,
  csv: (rows, columns) =>
    [columns.map(c => csvField(c.name)), ...rows.map(row => columns.map(c => csvField(row[c.name])))]
      .map(fields => `${fields.join(',')}\n`)
      .join(''),
  json: (rows, columns) =>
    rows.length === 0 ? '[]\n' : `[\n${rows.map(row => `  ${json(row, columns)}`).join(',\n')}\n]\n`,
  jsonl: (rows, columns) => rows.map(row => `${json(row, columns)}\n`).join(''),
}

/** `value` as it can stand in Markdown text or a table cell: nothing in it is markup. */
export function escapeMarkdown(value: string): string {
  return oneLine(value)
    .replace(/[\\`*[\]|~$]/g, String.raw`\$&`)
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, String.raw`\_`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

/** Quoted as RFC 4180 has it; lines end as Unix tools expect. */
function csvField(value: unknown): string {
  const text = neutral(plain(value))
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function json(row: Row, columns: readonly Column[]): string {
  const picked = Object.fromEntries(columns.map(c => [c.name, jsonValue(row[c.name])]))
  // JSON leaves C1 control characters and DEL as they are; a terminal would obey them.
  return JSON.stringify(picked).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function jsonValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return plain(value)
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return value ?? null
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const HASH = /^[0-9a-f]{64}$/

/** What a person sees of a value: hashes by their first twelve digits, numbers with the column's decimals. */
function shown(value: unknown, digits: number): string {
  if (typeof value === 'number' && Number.isFinite(value)) return value.toFixed(digits)
  const text = plain(value)
  return text.length === 64 && HASH.test(text) ? text.slice(0, 12) : oneLine(text)
}

const isNumber = (value: unknown): boolean => typeof value === 'number' || typeof value === 'bigint'

/** Decimals that show about four significant digits of the column's typical value; none for whole numbers. */
function decimals(values: readonly unknown[]): number {
  const numbers = values.filter((v): v is number => typeof v === 'number' && Number.isFinite(v))
  if (numbers.every(Number.isInteger)) return 0
  const sizes = numbers.map(Math.abs).sort((a, b) => a - b)
  const typical = sizes[Math.floor(sizes.length / 2)] ?? 0
  return typical >= 1000 ? 0 : typical >= 100 ? 1 : typical >= 10 ? 2 : 3
}

/** A column as text. */
export interface Laid {
  readonly title: string
  readonly cells: readonly string[]
  readonly numeric: boolean
  /** Worth nothing when cut: numbers, and hashes that a person copies. */
  readonly rigid: boolean
}

function lay(rows: readonly Row[], column: Column): Laid {
  const values = rows.map(row => row[column.name])
  const present = values.filter(value => value !== null && value !== undefined)
  const digits = column.digits ?? decimals(present)
  return {
    title: oneLine(column.title ?? column.name),
    cells: values.map(value => shown(value, digits)),
    numeric: present.length > 0 && present.every(isNumber),
    rigid: present.every(value => isNumber(value) || HASH.test(String(value))),
  }
}

const NARROWEST = 8
const GAP = '  '

function formatTable(rows: readonly Row[], columns: readonly Column[], options: FormatOptions): string {
  const limit = options.width ?? Number.POSITIVE_INFINITY
  const bare = columns.map(column => lay(rows, column))
  const barred = bare.map((column, i) => withBar(column, rows, columns[i]?.name ?? ''))
  const laid = Number.isFinite(limit) && total(widthsOf(barred), barred.length) <= limit ? barred : bare
  const widths = widthsOf(laid)
  const kept = narrow(laid, widths, limit)
  const padded = laid.slice(0, kept).map(({ title, cells, numeric }, i) => {
    const columns = widths[i] ?? 0
    // Digits take one column each: no need to look at every character of what most tables are made of.
    const fitted = numeric
      ? (cell: string): string => cell.padStart(columns)
      : (cell: string): string => pad(truncate(cell, columns), columns)
    const { decorate } = options
    return [
      numeric ? ' '.repeat(Math.max(0, columns - width(title))) + title : fitted(title),
      ...cells.map(decorate && !numeric ? cell => decorate(fitted(cell)) : fitted),
    ]
  })
  const lines = Array.from({ length: rows.length + 1 }, (_, r) =>
    padded
      .map(cells => cells[r])
      .join(GAP)
      .trimEnd(),
  )
  if (options.emphasise) lines[0] = options.emphasise(lines[0] ?? '')
  if (kept < laid.length) {
    const hidden = laid.slice(kept).map(({ title }) => title)
    lines.push(...wrapped(`(not shown, too narrow: ${hidden.join(', ')}; use -o csv)`, limit))
  }
  return `${lines.join('\n')}\n`
}

const widthsOf = (laid: readonly Laid[]): number[] =>
  laid.map(({ title, cells, numeric }) => {
    const widthOf = numeric ? (cell: string): number => cell.length : width
    return cells.reduce((most, cell) => Math.max(most, widthOf(cell)), width(title))
  })

/** Columns a line of the first `count` columns takes. */
const total = (widths: readonly number[], count: number): number =>
  widths.slice(0, count).reduce((a, b) => a + b, 0) + GAP.length * Math.max(0, count - 1)

/** Narrows the widest text columns in `widths` until a line fits `limit`; returns how many columns are shown. */
function narrow(laid: readonly Laid[], widths: number[], limit: number): number {
  const over = (): number => total(widths, laid.length) - limit
  for (let excess = over(); excess > 0; excess = over()) {
    const texts = widths.map((w, i) => ({ w, i })).filter(({ w, i }) => !laid[i]?.rigid && w > NARROWEST)
    const widest = texts.sort((a, b) => b.w - a.w)[0]
    if (!widest) break
    const next = texts[1]?.w ?? NARROWEST
    widths[widest.i] = Math.max(NARROWEST, widest.w - excess, Math.min(next, widest.w - 1))
  }
  let kept = laid.length
  while (kept > 1 && total(widths, kept) > limit) kept--
  return kept
}

const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)))

function formatMarkdown(rows: readonly Row[], columns: readonly Column[]): string {
  const laid = columns.map(column => lay(rows, column))
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
  return [
    line(laid.map(({ title }) => escapeMarkdown(title))),
    line(laid.map(({ numeric }) => (numeric ? '---:' : '---'))),
    ...rows.map((_, r) => line(laid.map(({ cells }) => escapeMarkdown(cells[r] ?? '')))),
  ].join('')
}
