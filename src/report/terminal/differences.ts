/** Two texts for a terminal: beside each other, or as what changed from one to the other. */
import { diffArrays } from 'diff'
import { pairUp } from '../html/client/pairs.js'
import { oneLine, truncate, width } from '../text-width.ts'
import { paint, paintCode } from './colour.ts'

export interface Titled {
  readonly title: string
  readonly text: string
}

/** Lines kept around a change. */
const CONTEXT = 3

/** Tabs as columns, nothing that steers a terminal. */
const plain = (line: string): string => {
  let text = ''
  for (const character of line) text += character === '\t' ? ' '.repeat(8 - (text.length % 8)) : character
  return oneLine(text)
}

/** Both texts side by side in `columns`; `|` marks lines that differ, `<` and `>` those in one only. */
export function sideBySide(left: Titled, right: Titled, columns: number): string {
  const half = Math.max(16, Math.floor((columns - 3) / 2))
  const { pairs } = pairUp(left.text, right.text, diffArrays)
  const column = (text: string): string => {
    const cut = truncate(text, half)
    return cut + ' '.repeat(Math.max(0, half - width(cut)))
  }
  const rows = pairs.map(pair => {
    const mark =
      pair.kind === 'same' ? ' ' : pair.left === undefined ? '>' : pair.right === undefined ? '<' : '|'
    const a = column(plain(pair.left ?? ''))
    const b = truncate(plain(pair.right ?? ''), half)
    return pair.kind === 'same'
      ? `${paintCode(a)}   ${paintCode(b)}`.trimEnd()
      : `${paint('red', a)} ${mark} ${paint('green', b)}`.trimEnd()
  })
  const changed = pairs.filter(({ kind }) => kind === 'changed').length
  return [
    paint('bold', `${column(plain(left.title))}   ${truncate(plain(right.title), half)}`),
    ...rows,
    paint('dim', `${changed} of ${pairs.length} lines differ; numbers of values do not count`),
    '',
  ].join('\n')
}

/** What changed from `before` to `after`, with a few lines around each change; numbers of values do not count. */
export function difference(before: Titled, after: Titled): string {
  const { pairs } = pairUp(before.text, after.text, diffArrays)
  const near = pairs.map(() => false)
  for (const [at, pair] of pairs.entries())
    if (pair.kind === 'changed')
      near.fill(true, Math.max(0, at - CONTEXT), Math.min(pairs.length, at + CONTEXT + 1))
  const lines = [paint('bold', `--- ${plain(before.title)}`), paint('bold', `+++ ${plain(after.title)}`)]
  for (let at = 0; at < pairs.length; ) {
    while (at < pairs.length && !near[at]) at++
    const from = at
    while (at < pairs.length && near[at]) at++
    if (from < at) lines.push(...hunk(pairs.slice(from, at)))
  }
  if (lines.length === 2) lines.push('no difference but numbering')
  return `${lines.join('\n')}\n`
}

type Pairs = ReturnType<typeof pairUp>['pairs']

/** As `diff -u` writes it: within a run of changes, what goes stands before what comes. */
function hunk(pairs: Pairs): string[] {
  const first = (side: 'leftAt' | 'rightAt'): number =>
    pairs.find(pair => pair[side] !== undefined)?.[side] ?? 0
  const count = (side: 'left' | 'right'): number => pairs.filter(pair => pair[side] !== undefined).length
  const lines = [
    paint('cyan', `@@ -${first('leftAt')},${count('left')} +${first('rightAt')},${count('right')} @@`),
  ]
  let coming: string[] = []
  const flush = (): void => {
    lines.push(...coming)
    coming = []
  }
  for (const { kind, left, right } of pairs) {
    if (kind === 'same') {
      flush()
      lines.push(` ${paintCode(plain(right ?? ''))}`)
      continue
    }
    if (left !== undefined) lines.push(paint('red', `-${plain(left)}`))
    if (right !== undefined) coming.push(paint('green', `+${plain(right)}`))
  }
  flush()
  return lines
}
