/** The words of the dense notation and what they stand for in LLVM IR. Every word is one token to common tokenizers, or two. Pure. */

const TYPES: readonly (readonly [string, string])[] = [
  ...([
    ['i64', 'L'],
    ['i32', 'I'],
    ['i16', 'S'],
    ['i8', 'B'],
    ['i1', 'Z'],
    ['ptr', 'P'],
  ] as const),
  ...([
    ['float', 'F'],
    ['double', 'D'],
    ['half', 'H'],
    ['bfloat', 'G'],
    ['void', 'V'],
  ] as const),
]
const SHORT_TYPE = new Map(TYPES)
const LONG_TYPE = new Map(TYPES.map(([long, short]) => [short, long]))

/** A type as the notation writes it: `F`, `F8` for `<8 x float>`, `L[4]` for `[4 x i64]`; undefined if it cannot. */
export function shortType(type: string): string | undefined {
  const scalar = SHORT_TYPE.get(type)
  if (scalar !== undefined) return scalar
  if (/^%t\d+$/.test(type)) return type
  const [, open, count, element, close] = /^([<[])(\d+) x (.+)([>\]])$/.exec(type) ?? []
  if (count === undefined || element === undefined) return undefined
  const inner = shortType(element)
  if (inner === undefined) return undefined
  if (open === '<' && close === '>') return /^[A-Z]$/.test(inner) ? `${inner}${count}` : undefined
  return `${inner}[${count}]`
}

/** The type a word of the notation stands for; undefined for a word that is no type. */
export function longType(word: string): string | undefined {
  const [, base, lanes, arrays] = /^([A-Z]|%t\d+)(\d+)?((?:\[\d+\])*)$/.exec(word) ?? []
  const element = base === undefined ? undefined : base.startsWith('%') ? base : LONG_TYPE.get(base)
  if (element === undefined) return undefined
  let type = lanes === undefined ? element : `<${lanes} x ${element}>`
  for (const [, count] of (arrays ?? '').matchAll(/\[(\d+)\]/g)) type = `[${count} x ${type}]`
  return type
}

/** Operations whose operands are parted by commas in IR; the others have a rule of their own. */
const OPERATIONS: readonly (readonly [string, string])[] = [
  ...([
    ['add', '+'],
    ['sub', '-'],
    ['mul', '*'],
    ['sdiv', '/'],
    ['udiv', '/u'],
    ['srem', 'mod'],
    ['urem', 'modu'],
  ] as const),
  ...([
    ['shl', '<<'],
    ['ashr', '>>'],
    ['lshr', '>>u'],
    ['and', '&'],
    ['or', '|'],
    ['xor', '^'],
  ] as const),
  ...([
    ['fadd', 'f+'],
    ['fsub', 'f-'],
    ['fmul', 'f*'],
    ['fdiv', 'f/'],
    ['frem', 'fmod'],
    ['fneg', 'neg'],
  ] as const),
  ...([
    ['icmp eq', '=='],
    ['icmp ne', '!='],
    ['icmp slt', '<'],
    ['icmp sle', '<='],
    ['icmp sgt', '>'],
  ] as const),
  ...([
    ['icmp sge', '>='],
    ['icmp ult', 'u<'],
    ['icmp ule', 'u<='],
    ['icmp ugt', 'u>'],
    ['icmp uge', 'u>='],
  ] as const),
  ...([
    ['fcmp oeq', 'f=='],
    ['fcmp one', 'fo!='],
    ['fcmp une', 'f!='],
    ['fcmp olt', 'f<'],
    ['fcmp ole', 'f<='],
  ] as const),
  ...([
    ['fcmp ogt', 'f>'],
    ['fcmp oge', 'f>='],
    ['fcmp ult', 'fu<'],
    ['fcmp ule', 'fu<='],
    ['fcmp ugt', 'fu>'],
  ] as const),
  ...([
    ['fcmp uge', 'fu>='],
    ['fcmp ueq', 'fu=='],
    ['fcmp ord', 'ord'],
    ['fcmp uno', 'nan'],
  ] as const),
  ...([
    ['load', 'load'],
    ['store', 'store'],
    ['getelementptr', 'at'],
    ['select', '?'],
    ['freeze', 'freeze'],
  ] as const),
  ...([
    ['extractelement', 'get'],
    ['insertelement', 'put'],
    ['shufflevector', 'mix'],
    ['ret', 'ret'],
    ['br', 'go'],
  ] as const),
]
export const OPERATION_WORD: ReadonlyMap<string, string> = new Map(OPERATIONS)
export const WORD_OPERATION: ReadonlyMap<string, string> = new Map(
  OPERATIONS.map(([long, short]) => [short, long]),
)

const FLAGS: readonly (readonly [string, string])[] = [
  ...([
    ['nuw', 'u'],
    ['nsw', 's'],
    ['inbounds', 'i'],
    ['nusw', 'w'],
    ['exact', 'x'],
    ['disjoint', 'j'],
    ['nneg', 'n'],
  ] as const),
  ...([
    ['samesign', 'g'],
    ['reassoc', 'r'],
    ['nnan', 'a'],
    ['ninf', 'f'],
    ['nsz', 'z'],
    ['arcp', 'p'],
  ] as const),
  ...([
    ['contract', 'c'],
    ['afn', 'm'],
    ['fast', 'q'],
  ] as const),
]
const FLAG_LETTER = new Map(FLAGS)
const LETTER_FLAG = new Map(FLAGS.map(([long, short]) => [short, long]))

/** True for a word that may stand between an operation and its operands. */
export const isFlag = (word: string): boolean => FLAG_LETTER.has(word)

/** `['nuw', 'nsw']` ↔ `.us`; nothing for none. */
export const shortFlags = (flags: readonly string[]): string =>
  flags.length === 0 ? '' : `.${flags.map(flag => FLAG_LETTER.get(flag)).join('')}`
export const longFlags = (letters: string): string[] =>
  [...letters].map(letter => LETTER_FLAG.get(letter) ?? '').filter(flag => flag !== '')

/** What the notation means, for a model that is to read it. */
export const LEGEND = `One instruction a line: NAME OPERATION OPERANDS. Types: ${TYPES.filter(
  ([long]) => long !== 'void',
)
  .map(([long, short]) => `${short}=${long}`)
  .join(
    ' ',
  )}; F8=<8 x float>. A type is left out where the operand's is known. load TYPE ADDRESS; store VALUE ADDRESS; at TYPE POINTER INDEX=getelementptr; ? =select; if CONDITION THEN ELSE, go LABEL=br; f+ and so on are for floats, u< unsigned. .su behind an operation: nsw nuw; .i inbounds; .r reassoc; .c contract.`
