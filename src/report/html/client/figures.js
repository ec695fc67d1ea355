/**
 * Figures as people read them, and the choice of a build of a line. Pure: the page's script and the program that makes
 * the page share it, so that the table reads the same with scripts and without.
 */

/**
 * @typedef {{ proposer: string, verdict: string, bytes: number | null, size: number | null, timeNs: number | null,
 *   ratio: number | null, low: number | null, high: number | null, comparison: string | null }} Cell
 */

/** Nanoseconds with a unit: three digits. @param {number | null | undefined} value */
export function time(value) {
  if (value === null || value === undefined) return '–'
  if (value < 1e3) return `${digits(value)} ns`
  return value < 1e6 ? `${digits(value / 1e3)} µs` : `${digits(value / 1e6)} ms`
}

/** @param {number} value */
const digits = value => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2))

/** Bytes with thin separators. @param {number | null | undefined} value */
export const bytes = value =>
  value === null || value === undefined ? '–' : String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f')

/** A ratio to XLA's. @param {number | null | undefined} value */
export const ratio = value =>
  value === null || value === undefined ? '–' : `${value.toFixed(value < 9.995 ? 2 : 1)}×`

/** @param {number | null | undefined} value */
export const percent = value =>
  value === null || value === undefined ? '–' : value.toFixed(value < 9.95 ? 1 : 0)

const PASSED = ['same', 'agreed', 'exhausted']

/**
 * The build a table shows of a kernel: a proposer's, or the best that passed. XLA's own code takes part.
 * @param {readonly Cell[]} cells
 * @param {string} choice `fastest`, `smallest` or a proposer
 * @returns {Cell | undefined}
 */
export function chosen(cells, choice) {
  if (choice !== 'fastest' && choice !== 'smallest') return cells.find(cell => cell.proposer === choice)
  const good = cells.filter(cell => PASSED.includes(cell.verdict))
  const key = (/** @type {Cell} */ cell) =>
    (choice === 'fastest' ? cell.high : cell.bytes) ?? Number.POSITIVE_INFINITY
  const first = good.find(cell => cell.proposer === 'xla') ?? good[0]
  return good.reduce((a, b) => (a === undefined || key(b) < key(a) ? b : a), first)
}

/** Half the width of a whisker's scale, in powers of two; beyond it an arrow's place is the edge. */
const REACH = 2
const WIDTH = 96

const STATES = ['faster', 'slower', 'same', 'inconclusive']

/** Where a ratio lies on a whisker, in its pixels: 1 is the middle. @param {number} value */
const at = value => (WIDTH / 2) * (1 + Math.max(-1, Math.min(1, Math.log2(value) / REACH)))

/**
 * A ratio's interval as a drawing's places; undefined where there is none.
 * @param {Cell | undefined} cell
 */
export function whisker(cell) {
  if (!cell || cell.ratio === null || cell.low === null || cell.high === null) return undefined
  if (cell.comparison === 'twin' || cell.comparison === 'reference') return undefined
  const x1 = at(cell.low)
  const state = STATES.find(one => one === cell.comparison) ?? ''
  return { width: WIDTH, low: x1, high: Math.max(at(cell.high), x1 + 1), middle: at(cell.ratio), state }
}

/** What a time says in words. @param {Cell | undefined} cell */
export function timeWords(cell) {
  if (!cell || cell.ratio === null) return '–'
  if (cell.comparison === 'reference') return '1×'
  if (cell.comparison === 'twin') return '1× twin'
  return ratio(cell.ratio)
}
