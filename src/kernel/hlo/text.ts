/** Scanning HLO text by its brackets and strings. */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c

const depthChange = (code: number): number => {
  if (code === 0x28 || code === 0x5b || code === 0x7b) return 1
  return code === 0x29 || code === 0x5d || code === 0x7d ? -1 : 0
}

/** Where the bracket opened just before `start` closes; undefined if it does not. Strings are skipped. */
export function closing(text: string, start: number): number | undefined {
  let depth = 1
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    else {
      depth += depthChange(code)
      if (depth === 0) return i
    }
  }
  return undefined
}

/** The parts of `text[start, end)` between commas outside brackets and strings, trimmed, without empty ones. */
export function splitTop(text: string, start: number, end: number): string[] {
  const parts: string[] = []
  let depth = 0
  let from = start
  const push = (to: number) => {
    const part = text.slice(from, to).trim()
    if (part !== '') parts.push(part)
    from = to + 1
  }
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    else if (code === COMMA && depth === 0) push(i)
    else depth += depthChange(code)
  }
  push(end)
  return parts
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) i++
    else if (code === QUOTE) return i
  }
  return text.length
}
