/**
 * Calls of math functions sent to the runner's own, which return libm's result moved by a declared error. Pure.
 * The errors stand in the runner (src/runner/native/verify/instrument.c): what XLA's own accuracy tests allow its approximations
 * (openxla/xla, xla/codegen/intrinsic/accuracy/accuracy_budget.h and xla/tests/exhaustive).
 */
import { vectorOf } from '../../kernel/ir/scan.ts'
import type { Instruction } from './instruction.ts'
import { type FunctionLines, readFunctions, rewriteFunctions } from './module-text.ts'

const UNARY =
  'exp exp2 exp10 expm1 log log2 log10 log1p sin cos tan tanh sinh cosh asin acos atan asinh acosh atanh erf erfc cbrt lgamma tgamma'.split(
    ' ',
  )
const BINARY = ['pow', 'atan2', 'fmod']
const KNOWN = new Set([...UNARY, ...BINARY])
const SUFFIX: Readonly<Record<string, string>> = { float: 'f', double: '' }

/** A function of floats or doubles, or of fixed vectors of them lane by lane. */
export interface LaneFunction {
  /** libm's name of it for doubles. */
  readonly name: string
  readonly element: 'float' | 'double'
  readonly lanes: number | undefined
}

/** `name` on operands of `type`; undefined for types the runner has no function for. */
export function laneFunction(name: string, type: string): LaneFunction | undefined {
  const vector = vectorOf(type)
  const element = vector?.element ?? type
  return element === 'float' || element === 'double' ? { name, element, lanes: vector?.lanes } : undefined
}

/** What math function an instruction calls, if any: an intrinsic, libm's, or XLA's reciprocal root. */
export function mathCall(i: Instruction): LaneFunction | undefined {
  if (i.opcode !== 'call' || i.callee === undefined || i.result === undefined) return undefined
  const found = laneFunction('', i.type)
  if (found === undefined) return undefined
  if (RSQRT.test(i.callee)) return { ...found, name: 'rsqrt' }
  const intrinsic = /^llvm\.(\w+)\.(?:v\d+)?f(?:32|64)$/.exec(i.callee)?.[1]
  const plain = found.element === 'float' && i.callee.endsWith('f') ? i.callee.slice(0, -1) : i.callee
  const name = intrinsic ?? (found.lanes === undefined ? plain : '')
  return KNOWN.has(name) ? { ...found, name } : undefined
}

/** Defined as `1 / sqrt(x)` by `withXlaMath`, so that it can still be told from a quotient of the kernel's own. */
const RSQRT = /^"?xla\.rsqrt\.(?:v\d+)?f(?:32|64)"?$/

/** `ir` with every math call sent to the runner's `xlab_…`, a vector's lane by lane. */
export function perturbMath(ir: string): string {
  const used = new Map<string, string>()
  const perturbLines = (f: FunctionLines): string[] => {
    let count = 0
    return f.lines.flatMap(({ text, instruction: i }) => {
      const math = i === undefined ? undefined : mathCall(i)
      if (i?.result === undefined || math === undefined) return [text]
      const operands = i.operands.filter(({ type }) => !/^i\d+$/.test(type)).map(({ value }) => value)
      return laneCalls(math, { result: i.result, type: i.type, operands }, used, () => `%xlab.m.${count++}`)
    })
  }
  return rewriteFunctions(ir, readFunctions(ir), perturbLines, () => [...used.values()])
}

/** Lines that call the runner's function lane by lane; its declaration goes into `used`. */
export function laneCalls(
  { name, element, lanes }: LaneFunction,
  call: {
    readonly result: string
    readonly type: string
    readonly operands: readonly string[]
    /** A number passed behind the operands. */
    readonly last?: number
  },
  used: Map<string, string>,
  next: () => string,
): string[] {
  const symbol = `xlab_${name}${SUFFIX[element]}`
  const tail = call.last === undefined ? [] : ['i32']
  used.set(
    symbol,
    `declare ${element} @${symbol}(${[...call.operands.map(() => element), ...tail].join(', ')})`,
  )
  const made = (values: readonly string[]): string => {
    const passed = [
      ...values.map(value => `${element} ${value}`),
      ...tail.map(type => `${type} ${call.last}`),
    ]
    return `call ${element} @${symbol}(${passed.join(', ')})`
  }
  if (lanes === undefined) return [`  ${call.result} = ${made(call.operands)}`]
  const out: string[] = []
  const emit = (expression: string, into = next()): string => {
    out.push(`  ${into} = ${expression}`)
    return into
  }
  let whole = 'poison'
  for (let lane = 0; lane < lanes; lane++) {
    const parts = call.operands.map(operand => emit(`extractelement ${call.type} ${operand}, i64 ${lane}`))
    const one = emit(made(parts))
    whole = emit(
      `insertelement ${call.type} ${whole}, ${element} ${one}, i64 ${lane}`,
      lane === lanes - 1 ? call.result : next(),
    )
  }
  return out
}
