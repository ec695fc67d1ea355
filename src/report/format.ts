/** Rows to text, in every format a query can print. */
import { unknownName } from '../errors.ts'
import { formatTable, lay, remembered } from './table.ts'
import { paint, paintCell } from './terminal/colour.ts'
import { page } from './terminal/pager.ts'
import { neutral, oneLine, plain } from './text-width.ts'

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

function formatMarkdown(rows: readonly Row[], columns: readonly Column[]): string {
  const laid = columns.map(column => ({ ...lay(rows, column), escaped: remembered(escapeMarkdown) }))
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
  return [
    line(laid.map(({ title }) => escapeMarkdown(title))),
    line(laid.map(({ numeric }) => (numeric ? '---:' : '---'))),
    ...rows.map((_, r) => line(laid.map(({ cells, escaped }) => escaped(cells[r] ?? '')))),
  ].join('')
}
