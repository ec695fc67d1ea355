/** Why LLVM refuses a pass list: its own words, and the place they are about. */
import { limited } from '../llvm/limits.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { run, succeeded } from '../process/run.ts'
import { MEMORY_MIB, messageOf, QUIET_CRASH } from './compile.ts'

/** LLVM's message and, where it names one, the list with a caret under the place; undefined if it takes the list. */
export async function passesProblem(toolchain: Toolchain, passes: string): Promise<string | undefined> {
  const [file, args] = limited([toolchain.bin('opt'), `-passes=${passes}`, '-disable-output'], MEMORY_MIB)
  const exit = await run(file, args, { bare: true, env: QUIET_CRASH, input: '', timeoutMs: 30_000 })
  return succeeded(exit) ? undefined : withCaret(passes, messageOf(exit))
}

/** The message, and below it the list with a caret where LLVM stopped. Long lists are cut to the part that matters. */
export function withCaret(passes: string, message: string): string {
  const at = placeOf(passes, message)
  if (at === undefined) return message
  const from = Math.max(0, at - SHOWN / 2)
  const part = passes.slice(from, from + SHOWN)
  const before = from > 0 ? '…' : ''
  const after = from + SHOWN < passes.length ? '…' : ''
  return `${message}\n  ${before}${part}${after}\n  ${' '.repeat(before.length + at - from)}^`
}

const SHOWN = 100

/** Where in the list a message of LLVM's parser (llvm/lib/Passes/PassBuilder.cpp) is about. */
export function placeOf(passes: string, message: string): number | undefined {
  if (message.includes('invalid pipeline')) return unbalanced(passes)
  const level = /unknown (module|cgscc|function|loop) pass '/.exec(message)?.[1]
  const name = /'([^']*)'/.exec(message)?.[1]
  if (name === undefined) return undefined
  const places = elements(passes).filter(element => element.text === name || element.parameters === name)
  const place = places.find(({ within }) => level !== undefined && within.startsWith(level)) ?? places[0]
  if (place === undefined) return undefined
  return place.text === name ? place.at : place.at + place.text.length - name.length - 1
}

interface Element {
  readonly at: number
  /** A pass with its parameters, as it stands. */
  readonly text: string
  readonly parameters: string | undefined
  /** The adaptor it stands in; '' outside of all. */
  readonly within: string
}

/** The passes of a list in order, adaptors too. */
function elements(passes: string): Element[] {
  const found: Element[] = []
  const open: string[] = []
  let start = 0
  for (let at = 0; at <= passes.length; at++) {
    const char = passes[at]
    if (char === '<') at = closing(passes, at)
    else if (char === undefined || '(),'.includes(char)) {
      const text = passes.slice(start, at)
      if (text !== '' || passes[start - 1] !== ')')
        found.push({ at: start, text, parameters: /<(.*)>$/.exec(text)?.[1], within: open.at(-1) ?? '' })
      if (char === '(') open.push(text)
      if (char === ')') open.pop()
      start = at + 1
    }
  }
  return found
}

/** The `>` that ends what begins here, or the last character. */
function closing(passes: string, from: number): number {
  for (let at = from, depth = 0; at < passes.length; at++) {
    if (passes[at] === '<') depth++
    if (passes[at] === '>' && --depth === 0) return at
  }
  return passes.length - 1
}

/** The first bracket that closes nothing, what follows a closed one without a comma, or the end, where one is missing. */
function unbalanced(passes: string): number {
  let depth = 0
  for (const [at, char] of [...passes].entries()) {
    if (passes[at - 1] === ')' && !',)'.includes(char)) return at
    if (char === '(') depth++
    if (char === ')' && --depth < 0) return at
  }
  return passes.length
}
