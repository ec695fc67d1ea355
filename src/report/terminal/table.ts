/** What only a table on a terminal has: bars beside shares, and notes that fit. */
import type { Row } from '../format.ts'
import type { Laid } from '../table.ts'

const BAR = 10
const EIGHTHS = ' ▏▎▍▌▋▊▉'

/** A column of percentages with a bar beside each; any other column as it is. */
export function withBar(column: Laid, rows: readonly Row[]): Laid {
  const { name } = column
  if (!name.endsWith('_pct') || name === 'spread_pct' || !column.numeric) return column
  const widest = column.cells.reduce((most, cell) => Math.max(most, cell.length), 0)
  const cells = column.cells.map((cell, i) => {
    const value = rows[i]?.[name]
    return `${cell.padStart(widest)} ${bar(typeof value === 'number' ? value : 0)}`
  })
  return {
    ...column,
    title: `${column.title.padStart(widest)}${' '.repeat(Math.max(0, BAR + 1 - Math.max(0, column.title.length - widest)))}`,
    cells,
  }
}

/** `percent` of ten columns, in eighths of one. */
function bar(percent: number): string {
  const eighths = Math.round((Math.min(100, Math.max(0, percent)) / 100) * BAR * 8)
  const text = '█'.repeat(Math.floor(eighths / 8)) + (eighths % 8 > 0 ? EIGHTHS[eighths % 8] : '')
  return text.padEnd(BAR)
}

/** `text` in lines of at most `limit` columns, broken between words. */
export function wrapped(text: string, limit: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= limit)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
