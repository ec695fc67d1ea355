/** One instruction in the dense notation, both ways. Whatever it has no words for stays as it is, marked. Pure. */
import { pastBracket, splitCommas, takeType, vectorOf } from '../ir/scan.ts'
import { join, longValue, shortTyped, shortValue, type Types, takeTyped, typed } from './operands.ts'
import {
  isFlag,
  longFlags,
  longType,
  OPERATION_WORD,
  shortFlags,
  shortType,
  WORD_OPERATION,
} from './words.ts'

/** Marks a line that stands as in IR. */
const VERBATIM = '`'
const ALIGN = /, align (\d+)$/
const CASTS = /^(?:zext|sext|trunc|fpext|fptrunc|uitofp|sitofp|fptoui|fptosi|bitcast|ptrtoint|inttoptr)$/

/** The notation of one line of compacted IR; `types` learns what the line defines. */
export function encodeLine(line: string, types: Types): string {
  const before = new Map(types)
  const short = encode(line, types)
  const learnt = new Map(before)
  if (short !== undefined && decodeLine(short, learnt) === line) {
    for (const [name, type] of learnt) types.set(name, type)
    return short
  }
  return `${VERBATIM}${line}`
}

/** The line of IR that a line of the notation stands for. Throws a SyntaxError that says what it does not understand. */
export function decodeLine(line: string, types: Types): string {
  if (line.startsWith(VERBATIM)) return line.slice(1)
  const align = / !(\d+)$/.exec(line)?.[1]
  if (align !== undefined) return `${decodeLine(line.replace(/ !\d+$/, ''), types)}, align ${align}`
  const words = line.split(/\s+/).filter(word => word !== '')
  const [first = '', second = ''] = words
  if (words.length === 1 && first.endsWith(':')) return first
  if (first === 'if') return `br ${[typed(words.slice(1), types), ...words.slice(-2).map(label)].join(', ')}`
  if (first === 'go') return `br ${label(second)}`
  if (words.length === 1 && first === 'ret') return 'ret void'
  if (first === 'unreachable') return first
  const result = first === 'store' || first === 'ret' || first === 'call' ? undefined : first
  const [operation = '', ...operands] = result === undefined ? words : words.slice(1)
  const { text, type } = decodeOperation(operation, operands, types)
  if (result !== undefined && type !== undefined) types.set(result, type)
  return result === undefined ? text : `%${result} = ${text}`
}

const label = (name: string): string => `label %${name}`

function encode(line: string, types: Types): string | undefined {
  const align = ALIGN.exec(line)?.[1]
  if (align !== undefined) return join(encode(line.replace(ALIGN, ''), types), `!${align}`)
  if (/^[-\w$.]+:$/.test(line) || line === 'unreachable') return line
  if (line === 'ret void') return 'ret'
  const [, result, text = line] = /^%(\S+) = (.*)$/.exec(line) ?? []
  const branch = /^br (?:(i1 [^,]+), )?label %([^\s,]+)(?:, label %(\S+))?$/.exec(text)
  if (branch !== null) {
    const [, condition, then, otherwise] = branch
    if (condition === undefined) return `go ${then}`
    return `if ${shortTyped(condition, types)} ${then} ${otherwise}`
  }
  const body = encodeOperation(text, types)
  return body === undefined || result === undefined ? body : `${result} ${body}`
}

function encodeOperation(text: string, types: Types): string | undefined {
  const [, name = '', rest = ''] = /^(\w+) ?(.*)$/.exec(text) ?? []
  if (name === 'call') return encodeCall(rest, types)
  const { flags, rest: behind } = takeFlags(rest)
  // The flags of a comparison stand before its predicate, which is part of the operation here.
  const predicate = /^[if]cmp$/.test(name) ? /^\w+/.exec(behind)?.[0] : undefined
  const opcode = predicate === undefined ? name : `${name} ${predicate}`
  const operands = predicate === undefined ? behind : behind.slice(predicate.length + 1)
  if (opcode === 'phi') return encodePhi(flags, operands)
  if (CASTS.test(opcode)) {
    const [, from, to] = /^(.*) to (.+)$/.exec(operands) ?? []
    if (from === undefined || to === undefined) return undefined
    return join(`${opcode}${shortFlags(flags)}`, shortTyped(from, types), shortType(to))
  }
  const word = OPERATION_WORD.get(opcode)
  if (word === undefined) return undefined
  const parts = splitCommas(operands)
  const short = parts.map((part, i) => {
    if (i === 0 && (opcode === 'load' || opcode === 'getelementptr')) return shortType(part)
    if (i === 1 && isUntyped(opcode)) return shortValue(part)
    return shortTyped(part, types)
  })
  return join(`${word}${shortFlags(flags)}`, ...short)
}

/** Operations of two operands of one type, which is written once. */
const isUntyped = (opcode: string): boolean =>
  /^(?:[if]cmp |f?(?:add|sub|mul|div|rem)$|[su](?:div|rem)$|shl$|[al]shr$|and$|x?or$)/.test(opcode)

function takeFlags(text: string): { flags: string[]; rest: string } {
  const words = text.split(' ')
  const count = words.findIndex(word => !isFlag(word))
  return { flags: words.slice(0, count), rest: words.slice(count).join(' ') }
}

interface Decoded {
  readonly text: string
  readonly type: string | undefined
}

function decodeOperation(operation: string, operands: readonly string[], types: Types): Decoded {
  const words = [...operands]
  const [, word = operation, letters = ''] = /^(.+?)(?:\.([a-z]+))?$/.exec(operation) ?? []
  if (word === 'call') return decodeCall(letters, words, types)
  const flags = longFlags(letters)
    .map(flag => `${flag} `)
    .join('')
  if (word === 'phi') return decodePhi(flags, words)
  if (CASTS.test(word)) {
    const from = typed(words, types)
    const to = longType(words[0] ?? '')
    return { text: `${word} ${flags}${from} to ${to}`, type: to }
  }
  const opcode = WORD_OPERATION.get(word)
  if (opcode === undefined) throw new SyntaxError(`${operation} is no operation`)
  const parts: string[] = []
  const seen: string[] = []
  if (opcode === 'load' || opcode === 'getelementptr') {
    const type = longType(words.shift() ?? '') ?? ''
    parts.push(type)
    seen.push(type)
  }
  while (words.length > 0) {
    if (parts.length === 1 && isUntyped(opcode)) parts.push(longValue(words.shift() ?? ''))
    else {
      const { type, value } = takeTyped(words, types)
      parts.push(`${type} ${value}`)
      seen.push(type)
    }
  }
  const [name = '', predicate = ''] = opcode.split(' ')
  const before = `${name} ${flags}${predicate === '' ? '' : `${predicate} `}`
  return { text: `${before}${parts.join(', ')}`, type: resultType(opcode, seen, parts) }
}

function resultType(
  opcode: string,
  [first = '', second = '']: readonly string[],
  parts: readonly string[],
): string | undefined {
  const vector = vectorOf(first)
  if (/^[if]cmp/.test(opcode)) return vector === undefined ? 'i1' : `<${vector.lanes} x i1>`
  if (opcode === 'getelementptr')
    return second === 'ptr' && !parts.some(part => part.startsWith('<')) ? 'ptr' : undefined
  if (opcode === 'select') return second
  if (opcode === 'extractelement') return vector?.element
  if (opcode === 'shufflevector') {
    const mask = vectorOf(takeType(parts[2] ?? '').type)
    return mask && vector ? `<${mask.lanes} x ${vector.element}>` : undefined
  }
  return first
}

function encodePhi(flags: readonly string[], operands: string): string | undefined {
  const { type, rest } = takeType(operands)
  const pairs = splitCommas(rest).map(pair => /^\[ (.+), %(\S+) \]$/.exec(pair))
  return join(
    `phi${shortFlags(flags)}`,
    shortType(type),
    ...pairs.flatMap(pair => [shortValue(pair?.[1] ?? ' '), pair?.[2]]),
  )
}

function decodePhi(flags: string, words: readonly string[]): Decoded {
  const [type, ...pairs] = words
  const texts: string[] = []
  for (let i = 0; i + 1 < pairs.length; i += 2)
    texts.push(`[ ${longValue(pairs[i] ?? '')}, %${pairs[i + 1]} ]`)
  const long = longType(type ?? '')
  return { text: `phi ${flags}${long} ${texts.join(', ')}`, type: long }
}

/** `float @llvm.exp.f32(float %a)` → `call F exp a`: an intrinsic loses its prefix, and its suffix if that is the type's. */
function encodeCall(text: string, types: Types): string | undefined {
  const { flags, rest } = takeFlags(text)
  const { type, rest: callee } = takeType(rest)
  const [, name] = /^@([\w.]+)\(/.exec(callee) ?? []
  const open = callee.indexOf('(')
  if (name === undefined || pastBracket(callee, open) !== callee.length) return undefined
  const list = splitCommas(callee.slice(open + 1, -1)).map(argument => shortTyped(argument, types))
  return join(`call${shortFlags(flags)}`, shortType(type), shortCallee(name, type), ...list)
}

const shortCallee = (name: string, type: string): string => {
  const intrinsic = /^llvm\.(.*)$/.exec(name)?.[1]
  if (intrinsic === undefined) return `@${name}`
  const suffix = `.${mangled(type)}`
  return intrinsic.endsWith(suffix) ? intrinsic.slice(0, -suffix.length) : `${intrinsic}!`
}

/** A type as intrinsics' names have it: `f32`, `v8f32`, `p0`. */
function mangled(type: string): string {
  const vector = vectorOf(type)
  if (vector !== undefined) return `v${vector.lanes}${mangled(vector.element)}`
  return { float: 'f32', double: 'f64', half: 'f16', bfloat: 'bf16', ptr: 'p0' }[type] ?? type
}

function decodeCall(letters: string, words: string[], types: Types): Decoded {
  const flags = longFlags(letters)
    .map(flag => `${flag} `)
    .join('')
  const type = longType(words.shift() ?? '')
  const callee = words.shift() ?? ''
  const name = callee.startsWith('@')
    ? callee
    : `@llvm.${callee.endsWith('!') ? callee.slice(0, -1) : `${callee}.${mangled(type ?? '')}`}`
  const list: string[] = []
  while (words.length > 0) list.push(typed(words, types))
  return { text: `call ${flags}${type} ${name}(${list.join(', ')})`, type }
}
