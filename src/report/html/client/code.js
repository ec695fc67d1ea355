/** Two texts side by side with their differences marked. */
import { el } from './dom.js'
import { pairUp } from './pairs.js'

/** The library's, put before this script (npm: diff). */
const { diffArrays } = /** @type {any} */ (globalThis).Diff

/** Equal lines kept around a difference; longer runs fold. */
const CONTEXT = 4
/** @typedef {import('./pairs.js').Pair} Pair */

/**
 * The two texts as rows. `notes` are marks at lines of the left text.
 * @param {string} left
 * @param {string} right
 * @param {Map<number, string>} notes
 */
export function sideBySide(left, right, notes) {
  const { pairs, compared } = pairUp(left, right, diffArrays)
  const changed = pairs.filter(pair => pair.kind === 'changed').length
  const box = el('div', { class: 'code', tabindex: 0, role: 'group', 'aria-label': 'code, side by side' })
  const near = pairs.map(() => false)
  pairs.forEach((pair, at) => {
    if (pair.kind === 'changed' || notes.has(pair.leftAt ?? 0))
      for (let k = Math.max(0, at - CONTEXT); k <= Math.min(pairs.length - 1, at + CONTEXT); k++)
        near[k] = true
  })
  // Without differences there is nothing to fold around: then the text itself is what one wants to read.
  const folds = changed > 0
  for (let at = 0; at < pairs.length; ) {
    const from = at
    while (at < pairs.length && folds && !near[at]) at++
    if (at - from > 3) {
      const hidden = pairs.slice(from, at)
      const button = el(
        'button',
        {
          type: 'button',
          class: 'fold',
          click: () => button.replaceWith(...hidden.map(pair => row(pair, notes))),
        },
        `${hidden.length} equal lines`,
      )
      box.append(button)
    } else for (const pair of pairs.slice(from, at)) box.append(row(pair, notes))
    if (at < pairs.length) box.append(row(/** @type {Pair} */ (pairs[at++]), notes))
  }
  const words = !compared
    ? 'Too different to compare line by line: shown beside each other.'
    : changed === 0
      ? 'No difference but numbering.'
      : `${changed} of ${pairs.length} lines differ; numbers of values do not count as differences.`
  return el('div', {}, el('p', { class: 'note' }, words), box)
}

/** @param {Pair} pair @param {Map<number, string>} notes */
function row(pair, notes) {
  const note = notes.get(pair.leftAt ?? 0)
  return el(
    'div',
    { class: `pair ${pair.kind}` },
    side(pair.left, pair.leftAt, pair.kind === 'changed' ? 'gone' : ''),
    side(pair.right, pair.rightAt, pair.kind === 'changed' ? 'come' : ''),
    note !== undefined && el('div', { class: 'hint' }, note),
  )
}

/** @param {string | undefined} text @param {number | undefined} at @param {string} kind */
const side = (text, at, kind) =>
  text === undefined
    ? el('div', { class: 'line none' })
    : el('div', { class: `line ${kind}` }, el('span', { class: 'at' }, at ?? ''), ...coloured(text))

const TOKENS =
  /(;.*$|(?:^|\s)#.*$|\t#.*$)|("[^"]*")|([%@][\w.$-]+|%[a-z]\w*)|\b(0x[\da-f]+|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\b|\b(define|declare|ret|br|load|store|getelementptr|call|phi|select|icmp|fcmp|[a-z]?add|[a-z]?sub|[a-z]?mul|[a-z]div|alloca|insertelement|extractelement|shufflevector|bitcast|zext|sext|trunc|fpext|fptrunc)\b/g
const CLASSES = ['comment', 'string', 'name', 'number', 'word']

/** A line of IR or assembly in a few colours. @param {string} text */
function coloured(text) {
  if (text.length > 400) return [text]
  /** @type {(string | Node)[]} */
  const parts = []
  let end = 0
  for (const match of text.matchAll(TOKENS)) {
    const kind = CLASSES[match.slice(1).findIndex(group => group !== undefined)] ?? ''
    parts.push(text.slice(end, match.index), el('span', { class: `t-${kind}` }, match[0]))
    end = match.index + match[0].length
  }
  return [...parts, text.slice(end)]
}
