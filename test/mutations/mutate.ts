/** Mutations of a kernel's canonical IR: small mistakes a verifier must notice. Each changes one line. */
import { readInstruction } from '../../src/judge/ir/instruction.ts'
import { dataValues, readFunctions } from '../../src/judge/ir/module-text.ts'

export interface Mutation {
  readonly kind: string
  /** Index into the lines of the canonical text. */
  readonly line: number
  /** The line as it is, and the lines it becomes; none when it is dropped. */
  readonly from: string
  readonly to: readonly string[]
}

type Kind = (line: string) => readonly string[] | undefined

const INVERSE: Readonly<Record<string, string>> = {
  slt: 'sge',
  sge: 'slt',
  sgt: 'sle',
  sle: 'sgt',
  ult: 'uge',
  uge: 'ult',
  ugt: 'ule',
  ule: 'ugt',
  eq: 'ne',
  ne: 'eq',
  oeq: 'une',
  une: 'oeq',
  ogt: 'ule',

  oge: 'ult',
  olt: 'uge',
  ole: 'ugt',
}

const replaced = (
  line: string,
  pattern: RegExp,
  by: string | ((...match: string[]) => string),
): string[] | undefined => {
  if (!pattern.test(line)) return undefined
  const changed = typeof by === 'string' ? line.replace(pattern, by) : line.replace(pattern, by)
  return changed === line ? undefined : [changed]
}

const FLOAT_CONSTANT = /(?<= |\()(-?\d+\.\d+e[+-]\d+|0x[0-9A-F]{16})(?=$|,|\)| )/

/** An LLVM constant of type float or double as bits of a double, moved by `change`, as LLVM writes it. */
function movedConstant(line: string, change: (value: number) => number): string[] | undefined {
  if (!/ (?:fadd|fsub|fmul|fdiv|select|store|call float) /.test(line) || !/\bfloat\b/.test(line))
    return undefined
  return replaced(line, FLOAT_CONSTANT, text => {
    const bytes = Buffer.alloc(8)
    if (text.startsWith('0x')) bytes.write(text.slice(2), 'hex')
    else bytes.writeDoubleBE(Number(text))
    const value = bytes.readDoubleBE()
    const next = change(value)
    if (!Number.isFinite(value) || Object.is(next, value)) return text
    bytes.writeDoubleBE(Math.fround(next))
    return `0x${bytes.toString('hex').toUpperCase()}`
  })
}

function neighbour(value: number): number {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  bytes.writeInt32BE(bytes.readInt32BE() + 1)
  return bytes.readFloatBE()
}

const shifted = (line: string, opcode: 'load' | 'store'): string[] | undefined => {
  const i = readInstruction(line)
  if (i?.opcode !== opcode) return undefined
  const value = opcode === 'load' ? i.type : (i.operands[0]?.type ?? '')
  const pointer = i.operands.at(-1)
  if (pointer === undefined || value === 'ptr') return undefined
  const values = i.operands.map(operand => operand.value)
  values[values.length - 1] = '%mutant'
  return [`  %mutant = getelementptr ${value}, ptr ${pointer.value}, i64 1`, i.rebuild(values)]
}

function swapped(line: string, opcodes: RegExp, a: number, b: number): string[] | undefined {
  const i = readInstruction(line)
  if (i === undefined || !opcodes.test(i.opcode)) return undefined
  const values = i.operands.map(operand => operand.value)
  const [x, y] = [values[a], values[b]]
  if (x === undefined || y === undefined || x === y) return undefined
  values[a] = y
  values[b] = x
  return [i.rebuild(values)]
}

/** Every kind of mutation, by name. */
export const KINDS: Readonly<Record<string, Kind>> = {
  'flipped predicate': line =>
    replaced(line, /(?<=[if]cmp (?:reassoc |fast )?)(\w+)(?= )/, word => INVERSE[word] ?? word),
  'bound one too high': line =>
    replaced(
      line,
      /(?<=icmp s?ult?e? i(?:32|64) %\S+, |icmp slt i(?:32|64) %\S+, )(\d+)$/,
      n => `${Number(n) + 1}`,
    ),
  'missing last element': line =>
    replaced(
      line,
      /(?<=icmp s?ult?e? i(?:32|64) %\S+, |icmp slt i(?:32|64) %\S+, )(\d+)$/,
      n => `${Number(n) - 1}`,
    ),
  'missing first element': line => replaced(line, /(?<= = phi i(?:32|64) .*\[ )0(?=, )/, '1'),
  'swapped operands': line => swapped(line, /^(?:f?sub|[fsu]div|[us]rem|[al]?sh[lr]|fcmp)$/, 0, 1),
  'swapped select arms': line => swapped(line, /^select$/, 1, 2),
  'dropped store': line => (/^ {2}store (?!ptr )/.test(line) ? [] : undefined),
  'wrong constant': line => movedConstant(line, value => (value === 0 ? 1 : value * 1.5)),
  'neighbouring constant': line => movedConstant(line, value => (value === 0 ? value : neighbour(value))),
  'wrong sign': line =>
    replaced(line, / = (fadd|fsub|fneg|add|sub) /, (all, word) => {
      const other = { fadd: 'fsub', fsub: 'fadd', add: 'sub', sub: 'add' }[word ?? '']
      return other === undefined ? all : ` = ${other} `
    }),
  'index stride': line => replaced(line, /(?<= = mul .*i(?:32|64) %\S+, )(\d+)$/, n => `${Number(n) + 1}`),
  'uninitialised output': line => {
    const i = readInstruction(line)
    const [value, pointer] = i?.operands ?? []
    if (i?.opcode !== 'store' || value === undefined || pointer === undefined || value.type === 'ptr')
      return undefined
    return [
      `  %mutant.at = alloca ${value.type}`,
      `  %mutant = load ${value.type}, ptr %mutant.at`,
      i.rebuild(['%mutant', pointer.value]),
    ]
  },
  'write one element further': line => shifted(line, 'store'),
  'read one element further': line => shifted(line, 'load'),
  'removed NaN handling': line =>
    replaced(line, /(?<=fcmp (?:reassoc )?)(uno|uge|ule|ugt|ult|une|ueq)(?= )/, word =>
      word === 'uno' ? 'false' : `o${word === 'une' ? 'ne' : word.slice(1)}`,
    ),
  'wrong conversion': line =>
    replaced(line, / = (sitofp|fptosi|[sz]ext) (?!i1 )/, (all, word) => {
      const other = { sitofp: 'uitofp', fptosi: 'fptoui', zext: 'sext', sext: 'zext' }[word ?? '']
      return other === undefined ? all : ` = ${other} `
    }),
  'wrong function': line =>
    replaced(line, /(?<=@llvm\.)(exp|log|smin|smax|umin|umax|sqrt|tanh|pow|maximum|minimum)(?=\.)/, word => {
      const other = {
        exp: 'exp2',
        log: 'log2',
        smin: 'smax',
        smax: 'smin',
        umin: 'umax',
        umax: 'umin',
        sqrt: 'fabs',
        tanh: 'sin',
        pow: 'copysign',
        maximum: 'minimum',
        minimum: 'maximum',
      }[word]
      return other ?? word
    }),
  'wrong logic': line =>
    replaced(line, / = (and|or) (?!disjoint|i1 true)/, (_, word) => ` = ${word === 'and' ? 'or' : 'and'} `),
  'rounded twice': line => {
    const i = readInstruction(line)
    if (i?.opcode !== 'fdiv' || i.type !== 'float') return undefined
    const [a, b] = i.operands.map(operand => operand.value)
    return [`  %mutant = fdiv float 1.000000e+00, ${b}`, `  ${i.result} = fmul float ${a}, %mutant`]
  },
  'unsigned comparison': line => replaced(line, /(?<=icmp )s(?=[lg][te] )/, 'u'),
}

/** Kinds that say something only of values that depend on input data; of loop counters they mean the same. */
const OF_DATA = new Set(['unsigned comparison', 'read one element further'])

/** At most `each` mutations of every kind, those nearest the end of the text, where the work is done. */
export function mutationsOf(ir: string, each: number): Mutation[] {
  const lines = ir.split('\n')
  const functions = readFunctions(ir)
  const data = dataValues(functions)
  const functionAt = (line: number): string => {
    const offset = lines.slice(0, line).join('\n').length + 1
    return functions.find(f => f.text.start < offset && offset < f.text.end)?.text.name ?? ''
  }
  const isSite = (kind: string, line: number): boolean => {
    const i = readInstruction(lines[line] ?? '')
    if (i === undefined) return false
    const known = data.get(functionAt(line))
    if (i.result !== undefined && !used(ir, i.result)) return false
    // Older emitters keep loop counters in memory; what is stored there is no output.
    if (i.opcode === 'store' && ir.includes(`  ${i.operands[1]?.value} = alloca `)) return false
    if (!OF_DATA.has(kind)) return true
    return i.opcode === 'load'
      ? known?.has(i.result ?? '') === true
      : i.operands.some(o => known?.has(o.value))
  }
  return Object.entries(KINDS).flatMap(([kind, change]) =>
    lines
      .flatMap((from, line): Mutation[] => {
        const to = from.startsWith('  ') ? change(from) : undefined
        return to !== undefined && isSite(kind, line) ? [{ kind, line, from, to }] : []
      })
      .slice(-each),
  )
}

const used = (ir: string, value: string): boolean => ir.split(new RegExp(`${value}\\b`)).length > 2

/** The text with one mutation; throws when it is not the text the mutation was made of. */
export function mutate(ir: string, mutation: Mutation): string {
  const lines = ir.split('\n')
  if (lines[mutation.line] !== mutation.from)
    throw new Error(`line ${mutation.line + 1} is not '${mutation.from}': make the list of mutants anew`)
  lines.splice(mutation.line, 1, ...mutation.to)
  return lines.join('\n')
}
