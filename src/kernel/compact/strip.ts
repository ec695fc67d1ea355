/**
 * What a line of IR can lose and still be a valid line of the same kernel: assumptions an optimiser may use and a
 * reader need not see. Nothing that stays means more afterwards: alignments go only where the default promises less.
 */
import { functionHead, pastBracket, splitCommas, takeType, vectorOf } from '../ir/scan.ts'

const METADATA = /(?:, ![a-zA-Z_.][-\w.]* !\d+)+$/
const ALIGN = /, align (\d+)$/
const GROUPS = /(?: #\d+)+$/
/** Attributes of parameters and arguments that only promise something. */
const PROMISE =
  /\b(?:noundef|nonnull|noalias|nocapture|nofree|readonly|readnone|writeonly|writable|returned|immarg|noundef|align \d+|dereferenceable(?:_or_null)?\(\d+\)|captures\([^)]*\)|range\([^)]*\)|nofpclass\([^)]*\)|initializes\((?:\([^)]*\)(?:, )?)+\)|dead_on_unwind)\s*/g
/** Attributes that say how an argument is passed: such a head or call stays as it is. */
const PASSING = /\b(?:byval|sret|byref|inalloca|preallocated|inreg|swift\w+|nest|zeroext|signext)\b/

/** True for lines that say nothing to a reader: markers for alias scopes, and declarations of intrinsics. */
export const isMarker = (line: string): boolean =>
  line.startsWith('call void @llvm.experimental.noalias.scope.decl(') || /^declare [^@]*@llvm\./.test(line)

/** The head of a definition or declaration without attributes. */
export function plainHead(head: string): string {
  if (PASSING.test(head) || /\bpersonality\b|\bprefix\b|\bprologue\b|\baddrspace\b/.test(head)) return head
  const { linkage, result, parameters, variadic } = functionHead(head)
  const list = parameters.map(({ type, name }) => (name === undefined ? type : `${type} ${name}`))
  if (variadic) list.push('...')
  const keyword = head.startsWith('declare') ? 'declare' : 'define'
  const local = /\b(?:internal|private)\b/.exec(linkage)?.[0]
  const name = /@("[^"]*"|[-\w$.]+)/.exec(head)?.[0]
  return `${keyword} ${local === undefined ? '' : `${local} `}${result} ${name}(${list.join(', ')})`
}

/** An instruction without metadata, attribute groups and what else is promised of its operands. */
export function plainLine(line: string): string {
  let plain = line.replace(METADATA, '')
  plain = withoutAlignment(plain)
  if (/\bcall\b/.test(plain)) plain = plainCall(plain)
  return plain
}

function withoutAlignment(line: string): string {
  const align = ALIGN.exec(line)?.[1]
  if (align === undefined) return line
  const type = /(?:= load (?:volatile )?|^store (?:volatile )?)(.+)$/.exec(line)?.[1]
  const natural = type === undefined ? undefined : naturalAlign(takeType(type).type)
  return natural !== undefined && Number(align) >= natural ? line.replace(ALIGN, '') : line
}

/** What the ABI aligns a type to on the targets here, as bytes; undefined where they may differ. */
function naturalAlign(type: string): number | undefined {
  const vector = vectorOf(type)
  const bytes = BYTES[vector?.element ?? type]
  if (bytes === undefined || type === 'x86_fp80') return undefined
  return vector === undefined ? bytes : 2 ** Math.ceil(Math.log2(bytes * vector.lanes))
}

const BYTES: Readonly<Record<string, number>> = {
  ...{ i1: 1, i8: 1, i16: 2, half: 2, bfloat: 2, i32: 4, float: 4, i64: 8, double: 8, ptr: 8 },
}

function plainCall(line: string): string {
  if (PASSING.test(line) || line.includes('metadata') || line.includes('asm ')) return line
  const plain = line.replace(GROUPS, '').replace(/\b(?:tail|notail) call\b/, 'call')
  const at = /@(?:"[^"]*"|[-\w$.]+)\(/.exec(plain)
  if (at === null) return plain
  const open = at.index + at[0].length - 1
  const close = pastBracket(plain, open)
  const list = splitCommas(plain.slice(open + 1, close - 1)).map(argument => {
    const { type, rest } = takeType(argument)
    return `${type} ${rest.replaceAll(PROMISE, '')}`
  })
  return `${plain.slice(0, at.index).replaceAll(PROMISE, '')}${at[0]}${list.join(', ')}${plain.slice(close - 1)}`
}

/** A global whose contents are long is only declared; the text of a kernel does not depend on them. */
export function plainGlobal(line: string): string {
  const [, name, kind, rest] = /^(@\S+) = .*?\b(constant|global) (.*)$/.exec(line) ?? []
  if (name === undefined || kind === undefined || rest === undefined || line.includes('external')) return line
  const { type, rest: value } = takeType(rest)
  const contents = value.replace(/(?:, (?:align \d+|section "[^"]*"|!\S+ !\d+))+$/, '')
  return contents.length > LONGEST
    ? `${name} = external ${kind} ${type}`
    : `${name} = internal ${kind} ${type} ${contents}`
}

/** Characters of a global's contents that are shown. */
const LONGEST = 80
