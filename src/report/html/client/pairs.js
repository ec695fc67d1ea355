/** Two texts as pairs of lines that belong together. Pure: page and terminal lay them out alike. */

/**
 * Lines compare without what moves with anything before them: numbers of values and labels, addresses jumped to and
 * what a disassembler says of them.
 * @param {string} line
 */
const key = line =>
  line
    .replace(/\s+#.*$/, '')
    .replace(/0x[\da-f]+ <[^>]*>|<[^>]*>/g, '<>')
    .replace(/(%[a-z]?)\d+|^([a-z]?)\d+(?=:)/g, '$1')
    .replace(/(?<=[!#])\d+/g, '')
    .trim()

/**
 * @typedef {{ left?: string, right?: string, leftAt?: number, rightAt?: number, kind: 'same' | 'changed' }} Pair
 * @typedef {{ count: number, added?: boolean, removed?: boolean }} Part
 * @typedef {(a: string[], b: string[], options: { timeout: number }) => Part[] | undefined} Compare diffArrays of npm's diff
 */

/** Longest a comparison may take before it is given up. */
const TIMEOUT_MS = 2000

/**
 * @param {string} left
 * @param {string} right
 * @param {Compare} compare
 * @returns {{ pairs: Pair[], compared: boolean }} Not compared: too different, the lines stand beside each other as they come.
 */
export function pairUp(left, right, compare) {
  const a = left.trimEnd().split('\n')
  const b = right.trimEnd().split('\n')
  const parts = compare(a.map(key), b.map(key), { timeout: TIMEOUT_MS })
  /** @type {Pair[]} */
  const pairs = []
  let i = 0
  let j = 0
  const sides = (
    /** @type {number} */ gone,
    /** @type {number} */ come,
    /** @type {Pair['kind']} */ kind,
  ) => {
    for (let k = 0; k < Math.max(gone, come); k++) {
      /** @type {Pair} */
      const pair = { kind }
      if (k < gone) Object.assign(pair, { left: a[i], leftAt: ++i })
      if (k < come) Object.assign(pair, { right: b[j], rightAt: ++j })
      pairs.push(pair)
    }
  }
  if (!parts) {
    for (let k = 0; k < Math.max(a.length, b.length); k++)
      sides(Number(k < a.length), Number(k < b.length), 'changed')
    return { pairs, compared: false }
  }
  for (let p = 0; p < parts.length; p++) {
    const part = parts[p]
    const next = parts[p + 1]
    if (!part) continue
    if (!part.added && !part.removed) sides(part.count, part.count, 'same')
    else if (part.removed && next?.added) {
      sides(part.count, next.count, 'changed')
      p++
    } else sides(part.removed ? part.count : 0, part.added ? part.count : 0, 'changed')
  }
  return { pairs, compared: true }
}
