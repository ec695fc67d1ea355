/** Small scanners over LLVM's textual IR: balanced lists, types and typed values. Pure; never throws. */

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' }

/** Index just past the bracket that closes the one at `start`, strings skipped; the text's length when none does. */
export function pastBracket(text: string, start: number): number {
  const open: string[] = []
  for (let i = start; i < text.length; i++) {
    const c = text.charAt(i)
    if (c === '"') i = pastQuote(text, i) - 1
    else if (CLOSING[c] !== undefined) open.push(CLOSING[c])
    else if (c === open.at(-1)) {
      open.pop()
      if (open.length === 0) return i + 1
    }
  }
  return text.length
}

const pastQuote = (text: string, start: number): number => {
  const end = text.indexOf('"', start + 1)
  return end < 0 ? text.length : end + 1
}

/** The parts between commas outside brackets and strings, trimmed; none for blank text. */
export function splitCommas(text: string): string[] {
  const parts: string[] = []
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i)
    if (c === '"') i = pastQuote(text, i) - 1
    else if (CLOSING[c] !== undefined) i = pastBracket(text, i) - 1
    else if (c === ',') {
      parts.push(text.slice(from, i).trim())
      from = i + 1
    }
  }
  const last = text.slice(from).trim()
  return last === '' && parts.length === 0 ? [] : [...parts, last]
}

/** The type `text` starts with and what follows it, trimmed. */
export function takeType(text: string): { type: string; rest: string } {
  const t = text.trimStart()
  let end: number
  if (CLOSING[t.charAt(0)] !== undefined) end = pastBracket(t, 0)
  else if (t.startsWith('%"')) end = pastQuote(t, 1)
  else if (t.startsWith('target(')) end = pastBracket(t, 6)
  else end = /^(?:ptr addrspace\(\d+\)|%?[-\w$.]+)/.exec(t)?.[0].length ?? 0
  return { type: t.slice(0, end), rest: t.slice(end).trim() }
}

export interface TypedValue {
  readonly type: string
  readonly value: string
}

/** Reads `type [attributes] value`; the value is the last word, constant expressions and vectors included. */
export function typedValue(text: string): TypedValue {
  const { type, rest } = takeType(text)
  return { type, value: rest }
}

/** Element type and lane count of `<N x T>`; undefined for scalars and scalable vectors. */
export function vectorOf(type: string): { lanes: number; element: string } | undefined {
  const match = /^<(\d+) x (.+)>$/.exec(type)
  return match?.[1] !== undefined && match[2] !== undefined
    ? { lanes: Number(match[1]), element: match[2] }
    : undefined
}

/** Where a function is defined in a module: its head line, and its body between the braces. */
export interface FunctionText {
  readonly name: string
  readonly head: string
  readonly body: string
  readonly start: number
  readonly end: number
}

/** Every `define` of a module, in order. Relies on LLVM's own layout: `}` alone on a line ends a body. */
export function functionTexts(ir: string): FunctionText[] {
  return [...ir.matchAll(/^define [^\n]*$/gm)].flatMap(match => {
    const head = match[0]
    const start = match.index
    const close = ir.indexOf('\n}', start)
    const name = /@("[^"]*"|[-\w$.]+)\s*\(/.exec(head)?.[1]
    if (close < 0 || name === undefined) return []
    return [{ name, head, body: ir.slice(start + head.length, close), start, end: close + 2 }]
  })
}

export interface FunctionHead {
  readonly linkage: string
  /** Calling convention and return attributes as written, `zeroext` and the like. */
  readonly prefix: string
  readonly result: string
  readonly parameters: readonly { type: string; attributes: string; name: string | undefined }[]
  readonly variadic: boolean
}

const LINKAGE =
  /^(?:private|internal|available_externally|linkonce|weak|common|appending|extern_weak|linkonce_odr|weak_odr|external|dso_local|dso_preemptable|hidden|protected|default|dllexport|dllimport)$/
const CONVENTION =
  /^(?:ccc|fastcc|coldcc|ghccc|swiftcc|tailcc|cc \d+|preserve_\w+cc|x86_\w+cc|zeroext|signext|inreg|noalias|nonnull|noundef|nofpclass\(.*?\)|range\(.*?\)|align \d+|dereferenceable\w*\(\d+\))$/

/** Reads the head of a `define` or `declare`. */
export function functionHead(head: string): FunctionHead {
  const at = /@(?:"[^"]*"|[-\w$.]+)\s*\(/.exec(head)
  const opening = (at?.index ?? 0) + (at?.[0].length ?? 1) - 1
  const list = splitCommas(head.slice(opening + 1, pastBracket(head, opening) - 1))
  let before = head.slice(0, at?.index ?? 0).replace(/^(?:define|declare)\s*/, '')
  const linkage: string[] = []
  const prefix: string[] = []
  for (;;) {
    const word =
      /^(?:cc \d+|align \d+|range\([^)]*\)|nofpclass\([^)]*\)|dereferenceable\w*\(\d+\)|\w+)(?=\s)/.exec(
        before,
      )?.[0]
    if (word === undefined || !(LINKAGE.test(word) || CONVENTION.test(word))) break
    ;(LINKAGE.test(word) ? linkage : prefix).push(word)
    before = before.slice(word.length).trimStart()
  }
  return {
    linkage: linkage.join(' '),
    prefix: prefix.join(' '),
    result: takeType(before).type,
    variadic: list.at(-1) === '...',
    parameters: list
      .filter(part => part !== '...' && part !== '')
      .map(part => {
        const { type, rest } = takeType(part)
        const name = /(%(?:"[^"]*"|[-\w$.]+))$/.exec(rest)?.[1]
        return { type, name, attributes: name === undefined ? rest : rest.slice(0, -name.length).trim() }
      }),
  }
}
