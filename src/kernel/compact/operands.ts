/** Operands in the dense notation: values without `%`, and types only where they are not known. Pure. */
import { takeType } from '../ir/scan.ts'
import { longType, shortType } from './words.ts'

/** Types of the locals defined so far, by name without `%`. */
export type Types = Map<string, string>

/** The words, or nothing if one of them has no short form. */
export const join = (...words: readonly (string | undefined)[]): string | undefined =>
  words.includes(undefined) ? undefined : words.join(' ')

/** `float %a` → `a` where a is known to be a float, else `F a`. */
export function shortTyped(text: string, types: Types): string | undefined {
  const { type, rest } = takeType(text)
  const value = shortValue(rest)
  if (value === undefined) return undefined
  if (rest.startsWith('%') && types.get(value) === type) return value
  if (type === 'i64' && /^-?\d/.test(value)) return value
  return join(shortType(type), value)
}

/** A value without blanks; undefined for constants that have them. */
export function shortValue(value: string): string | undefined {
  if (value.startsWith('%')) return value.slice(1)
  const [, type, splat] = /^splat \((\w+) (\S+)\)$/.exec(value) ?? []
  if (type !== undefined && splat !== undefined)
    return join('splat', shortType(type), splat)?.replaceAll(' ', ':')
  const mask = /^<((?:i32 (?:\d+|poison|undef), )*i32 (?:\d+|poison|undef))>$/.exec(value)?.[1]
  if (mask !== undefined) return `<${mask.replaceAll('i32 ', '').replaceAll(', ', ',')}>`
  return /\s/.test(value) ? undefined : value
}

const CONSTANT = /^(?:[-\d@].*|true|false|null|undef|poison|none|zeroinitializer)$/

export function longValue(word: string): string {
  const [, type, splat] = /^splat:(\w+):(\S+)$/.exec(word) ?? []
  if (type !== undefined) return `splat (${longType(type)} ${splat})`
  if (word.startsWith('<'))
    return `<${word
      .slice(1, -1)
      .split(',')
      .map(one => `i32 ${one}`)
      .join(', ')}>`
  return CONSTANT.test(word) ? word : `%${word}`
}

/** Takes `[TYPE] VALUE` off the front of `words` and writes it as IR does. */
export function typed(words: string[], types: Types): string {
  const { type, value } = takeTyped(words, types)
  return `${type} ${value}`
}

export function takeTyped(words: string[], types: Types): { type: string; value: string } {
  const [first = ''] = words
  const type = longType(first)
  if (type !== undefined) words.shift()
  const word = words.shift() ?? ''
  const value = longValue(word)
  const known = type ?? (value.startsWith('%') ? types.get(word) : /^-?\d+$/.test(word) ? 'i64' : undefined)
  if (known === undefined)
    throw new SyntaxError(word === '' ? 'an operand is missing' : `${word} has no type`)
  return { type: known, value }
}
