/**
 * A notation of our own for compacted IR: three to five times fewer tokens than the IR, and still every instruction.
 * `fromNotation` gives back compacted IR, which the key of `compact` expands. Pure.
 */
import { moduleLines } from './module-lines.ts'
import { decodeLine, encodeLine } from './notation-line.ts'
import type { Types } from './operands.ts'
import { longType, shortType } from './words.ts'

/** The notation of compacted IR. Declarations go: the key has them. */
export function toNotation(text: string): string {
  const module = moduleLines(text)
  const functions = module.functions.flatMap(({ head, body }) =>
    body === undefined ? [] : functionNotation(head, body),
  )
  return `${[...module.types, ...module.globals, ...functions].join('\n')}\n`
}

/** The notation of one function's head and of each line of its body. */
export function functionNotation(head: string, body: readonly string[]): string[] {
  const types: Types = new Map()
  return [encodeHead(head, types), ...body.map(line => encodeLine(line, types))]
}

/** The compacted IR a text in the notation stands for. Throws a SyntaxError that names the line it does not understand. */
export function fromNotation(text: string): string {
  const out: string[] = []
  let types: Types = new Map()
  let open = false
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '') continue
    try {
      if (line.startsWith('fn ')) {
        types = new Map()
        out.push(...(open ? ['}'] : []), `${decodeHead(line, types)} {`)
        open = true
      } else out.push(open ? decodeLine(line, types) : line)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      throw new SyntaxError(`line ${i + 1}: ${error.message}`)
    }
  }
  return `${[...out, ...(open ? ['}'] : [])].join('\n')}\n`
}

/** `define ptr @kernel(ptr %a)` → `fn P @kernel P a`; a head with more to it stays as it is. */
function encodeHead(head: string, types: Types): string {
  const [, local = '', result = '', name, list = ''] =
    /^define (internal )?(\S+|[<[].*[>\]]) (@[-\w$.]+)\((.*)\)$/.exec(head) ?? []
  const parameters = list === '' ? [] : list.split(', ').map(parameter => /^(.+) %(\S+)$/.exec(parameter))
  const words = parameters.flatMap(match => [shortType(match?.[1] ?? ''), match?.[2]])
  const short = ['fn', ...(local === '' ? [] : ['internal']), shortType(result), name, ...words]
  for (const match of parameters) if (match?.[1] && match[2]) types.set(match[2], match[1])
  return short.includes(undefined) ? `fn \`${head}` : short.join(' ')
}

function decodeHead(line: string, types: Types): string {
  const verbatim = /^fn `(.*)$/.exec(line)?.[1]
  if (verbatim !== undefined) return verbatim
  const words = line.split(/\s+/).slice(1)
  const local = words[0] === 'internal' ? `${words.shift()} ` : ''
  const [result = '', name, ...rest] = words
  const list: string[] = []
  for (let i = 0; i + 1 < rest.length; i += 2) {
    const type = longType(rest[i] ?? '') ?? ''
    types.set(rest[i + 1] ?? '', type)
    list.push(`${type} %${rest[i + 1]}`)
  }
  return `define ${local}${longType(result)} ${name}(${list.join(', ')})`
}
