/**
 * Compacted IR: a kernel's text with everything out that a reader can do without (metadata, attributes, provenance,
 * long names), still valid IR of the same kernel, and a key with which all of it comes back (expand.ts). Pure.
 */
import { type FunctionLines, localsOf, moduleLines, renameLocals } from './module-lines.ts'
import { shortNames } from './names.ts'
import { isMarker, plainGlobal, plainHead, plainLine } from './strip.ts'

export interface Compacted {
  /** Valid IR. */
  readonly text: string
  readonly key: CompactKey
}

/** What compacting took away. */
export interface CompactKey {
  /** Data layout, triple, types and globals as they were. */
  readonly before: readonly string[]
  readonly functions: readonly FunctionKey[]
  /** Attribute groups and metadata. */
  readonly after: readonly string[]
}

export interface FunctionKey {
  readonly name: string
  readonly head: LineKey
  /** Undefined for a declaration. */
  readonly body: readonly LineKey[] | undefined
}

/** One line as it is shown and as it was, in the names shown, with the lines behind it that are not shown. */
export interface LineKey {
  readonly shown: string
  readonly full: string
  /** Number of its line in the IR that was compacted, from 1. */
  readonly at: number
  readonly hidden: readonly string[]
}

/** Compacts canonical IR. `rename` gives a function's locals the names they are to have, short ones unless said. */
export function compact(
  ir: string,
  rename: (lines: FunctionLines) => (name: string) => string = byAppearance,
): Compacted {
  const module = moduleLines(ir)
  const functions = module.functions.map(lines => functionKey(lines, rename(lines)))
  const key = {
    before: [...module.layout, ...module.types, ...module.globals],
    functions,
    after: module.tail,
  }
  const bodies = functions
    .filter(({ head }) => head.shown !== '')
    .map(({ head, body }) =>
      body === undefined ? head.shown : [`${head.shown} {`, ...shownLines(body), '}'].join('\n'),
    )
  const used = bodies.join('\n')
  const types = module.types.filter(line => used.includes(/^\S+/.exec(line)?.[0] ?? ''))
  return { text: `${[...types, ...module.globals.map(plainGlobal), ...bodies].join('\n')}\n`, key }
}

const shownLines = (body: readonly LineKey[]): string[] =>
  body.map(line => line.shown).filter(line => line !== '')

function byAppearance(lines: FunctionLines): (name: string) => string {
  const rename = shortNames()
  for (const line of [lines.head, ...(lines.body ?? [])]) for (const name of localsOf(line)) rename(name)
  return rename
}

function functionKey({ name, head, body, at }: FunctionLines, rename: (name: string) => string): FunctionKey {
  const full = renameLocals(head, rename)
  const lines = (body ?? []).map(line => renameLocals(line, rename))
  const used = new Set(lines.filter(line => !line.endsWith(':')).flatMap(localsOf))
  const first = { shown: isMarker(full) ? '' : plainHead(full), full, at: at[0] ?? 0, hidden: [] as string[] }
  const keys = [first]
  for (const [i, line] of lines.entries()) {
    const unusedEntry = i === 0 && line.endsWith(':') && !used.has(line.slice(0, -1))
    if (!isMarker(line) && !unusedEntry)
      keys.push({ shown: plainLine(line), full: line, at: at[i + 1] ?? 0, hidden: [] })
    else (keys.at(-1) ?? first).hidden.push(line)
  }
  return { name, head: first, body: body === undefined ? undefined : keys.slice(1) }
}
