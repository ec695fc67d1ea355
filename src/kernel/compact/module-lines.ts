/** A canonical module taken apart by lines, as the compacting stages want it. Pure. */

/** One function: its head without the brace, and one line for each label and instruction; none of a declaration. */
export interface FunctionLines {
  readonly name: string
  readonly head: string
  readonly body: readonly string[] | undefined
  /** Numbers, from 1, of the head's line in the text and of the body's lines. */
  readonly at: readonly number[]
}

export interface ModuleLines {
  /** Data layout and triple. */
  readonly layout: readonly string[]
  readonly types: readonly string[]
  readonly globals: readonly string[]
  readonly functions: readonly FunctionLines[]
  /** Attribute groups and metadata. */
  readonly tail: readonly string[]
}

/** Splits IR in which every entity stands on lines of its own: canonical text, LLVM's own print, and compacted text. */
export function moduleLines(ir: string): ModuleLines {
  const parts = { layout: [], types: [], globals: [], tail: [] } as Record<
    'layout' | 'types' | 'globals' | 'tail',
    string[]
  >
  const functions: FunctionLines[] = []
  const lines = ir.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = (lines[i] ?? '').trim()
    if (line === '' || line.startsWith(';')) continue
    if (line.startsWith('declare '))
      functions.push({ name: nameOf(line), head: line, body: undefined, at: [i + 1] })
    else if (line.startsWith('define ')) {
      const body: string[] = []
      const at = [i + 1]
      for (i++; i < lines.length && lines[i]?.trim() !== '}'; i++) {
        addTo(body, lines[i] ?? '')
        if (at.length <= body.length) at.push(i + 1)
      }
      functions.push({ name: nameOf(line), head: line.replace(/\s*\{$/, ''), body, at })
    } else parts[kindOf(line)].push(line)
  }
  return { ...parts, functions }
}

/** Lines within brackets, as of a switch, go on with the one before. */
function addTo(body: string[], raw: string): void {
  const line = raw.trim()
  if (line === '') return
  const open = body.at(-1)
  if (open !== undefined && depth(open) > 0) body[body.length - 1] = `${open} ${line}`
  else body.push(line)
}

const depth = (line: string): number => (line.match(/\[/g)?.length ?? 0) - (line.match(/\]/g)?.length ?? 0)

const kindOf = (line: string): 'layout' | 'types' | 'globals' | 'tail' =>
  line.startsWith('@')
    ? 'globals'
    : line.startsWith('%')
      ? 'types'
      : /^(?:target|source_filename)\b/.test(line)
        ? 'layout'
        : 'tail'

const nameOf = (head: string): string => /@("[^"]*"|[-\w$.]+)\s*\(/.exec(head)?.[1] ?? ''

/** Local names in a line, without their `%`, in order; labels that a line defines come first. */
export function localsOf(line: string): string[] {
  const label = /^([-\w$.]+):/.exec(line)?.[1]
  return [...(label === undefined ? [] : [label]), ...line.matchAll(LOCAL)].map(match =>
    typeof match === 'string' ? match : (match[1] ?? ''),
  )
}

/** Canonical text calls types `%t0`, `%t1`, …; compacted text too, so no local is called so. */
const LOCAL = /%(?!t\d+\b)([-\w$.]+)/g

/** The line with every local renamed. */
export const renameLocals = (line: string, rename: (name: string) => string): string =>
  line
    .replace(/^([-\w$.]+):/, (_, name: string) => `${rename(name)}:`)
    .replaceAll(LOCAL, (_, name: string) => `%${rename(name)}`)
