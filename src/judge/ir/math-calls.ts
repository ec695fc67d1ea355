/**
 * Calls of math functions sent to the runner's own, which return libm's result moved by a declared error. Pure.
 * The errors stand in the runner (src/runner/native/instrument.c): what XLA's own accuracy tests allow its approximations
 * (openxla/xla, xla/codegen/intrinsic/accuracy/accuracy_budget.h and xla/tests/exhaustive).
 */
import { vectorOf } from '../../kernel/ir-scan.ts'
import type { Instruction } from './instruction.ts'
import { type FunctionLines, readFunctions, rewriteFunctions } from './module-text.ts'

const UNARY =
  'exp exp2 exp10 expm1 log log2 log10 log1p sin cos tan tanh sinh cosh asin acos atan asinh acosh atanh erf erfc cbrt lgamma tgamma'.split(
    ' ',
  )
const BINARY = ['pow', 'atan2', 'fmod']
const KNOWN = new Set([...UNARY, ...BINARY])
const SUFFIX: Readonly<Record<string, string>> = { float: 'f', double: '' }

/** A call of a math function on floats or doubles, or fixed vectors of them. */
export interface MathCall {
  /** libm's name of it for doubles. */
  readonly name: string
  readonly element: 'float' | 'double'
  readonly lanes: number | undefined
}

/** What math function an instruction calls, if any. */
export function mathCall(i: Instruction): MathCall | undefined {
  if (i.opcode !== 'call' || i.callee === undefined || i.result === undefined) return undefined
  const vector = vectorOf(i.type)
  const element = vector?.element ?? i.type
  if (element !== 'float' && element !== 'double') return undefined
  const intrinsic = /^llvm\.(\w+)\.(?:v\d+)?f(?:32|64)$/.exec(i.callee)?.[1]
  const plain = element === 'float' && i.callee.endsWith('f') ? i.callee.slice(0, -1) : i.callee
  const name = intrinsic ?? (vector === undefined ? plain : '')
  return KNOWN.has(name) ? { name, element, lanes: vector?.lanes } : undefined
}

/** `ir` with every math call sent to the runner's `xlab_…`, a vector's lane by lane. */
export function perturbMath(ir: string): string {
  const functions = readFunctions(ir)
  const used = new Map<string, string>()
  return rewriteFunctions(
    ir,
    functions,
    f => perturbLines(f, used),
    () => [...used.values()],
  )
}

function perturbLines(f: FunctionLines, used: Map<string, string>): string[] {
  let count = 0
  return f.lines.flatMap(({ text, instruction: i }) => {
    const math = i === undefined ? undefined : mathCall(i)
    if (i === undefined || math === undefined) return [text]
    const { element, lanes } = math
    const symbol = `xlab_${math.name}${SUFFIX[element]}`
    const operands = i.operands.filter(operand => !/^i\d+$/.test(operand.type))
    used.set(symbol, `declare ${element} @${symbol}(${operands.map(() => element).join(', ')})`)
    const call = (values: readonly string[]): string =>
      `call ${element} @${symbol}(${values.map(value => `${element} ${value}`).join(', ')})`
    if (lanes === undefined) return [`  ${i.result} = ${call(operands.map(operand => operand.value))}`]
    const out: string[] = []
    let whole = 'poison'
    for (let lane = 0; lane < lanes; lane++) {
      const parts = operands.map(operand => {
        const name = `%xlab.m.${count++}`
        out.push(`  ${name} = extractelement ${operand.type} ${operand.value}, i64 ${lane}`)
        return name
      })
      const result = `%xlab.m.${count++}`
      out.push(`  ${result} = ${call(parts)}`)
      const next = lane === lanes - 1 ? i.result : `%xlab.m.${count++}`
      out.push(`  ${next} = insertelement ${i.type} ${whole}, ${element} ${result}, i64 ${lane}`)
      whole = next ?? ''
    }
    return out
  })
}
