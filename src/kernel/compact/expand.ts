/**
 * Compacted IR back into the whole: what a model returns may differ from what it was shown. A line that means what it
 * meant gets everything back; one that is new, or depends on something new, stays as written and promises nothing. Pure.
 */
import { type FunctionLines, localsOf, moduleLines } from './module-lines.ts'
import type { CompactKey, FunctionKey, LineKey } from './plain.ts'

/** The module of `text`, with what `key` holds. Text that was not changed gives back the IR that was compacted. */
export function expand(text: string, key: CompactKey): string {
  const module = moduleLines(text)
  const given = new Map(module.functions.map(lines => [lines.name, lines]))
  const known = new Set(key.functions.map(lines => lines.name))
  const names = new Set(key.before.map(firstWord))
  const added = [...module.types, ...module.globals].filter(line => !names.has(firstWord(line)))
  const functions = [
    ...key.functions.flatMap(function_ => restore(function_, given.get(function_.name))),
    ...module.functions.filter(lines => !known.has(lines.name)).map(written),
  ]
  return `${[...key.before, ...added, ...functions, ...key.after].join('\n')}\n`
}

const firstWord = (line: string): string => /^\S+/.exec(line)?.[0] ?? ''

const written = ({ head, body }: FunctionLines): string =>
  body === undefined ? head : `${head} {\n${body.join('\n')}\n}`

/** Nothing for a definition that is gone: whoever called it must notice. */
function restore(key: FunctionKey, lines: FunctionLines | undefined): string[] {
  if (key.body === undefined) return lines?.body === undefined ? [key.head.full] : [written(lines)]
  if (lines?.body === undefined) return []
  if (squeezed(lines.head) !== squeezed(key.head.shown)) return [written(lines)]
  const byText = new Map<string, LineKey[]>()
  for (const line of key.body)
    byText.set(squeezed(line.shown), [...(byText.get(squeezed(line.shown)) ?? []), line])
  const changed = changedNames(key.body, lines.body)
  const body = lines.body.flatMap(line => {
    const known = byText.get(squeezed(line))?.shift()
    const same = known !== undefined && !localsOf(line).some(name => changed.has(name))
    return same ? [known.full, ...known.hidden] : [line]
  })
  return [`${key.head.full} {\n${[...key.head.hidden, ...body].join('\n')}\n}`]
}

const squeezed = (line: string): string => line.replaceAll(/\s+/g, ' ').trim()

/** Names whose value is not what it was: defined anew or no more, and all that is computed from such names. */
function changedNames(before: readonly LineKey[], now: readonly string[]): Set<string> {
  const was = new Set(before.map(line => squeezed(line.shown)))
  const is = new Set(now.map(squeezed))
  const defined = (line: string): string[] =>
    /^(?:%\S+ =|[-\w$.]+:)/.test(line) ? localsOf(line).slice(0, 1) : []
  const changed = new Set([
    ...[...is].filter(line => !was.has(line)).flatMap(defined),
    ...[...was].filter(line => !is.has(line)).flatMap(defined),
  ])
  const dependent = now.filter(line => /^%\S+ =/.test(line)).map(localsOf)
  for (let before = -1; before !== changed.size; ) {
    before = changed.size
    for (const [name, ...operands] of dependent)
      if (name !== undefined && operands.some(operand => changed.has(operand))) changed.add(name)
  }
  return changed
}
