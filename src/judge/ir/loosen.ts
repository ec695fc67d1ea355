/**
 * What fast-math flags leave open, as runs that err on purpose: each flagged operation's result is moved by the
 * runner's perturbation (-1 or 1) times a bound of what the flag may change of it, derived from the operation:
 *
 * - `reassoc` on a sum: one unit in the last place of |a| + |b|, which over a whole sum adds up to more than any other
 *   order can differ by in practice; where |a| + |b| overflows, or is a 64th of what does, another order may overflow,
 *   or not, to either side: its partial sums are others, of up to so many of these.
 *   Rounding modes alone would not do: a sum that is exact in its own order need not be in another.
 * - `reassoc` on a product: one unit in the last place. `arcp` on a quotient: two (of the reciprocal and the product).
 * - `nsz`: a zero takes the perturbation's sign.
 *
 * The runner's probe makes an overflowing sum NaN instead, since infinities of both signs may meet. Pure.
 */
import type { Instruction } from './instruction.ts'
import { readFunctions, rewriteFunctions } from './module-text.ts'
import {
  EPSILON,
  elementOf,
  type Float,
  floatSplat,
  isFloat,
  mangled,
  maskType,
  splat,
  spread,
} from './types.ts'

const LOOSE = /^f(?:add|sub|mul|div)$/
const has = (i: Instruction, flag: string): boolean => i.flags.includes(flag) || i.flags.includes('fast')

/** True when the flags of an instruction leave something open that `loosen` shows. */
export const isLoose = (i: Instruction): boolean =>
  (LOOSE.test(i.opcode) && (has(i, 'reassoc') || (i.opcode === 'fdiv' && has(i, 'arcp')))) ||
  (YIELDS_ZERO.test(i.opcode) && has(i, 'nsz') && isFloat(i.type))

const YIELDS_ZERO = /^(?:f(?:add|sub|mul|div|rem|neg)|select|call)$/

/** `ir` with every loose operation moved by the run's perturbation. */
export function loosen(ir: string): string {
  const functions = readFunctions(ir)
  return rewriteFunctions(
    ir,
    functions,
    f => {
      let count = 0
      return f.lines.flatMap(({ text, instruction: i }) =>
        i?.result !== undefined && isLoose(i) && isFloat(i.type)
          ? looseLines(i, i.result, () => count++)
          : [text],
      )
    },
    () => ['@xlab_perturb = external global i32', '@xlab_probe = external global i32'],
  )
}

function looseLines(i: Instruction, result: string, next: () => number): string[] {
  const out: string[] = []
  const emit = (expression: string): string => {
    const name = `%xlab.l.${next()}`
    out.push(`  ${name} = ${expression}`)
    return name
  }
  const t = i.type
  const mask = maskType(t)
  const all = splat(mask, 'true')
  const zero = floatSplat(t, 0)
  const infinity = floatSplat(t, Number.POSITIVE_INFINITY)
  const plain = i.rebuild(i.operands.map(operand => operand.value)).slice(`  ${result} = `.length)
  let value = emit(plain)
  const by = spread(emit(`sitofp i32 ${emit('load i32, ptr @xlab_perturb')} to ${elementOf(t)}`), t, emit)
  const abs = (operand: string): string => emit(`call ${t} @llvm.fabs.${mangled(t)}(${t} ${operand})`)
  const moved = (magnitude: string, ulps: number): string => {
    const unit = emit(`fmul ${t} ${magnitude}, ${floatSplat(t, ulps * EPSILON[elementOf(t) as Float])}`)
    return emit(`fadd ${t} ${value}, ${emit(`fmul ${t} ${unit}, ${by}`)}`)
  }
  const [a = '', b = ''] = i.operands.map(operand => operand.value)
  const isSum = i.opcode === 'fadd' || i.opcode === 'fsub'
  if (isSum && has(i, 'reassoc')) {
    const [x, y] = [abs(a), abs(b)]
    const magnitude = emit(`fadd ${t} ${x}, ${y}`)
    const infinite = (v: string): string => emit(`fcmp oeq ${t} ${v}, ${infinity}`)
    const many = elementOf(t) === 'half' ? 1 : 64
    const unbounded = infinite(emit(`fmul ${t} ${magnitude}, ${floatSplat(t, many)}`))
    const given = emit(`or ${mask} ${infinite(x)}, ${infinite(y)}`)
    const overflows = emit(`and ${mask} ${unbounded}, ${emit(`xor ${mask} ${given}, ${all}`)}`)
    const near = emit(`select ${mask} ${unbounded}, ${t} ${value}, ${t} ${moved(magnitude, 1)}`)
    const probe = emit(`icmp ne i32 ${emit('load i32, ptr @xlab_probe')}, 0`)
    const far = emit(`fmul ${t} ${by}, ${infinity}`)
    const nan = emit(`fsub ${t} ${far}, ${far}`)
    const wild = emit(`select i1 ${probe}, ${t} ${nan}, ${t} ${far}`)
    value = emit(`select ${mask} ${overflows}, ${t} ${wild}, ${t} ${near}`)
  } else if (i.opcode === 'fmul' && has(i, 'reassoc')) value = moved(abs(value), 1)
  else if (i.opcode === 'fdiv' && (has(i, 'arcp') || has(i, 'reassoc'))) value = moved(abs(value), 2)
  if (has(i, 'nsz')) {
    const isZero = emit(`fcmp oeq ${t} ${value}, ${zero}`)
    const signed = emit(`call ${t} @llvm.copysign.${mangled(t)}(${t} ${zero}, ${t} ${by})`)
    value = emit(`select ${mask} ${isZero}, ${t} ${signed}, ${t} ${value}`)
  }
  out.push(`  ${result} = select ${mask} ${all}, ${t} ${value}, ${t} ${value}`)
  return out
}
