/** Rows as the columns of a table: what each cell says, and how wide it may be. */
import type { Column, FormatOptions, Row } from './format.ts'
import { withBar, wrapped } from './terminal/table.ts'
import { oneLine, plain, truncate, width } from './text-width.ts'

const HASH = /^[0-9a-f]{64}$/

/** What a person sees of a value that is not a finite number: of a hash the first twelve digits. */
function shown(value: unknown): string {
  const text = plain(value)
  return text.length === 64 && HASH.test(text) ? text.slice(0, 12) : oneLine(text)
}

/**
 * `toFixed`, which is exact and slow, by way of a whole number where that cannot be another: a long table is mostly
 * numbers. Near a half, where the multiplication's own rounding could decide, and for large ones it is asked itself.
 */
function decimal(digits: number): (value: number) => string {
  const scale = 10 ** digits
  const written = remembered((whole: number) => {
    const text = String(whole).padStart(digits + 1, '0')
    return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  })
  return value => {
    const scaled = Math.abs(value) * scale
    const whole = Math.round(scaled)
    if (!(scaled < 1e9) || Math.abs(Math.abs(scaled - whole) - 0.5) < 1e-6) return value.toFixed(digits)
    return value < 0 ? `-${written(whole)}` : written(whole)
  }
}

/** `answer`, asked once for each value: in a long table most names and words stand many times. */
export function remembered<K, V>(answer: (value: K) => V): (value: K) => V {
  const known = new Map<K, V>()
  return value => {
    const had = known.get(value)
    if (had !== undefined) return had
    const found = answer(value)
    known.set(value, found)
    return found
  }
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
  /** Key in the row. */
  readonly name: string
  readonly title: string
  readonly cells: readonly string[]
  readonly numeric: boolean
  /** Worth nothing when cut: numbers, and hashes that a person copies. */
  readonly rigid: boolean
}

/** A column of the rows as text. */
export function lay(rows: readonly Row[], column: Column): Laid {
  const values = rows.map(row => row[column.name])
  const present = values.filter(value => value !== null && value !== undefined)
  const digits = column.digits ?? decimals(present)
  const word = remembered(shown)
  const number = decimal(digits)
  const isHash = remembered((value: unknown) => HASH.test(String(value)))
  const numeric = present.length > 0 && present.every(isNumber)
  return {
    name: column.name,
    title: oneLine(column.title ?? column.name),
    cells: values.map(value =>
      typeof value === 'number' && Number.isFinite(value) ? number(value) : word(value),
    ),
    numeric,
    rigid: numeric || present.every(value => isNumber(value) || isHash(value)),
  }
}

const NARROWEST = 8
const GAP = '  '

/** The rows as aligned columns; what a terminal has no room for is cut, or named below. */
export function formatTable(
  rows: readonly Row[],
  columns: readonly Column[],
  options: FormatOptions,
): string {
  const limit = options.width ?? Number.POSITIVE_INFINITY
  const all = columns.map(column => lay(rows, column))
  // Where there is no room for everything, columns that say nothing are the first to go.
  const narrowed = Number.isFinite(limit)
  const tight = narrowed && rows.length > 0 && total(widthsOf(all), all.length) > limit
  const bare = tight ? all.filter(({ cells }) => cells.some(cell => cell !== '')) : all
  const barred = (): Laid[] => bare.map(column => withBar(column, rows))
  const roomy = narrowed && total(widthsOf(barred()), bare.length) <= limit
  const laid = roomy ? barred() : bare
  const widths = widthsOf(laid)
  const kept = narrow(laid, widths, limit)
  const shownColumns = laid.slice(0, kept).map((column, i) => fitted(column, widths[i] ?? 0, options))
  const lines = [
    shownColumns
      .map(({ title }) => title)
      .join(GAP)
      .trimEnd(),
  ]
  for (let r = 0; r < rows.length; r++) {
    let line = ''
    for (const { cells, widen } of shownColumns) line += widen(cells[r] ?? '') + GAP
    lines.push(line.trimEnd())
  }
  if (options.emphasise) lines[0] = options.emphasise(lines[0] ?? '')
  if (laid.length < all.length) {
    const empty = all.filter(column => !bare.includes(column)).map(({ title }) => title)
    lines.push(...wrapped(`(empty: ${empty.join(', ')})`, limit))
  }
  if (kept < laid.length) {
    const hidden = laid.slice(kept).map(({ title }) => title)
    lines.push(...wrapped(`(not shown, too narrow: ${hidden.join(', ')}; use -o csv)`, limit))
  }
  return `${lines.join('\n')}\n`
}

/** A column's title and cells made `columns` wide. Digits take one column each: no need to look at every character. */
function fitted(
  { title, cells, numeric }: Laid,
  columns: number,
  { decorate = cell => cell }: FormatOptions,
) {
  const text = (cell: string): string => pad(truncate(cell, columns), columns)
  return numeric
    ? {
        title: title.padStart(columns - width(title) + title.length),
        cells,
        widen: (cell: string) => cell.padStart(columns),
      }
    : { title: text(title), cells, widen: remembered((cell: string) => decorate(text(cell))) }
}

const widthsOf = (laid: readonly Laid[]): number[] =>
  laid.map(({ title, cells, numeric }) => {
    const widthOf = numeric ? (cell: string): number => cell.length : remembered(width)
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
