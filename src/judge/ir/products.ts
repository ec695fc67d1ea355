/**
 * Products that a compiler which contracts may take into a sum unrounded (XLA's does, without flags): sent to the
 * runner's `xlab_mul`, which returns a neighbour of the product where it is inexact, and a finite number where it
 * overflows (src/runner/native/verify/instrument.c). So the sum is moved at least as far as any contraction can move it, and
 * where the product is exact nothing moves. Halves are left as they are: x86 multiplies them in f32. Pure.
 */
import type { Instruction } from './instruction.ts'
import { laneCalls, laneFunction, mathCall } from './math-calls.ts'
import { type FunctionLines, readFunctions, rewriteFunctions } from './module-text.ts'

/** Uses behind which no sum can take the product in. */
const ROUNDED = /^f(?:mul|div|rem|cmp|pto[us]i|ptrunc|pext)$/
const FUSED = /^llvm\.f(?:ma|muladd)\./

const rounds = (i: Instruction): boolean =>
  ROUNDED.test(i.opcode) ||
  mathCall(i) !== undefined ||
  (i.callee?.startsWith('llvm.') === true && !FUSED.test(i.callee))

/** `fmul`s whose value may reach a sum as it is, and `llvm.fmuladd`s. */
export function contractible(f: FunctionLines): ReadonlySet<Instruction> {
  const instructions = f.lines.map(line => line.instruction).filter(i => i !== undefined)
  const kept = new Set(instructions.filter(i => !rounds(i)).flatMap(i => i.operands.map(o => o.value)))
  return new Set(
    instructions.filter(
      i =>
        i.result !== undefined &&
        ((i.opcode === 'fmul' && kept.has(i.result)) || i.callee?.startsWith('llvm.fmuladd.') === true),
    ),
  )
}

/** `ir` with every contractible product sent to the runner. */
export function perturbProducts(ir: string): string {
  const used = new Map<string, string>()
  let operation = 0
  const lines = (f: FunctionLines): string[] => {
    const chosen = contractible(f)
    let count = 0
    const next = (): string => `%xlab.p.${count++}`
    return f.lines.flatMap(({ text, instruction: i }) => {
      const mul = i !== undefined && chosen.has(i) ? laneFunction('mul', i.type) : undefined
      if (i?.result === undefined || mul === undefined) return [text]
      const [a = '', b = '', c] = i.operands.map(operand => operand.value)
      const product = c === undefined ? i.result : next()
      const call = { result: product, type: i.type, operands: [a, b], last: operation++ }
      const out = laneCalls(mul, call, used, next)
      return c === undefined ? out : [...out, `  ${i.result} = fadd ${i.type} ${product}, ${c}`]
    })
  }
  return rewriteFunctions(ir, readFunctions(ir), lines, () => [...used.values()])
}
