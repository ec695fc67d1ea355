/** What the page carries: packed as JSON, deflated, in base64. */
import { byId } from './dom.js'

/** @type {Map<string, Promise<any>>} */
const opened = new Map()

/** The packed data of that id, opened once. @param {string} id */
export function unpacked(id) {
  const known = opened.get(id) ?? open(id)
  opened.set(id, known)
  return known
}

/** @param {string} id */
async function open(id) {
  const text = byId(id).textContent ?? ''
  const bytes = Uint8Array.from(atob(text), character => character.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return JSON.parse(await new Response(stream).text())
}

/**
 * @typedef {import('./figures.js').Cell} Cell
 * @typedef {{ hash: string, name: string, model: string, op: string, share: number | null, xlaNs: number | null,
 *   xlaBytes: number | null, chunk: number, cells: Cell[], text: string }} Line
 */

/**
 * The table's lines from their packed rows (see page-data.ts).
 * @returns {Promise<{ lines: Line[], proposers: string[], verdicts: string[] }>}
 */
export async function readTable() {
  const { proposers, verdicts, comparisons, rows } = await unpacked('table-data')
  const lines = rows.map(
    (/** @type {any[]} */ [hash, name, model, op, share, xlaNs, xlaBytes, chunk, cells]) => ({
      hash,
      name,
      model,
      op,
      share,
      xlaNs,
      xlaBytes,
      chunk,
      text: `${name} ${hash} ${model} ${op}`.toLowerCase(),
      cells: cells.map(
        (/** @type {any[]} */ [by, verdict, bytes, size, timeNs, ratio, low, high, comparison]) => ({
          proposer: proposers[by],
          verdict: verdicts[verdict],
          bytes,
          size,
          timeNs,
          ratio,
          low,
          high,
          comparison: comparisons[comparison] ?? null,
        }),
      ),
    }),
  )
  return { lines, proposers, verdicts }
}
