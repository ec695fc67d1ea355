/**
 * A scanner of textual LLVM IR (LLVM Language Reference, 19 to 23) that knows just enough to rename things: names and
 * references, strings, comments, brackets and lines. It never backtracks: time is linear in the text.
 */

/** Text and references in turn: literal, reference, literal, …, literal. A reference keeps its sigil: `@f`, `#0`, `!3`, `%T`. */
export type Pieces = readonly string[]

/** What ends a step of the scanner: a bracket, a header's comma, a line's end, or the end of the text (0). */
export const NEWLINE = 10
export const COMMA = 44

export interface IrReader {
  /** Reads on to the next structural character, which is consumed, and returns its code. 0 at the end. */
  step(): number
  position(): number
  /** Continues at `position`, forgetting text in between that was not yet written. */
  jump(position: number): void
  /** Past blanks, empty lines and comments. */
  skipBlank(): void
  /** Appends text of ours; what was read so far comes before it, but for the last `held` characters. */
  write(text: string, held?: number): void
  /** The pieces since the last `take`, up to here without the last `held` characters. */
  take(held?: number): string[]
  /** The canonical name of a function-local value or label, `%v0` and so on in order of appearance. */
  local(name: string): string
  /** Starts the numbering of locals anew; without it, `%name` of a local is left out (declarations). */
  startLocals(): void
  endLocals(): void
  /** The last local and the last global read since they were cleared. */
  seen: { local: string | undefined; global: string | undefined }
}

/** A malformed text, with what is wrong in words a person understands. */
export const malformed = (message: string): SyntaxError => new SyntaxError(message)

const NAME = charset('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-$._')
const SPECIAL = charset('"%@#!;{}()[], \t\r\n')
const SIMPLE_NAME = /^[-a-zA-Z$._][-a-zA-Z$._0-9]*$/
/** Attachments that only describe debug information. */
const DEBUG_KINDS = new Set(['!dbg', '!DIAssignID', '!heapallocsite'])
const SCOPE_KINDS = new Set(['!alias.scope', '!noalias'])
const SCOPE_DECLARATION = '@llvm.experimental.noalias.scope.decl'

function charset(characters: string): Uint8Array {
  const set = new Uint8Array(128)
  for (const character of characters) set[character.charCodeAt(0)] = 1
  return set
}

/** `"a.b"` is the name `a.b`; quotes stay only where the name needs them. */
export const unquoted = (name: string): string =>
  name.charCodeAt(0) === 34 && SIMPLE_NAME.test(name.slice(1, -1)) ? name.slice(1, -1) : name

/**
 * A reader of `text`. `types` holds the names of its named types, with their `%`; nodes used as lists of alias scopes
 * are added to `scopeLists` as they are met. Throws what `malformed` makes.
 */
export function createReader(text: string, types: ReadonlySet<string>, scopeLists: Set<string>): IrReader {
  const length = text.length
  let at = 0
  /** Start of the text that is read but not written yet. */
  let from = 0
  /** Text since the last reference: whole lines, and the line being read. Only the line is ever looked at again. */
  let lines = ''
  let line = ''
  let pieces: string[] = []
  let locals: Map<string, string> | undefined
  /** Whether commas are structural: in a definition's header, where they part parameters. */
  let commas = false
  const seen: IrReader['seen'] = { local: undefined, global: undefined }

  const flush = (end: number): void => {
    if (end > from) line += text.slice(from, end)
    from = end
  }
  const reference = (name: string): void => {
    pieces.push(lines + line, name)
    lines = line = ''
  }
  const nameEnd = (start: number): number => {
    if (text.charCodeAt(start) === 34) return closeQuote(start) + 1
    let end = start
    while (NAME[text.charCodeAt(end)] === 1) end++
    return end
  }
  const closeQuote = (open: number): number => {
    const close = text.indexOf('"', open + 1)
    if (close < 0) throw malformed('a string is not closed')
    return close
  }
  const skipBlanks = (): void => {
    for (let c = text.charCodeAt(at); c === 32 || c === 9 || c === 13; c = text.charCodeAt(at)) at++
  }
  const skipComment = (): void => {
    const end = text.indexOf('\n', at)
    at = end < 0 ? length : end
  }
  const local = (name: string): string => {
    const key = unquoted(name)
    let canonical = locals?.get(key)
    if (canonical === undefined) {
      canonical = `%v${locals?.size ?? 0}`
      locals?.set(key, canonical)
    }
    return canonical
  }

  const percent = (start: number): void => {
    const end = nameEnd(start + 1)
    const name = text.slice(start + 1, end)
    const type = `%${unquoted(name)}`
    flush(start)
    at = from = end
    if (types.has(type)) reference(type)
    else if (locals) {
      seen.local = name
      line += local(name)
    } else line = line.trimEnd()
  }
  const bang = (start: number): void => {
    const c = text.charCodeAt(start + 1)
    if (c === 34 || c === 123) {
      at = start + 1
      return
    }
    let end = start + 1
    while (NAME[text.charCodeAt(end)] === 1 || text.charCodeAt(end) === 92) end++
    const name = text.slice(start, end)
    at = end
    if (c >= 48 && c <= 57) {
      flush(start)
      from = end
      if (seen.global === SCOPE_DECLARATION) scopeLists.add(name)
      reference(name)
    } else if (DEBUG_KINDS.has(name)) {
      flush(start)
      line = line.replace(/,?\s*$/, '')
      skipNode()
      from = at
    } else if (SCOPE_KINDS.has(name)) {
      skipBlanks()
      if (text.charCodeAt(at) === 33) scopeLists.add(text.slice(at, nameEnd(at + 1)))
    }
  }
  /** Past `!7` or `!DILocation(…)`. */
  const skipNode = (): void => {
    skipBlanks()
    at = nameEnd(at + 1)
    if (text[at] === '(') at = text.indexOf(')', at) + 1 || length
  }

  const step = (): number => {
    for (;;) {
      const c = text.charCodeAt(at)
      if (c === 32 || (c === COMMA && !commas)) {
        const next = text.charCodeAt(at + 1)
        if (c === COMMA || (next !== 32 && next !== 9 && next !== 13)) {
          at++
          continue
        }
      } else if (c >= 128 || SPECIAL[c] === 0) {
        at++
        continue
      } else if (at >= length) {
        flush(at)
        return 0
      }
      const start = at
      switch (c) {
        case 37:
          percent(start)
          break
        case 64:
          at = nameEnd(start + 1)
          flush(start)
          from = at
          seen.global = `@${unquoted(text.slice(start + 1, at))}`
          reference(seen.global)
          break
        case 33:
          bang(start)
          break
        case 35:
          at = nameEnd(start + 1)
          flush(start)
          from = at
          reference(text.slice(start, at))
          break
        case 34:
          at = closeQuote(start) + 1
          break
        case 59:
          flush(start)
          skipComment()
          from = at
          break
        case 32:
        case 9:
        case 13:
          skipBlanks()
          flush(start)
          line += ' '
          from = at
          break
        case NEWLINE:
          flush(start)
          line = line.trimEnd()
          skipBlank()
          return NEWLINE
        default:
          at++
          return c
      }
    }
  }
  const skipBlank = (): void => {
    for (;;) {
      skipBlanks()
      const c = text.charCodeAt(at)
      if (c === NEWLINE) at++
      else if (c === 59) skipComment()
      else break
    }
    from = at
  }

  return {
    step,
    skipBlank,
    local,
    seen,
    position: () => at,
    jump: position => {
      at = from = position
    },
    write: (added, held = 0) => {
      flush(at - held)
      if (added.startsWith('\n')) {
        lines += line.trimEnd()
        line = ''
      }
      line += added
    },
    take: (held = 0) => {
      flush(at - held)
      from = at
      pieces.push(lines + line.trimEnd())
      commas = false
      const taken = pieces
      pieces = []
      lines = line = ''
      return taken
    },
    startLocals: () => {
      locals = new Map()
      commas = true
    },
    endLocals: () => {
      locals = undefined
    },
  }
}
