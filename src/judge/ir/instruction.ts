/** One LLVM instruction read from a line of textual IR, as far as the reference transformations need it. Pure. */
import {
  pastBracket,
  splitCommas,
  type TypedValue,
  takeType,
  typedValue,
  vectorOf,
} from '../../kernel/ir/scan.ts'
import { maskType } from './types.ts'

export interface Instruction {
  /** `%name`, when it yields a value. */
  readonly result: string | undefined
  readonly opcode: string
  /** Words between opcode and operands: `nsw`, `fast`, a predicate, `inbounds`, … */
  readonly flags: readonly string[]
  /** Type of the result; `void` where there is none. */
  readonly type: string
  readonly operands: readonly TypedValue[]
  /** For calls: the function's name without `@`, quotes kept; undefined when called through a pointer. */
  readonly callee: string | undefined
  /** The line with other operand values and the same everything else; values are given in operand order. */
  rebuild(values: readonly string[]): string
}

const HEAD = /^\s*(?:(%(?:"[^"]*"|[-\w$.]+)) = )?((?:(?:tail|musttail|notail) )?)([a-z_]+)(?: |$)/
const FLAG =
  /^(?:nuw|nsw|exact|inbounds|nusw|inrange\([^)]*\)|disjoint|nneg|samesign|fast|nnan|ninf|nsz|arcp|contract|afn|reassoc|volatile|atomic|eq|ne|ugt|uge|ult|ule|sgt|sge|slt|sle|oeq|ogt|oge|olt|ole|one|ord|ueq|une|uno|true|false)(?= )/
const METADATA = /(?:,\s*![\w.]+ (?:![\w.]+(?:\([^)]*\))?|!\{[^}]*\}))+\s*$/
const BINARY = /^(?:f?add|f?sub|f?mul|[usf]div|[usf]rem|shl|[la]shr|and|or|xor)$/
const CAST =
  /^(?:trunc|[sz]ext|fptrunc|fpext|fpto[us]i|[us]itofp|ptrtoint|ptrtoaddr|inttoptr|bitcast|addrspacecast)$/

/** Reads a line of a function body; undefined for labels, comments, debug records and blank lines. */
export function readInstruction(line: string): Instruction | undefined {
  const head = HEAD.exec(line)
  if (head === null || /^\s*(?:;|[-\w$."]+:)/.test(line)) return undefined
  const opcode = head[3] ?? ''
  const attachments = METADATA.exec(line)?.[0] ?? ''
  let rest = line.slice(head[0].length, line.length - attachments.length)
  let lead = head[0]
  const flags: string[] = []
  for (let flag = FLAG.exec(rest); flag !== null; flag = FLAG.exec(rest)) {
    flags.push(flag[0])
    lead += `${flag[0]} `
    rest = rest.slice(flag[0].length + 1)
  }
  const body = opcode === 'call' ? readCall(rest) : readOperands(opcode, rest)
  return {
    result: head[1],
    opcode,
    flags,
    type: body.type,
    operands: body.operands,
    callee: body.callee,
    rebuild: values => `${lead}${body.rebuild(values)}${attachments}`,
  }
}

interface Body {
  readonly type: string
  readonly operands: readonly TypedValue[]
  readonly callee?: string
  rebuild(values: readonly string[]): string
}

const OPAQUE = (rest: string): Body => ({ type: 'void', operands: [], rebuild: () => rest })

function readOperands(opcode: string, rest: string): Body {
  const parts = splitCommas(rest)
  const first = typedValue(parts[0] ?? '')
  if (BINARY.test(opcode) || opcode === 'icmp' || opcode === 'fcmp')
    return {
      type: opcode.endsWith('cmp') ? maskType(first.type) : first.type,
      operands: [first, { type: first.type, value: parts[1] ?? '' }],
      rebuild: ([a, b]) => `${first.type} ${a}, ${b}`,
    }
  if (CAST.test(opcode)) {
    const [value = '', to = ''] = first.value.split(/ to (?=[^()]*$)/)
    return {
      type: to,
      operands: [{ type: first.type, value }],
      rebuild: ([a]) => `${first.type} ${a} to ${to}`,
    }
  }
  switch (opcode) {
    case 'fneg':
    case 'freeze':
      return { ...typedList(parts), type: first.type }
    case 'select':
      return { ...typedList(parts), type: typedValue(parts[1] ?? '').type }
    case 'extractelement':
      return { ...typedList(parts), type: vectorOf(first.type)?.element ?? first.type }
    case 'insertelement':
      return { ...typedList(parts), type: first.type }
    case 'shufflevector': {
      const mask = vectorOf(typedValue(parts[2] ?? '').type)
      return { ...typedList(parts), type: `<${mask?.lanes ?? 0} x ${vectorOf(first.type)?.element ?? ''}>` }
    }
    case 'insertvalue':
      return { ...typedList(parts.slice(0, 2), parts.slice(2)), type: first.type }
    case 'extractvalue':
      return { ...typedList(parts.slice(0, 1), parts.slice(1)), type: fieldType(first.type, parts.slice(1)) }
    case 'phi':
      return readPhi(rest)
    case 'load':
      return { ...typedList(parts.slice(1, 2), parts.slice(2), first.type), type: first.type }
    case 'store':
      return typedList(parts.slice(0, 2), parts.slice(2))
    case 'getelementptr':
      return readGep(parts)
    case 'ret':
      return first.type === 'void' ? OPAQUE(rest) : typedList(parts)
    case 'br':
      return parts.length === 3 ? typedList(parts.slice(0, 1), parts.slice(1)) : OPAQUE(rest)
    case 'switch': {
      const cases = rest.slice(rest.indexOf(', label'))
      return { type: 'void', operands: [first], rebuild: ([a]) => `${first.type} ${a}${cases}` }
    }
    default:
      return OPAQUE(rest)
  }
}

function typedList(parts: readonly string[], tail: readonly string[] = [], before?: string): Body {
  const operands = parts.map(typedValue)
  return {
    type: 'void',
    operands,
    rebuild: values =>
      [
        ...(before === undefined ? [] : [before]),
        ...operands.map((operand, i) => `${operand.type} ${values[i]}`),
        ...tail,
      ].join(', '),
  }
}

function readPhi(rest: string): Body {
  const { type, rest: list } = takeType(rest)
  const incoming = splitCommas(list).map(pair => splitCommas(pair.slice(1, -1)))
  return {
    type,
    operands: incoming.map(([value = '']) => ({ type, value })),
    rebuild: values => `${type} ${incoming.map(([, block], i) => `[ ${values[i]}, ${block} ]`).join(', ')}`,
  }
}

function readGep(parts: readonly string[]): Body {
  const body = typedList(parts.slice(1), [], parts[0])
  const lanes = body.operands.map(operand => vectorOf(operand.type)?.lanes).find(n => n !== undefined)
  return { ...body, type: lanes === undefined ? 'ptr' : `<${lanes} x ptr>` }
}

/** `[cc] [attributes] type [(function type)] @callee(arguments) [attributes] [bundles]`. */
function readCall(rest: string): Body {
  const at = /(?:@(?:"[^"]*"|[-\w$.]+)|%(?:"[^"]*"|[-\w$.]+))\(/.exec(rest)
  if (at === null) return OPAQUE(rest)
  const opening = at.index + at[0].length - 1
  const close = pastBracket(rest, opening)
  const parts = splitCommas(rest.slice(opening + 1, close - 1)).map(part => {
    const { type, rest: after } = takeType(part)
    const attributes = ATTRIBUTES.exec(after)?.[0] ?? ''
    return { type, attributes, value: after.slice(attributes.length) }
  })
  const type = resultType(rest.slice(0, at.index))
  return {
    type,
    operands: parts,
    ...(at[0].startsWith('@') && { callee: at[0].slice(1, -1) }),
    rebuild: values =>
      `${rest.slice(0, opening + 1)}${parts.map((part, i) => `${part.type} ${part.attributes}${values[i]}`).join(', ')}${rest.slice(close - 1)}`,
  }
}

const ATTRIBUTES =
  /^(?:(?:align \d+|(?:align|dereferenceable|dereferenceable_or_null|captures|nofpclass|range|byval|sret|elementtype|initializes)\((?:[^()]|\([^()]*\))*\)|noundef|zeroext|signext|inreg|noalias|nocapture|nonnull|nofree|readonly|readnone|writeonly|returned|immarg|nest|swiftself|dead_on_return|dead_on_unwind|writable|allocalign|allocptr|noext) )+/

function resultType(before: string): string {
  let text = before.trim()
  for (;;) {
    const word =
      /^(?:(?:range|nofpclass|dereferenceable|align)\([^)]*\)|align \d+|cc \d+|\w*cc|noundef|zeroext|signext|inreg|noalias|nonnull) /.exec(
        text,
      )?.[0]
    if (word === undefined) return takeType(text).type
    text = text.slice(word.length).trimStart()
  }
}

function fieldType(aggregate: string, indices: readonly string[]): string {
  let type = aggregate
  for (const index of indices) {
    const array = /^\[\d+ x (.+)\]$/.exec(type)?.[1]
    type = array ?? splitCommas(type.replace(/^<?\{|\}>?$/g, ''))[Number(index)] ?? ''
  }
  return type
}
