/**
 * What fast-math flags leave open, as runs that err on purpose: each flagged operation's result is moved by the
 * runner's perturbation (-1 or 1) times a bound of what the flag may change of it, derived from the operation:
 *
 * - `reassoc` on a sum: one unit in the last place of |a| + |b|, which over a whole sum adds up to more than any other
 *   order can differ by in practice; where |a| + |b| overflows, another order may overflow, or not, to either side.
 *   Rounding modes alone would not do: a sum that is exact in its own order need not be in another.
 * - `reassoc` on a product: one unit in the last place. `arcp` on a quotient: two (of the reciprocal and the product).
 * - `nsz`: a zero takes the perturbation's sign.
 *
 * The runner's probe makes an overflowing sum NaN instead, since infinities of both signs may meet. Pure.
 */
import { vectorOf } from '../kernel/ir-scan.ts'
import type { Instruction } from './instruction.ts'
import { readFunctions, rewriteFunctions } from './module-text.ts'

const LOOSE = /^f(?:add|sub|mul|div)$/
const has = (i: Instruction, flag: string): boolean => i.flags.includes(flag) || i.flags.includes('fast')

/** True when the flags of an instruction leave something open that `loosen` shows. */
export const isLoose = (i: Instruction): boolean =>
  (LOOSE.test(i.opcode) && (has(i, 'reassoc') || (i.opcode === 'fdiv' && has(i, 'arcp')))) ||
  (YIELDS_ZERO.test(i.opcode) && has(i, 'nsz') && FLOAT.test(i.type))

const YIELDS_ZERO = /^(?:f(?:add|sub|mul|div|rem|neg)|select|call)$/
const FLOAT = /^(?:<\d+ x )?(?:half|bfloat|float|double)>?$/

/** `ir` with every loose operation moved by the run's perturbation. */
export function loosen(ir: string): string {
  const functions = readFunctions(ir)
  return rewriteFunctions(
    ir,
    functions,
    f => {
      let count = 0
      return f.lines.flatMap(({ text, instruction: i }) =>
        i?.result !== undefined && isLoose(i) && FLOAT.test(i.type)
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
  const mask = t.startsWith('<') ? `<${vectorOf(t)?.lanes} x i1>` : 'i1'
  const plain = i.rebuild(i.operands.map(operand => operand.value)).slice(`  ${result} = `.length)
  let value = emit(plain)
  const by = spread(emit('load i32, ptr @xlab_perturb'), t, emit)
  const abs = (operand: string): string => emit(`call ${t} @llvm.fabs.${mangled(t)}(${t} ${operand})`)
  const moved = (magnitude: string, ulps: number): string => {
    const unit = emit(`fmul ${t} ${magnitude}, ${constant(t, ulps * EPSILON[elementOf(t)])}`)
    return emit(`fadd ${t} ${value}, ${emit(`fmul ${t} ${unit}, ${by}`)}`)
  }
  const [a = '', b = ''] = i.operands.map(operand => operand.value)
  const isSum = i.opcode === 'fadd' || i.opcode === 'fsub'
  if (isSum && has(i, 'reassoc')) {
    const [x, y] = [abs(a), abs(b)]
    const magnitude = emit(`fadd ${t} ${x}, ${y}`)
    const infinite = (v: string): string => emit(`fcmp oeq ${t} ${v}, ${infinity(t)}`)
    const open = emit(`or ${mask} ${infinite(x)}, ${infinite(y)}`)
    const overflows = emit(
      `and ${mask} ${infinite(magnitude)}, ${emit(`xor ${mask} ${open}, ${ones(mask)}`)}`,
    )
    const near = moved(magnitude, 1)
    const probe = emit(`icmp ne i32 ${emit('load i32, ptr @xlab_probe')}, 0`)
    const far = emit(`fmul ${t} ${by}, ${infinity(t)}`)
    const nan = emit(`fsub ${t} ${far}, ${far}`)
    const wild = emit(`select i1 ${probe}, ${t} ${nan}, ${t} ${far}`)
    value = emit(`select ${mask} ${overflows}, ${t} ${wild}, ${t} ${near}`)
  } else if (i.opcode === 'fmul' && has(i, 'reassoc')) value = moved(abs(value), 1)
  else if (i.opcode === 'fdiv' && (has(i, 'arcp') || has(i, 'reassoc'))) value = moved(abs(value), 2)
  if (has(i, 'nsz')) {
    const isZero = emit(`fcmp oeq ${t} ${value}, ${constant(t, 0)}`)
    const zero = emit(`call ${t} @llvm.copysign.${mangled(t)}(${t} ${constant(t, 0)}, ${t} ${by})`)
    value = emit(`select ${mask} ${isZero}, ${t} ${zero}, ${t} ${value}`)
  }
  out.push(`  ${result} = select ${mask} ${ones(mask)}, ${t} ${value}, ${t} ${value}`)
  return out
}

/** The perturbation as a number of type `t`, in every lane. */
function spread(perturb: string, t: string, emit: (expression: string) => string): string {
  const vector = vectorOf(t)
  const one = emit(`sitofp i32 ${perturb} to ${elementOf(t)}`)
  if (vector === undefined) return one
  const first = emit(`insertelement ${t} poison, ${vector.element} ${one}, i64 0`)
  return emit(`shufflevector ${t} ${first}, ${t} poison, <${vector.lanes} x i32> zeroinitializer`)
}

type Float = 'half' | 'bfloat' | 'float' | 'double'
const EPSILON: Readonly<Record<Float, number>> = {
  half: 2 ** -10,
  bfloat: 2 ** -7,
  float: 2 ** -23,
  double: 2 ** -52,
}
const NAMES: Readonly<Record<Float, string>> = { half: 'f16', bfloat: 'bf16', float: 'f32', double: 'f64' }
const INFINITY: Readonly<Record<Float, string>> = {
  half: '0xH7C00',
  bfloat: '0xR7F80',
  float: '0x7FF0000000000000',
  double: '0x7FF0000000000000',
}

const elementOf = (t: string): Float => (vectorOf(t)?.element ?? t) as Float
const mangled = (t: string): string =>
  `${t.startsWith('<') ? `v${vectorOf(t)?.lanes}` : ''}${NAMES[elementOf(t)]}`
const splat = (t: string, value: string): string =>
  t.startsWith('<') ? `splat (${vectorOf(t)?.element} ${value})` : value
const ones = (mask: string): string => splat(mask, 'true')
const infinity = (t: string): string => splat(t, INFINITY[elementOf(t)])

/** Zero or a power of two times at most two, as LLVM writes it. */
function constant(t: string, value: number): string {
  const element = elementOf(t)
  const bytes = Buffer.alloc(8)
  if (element === 'half') {
    const bits = value === 0 ? 0 : (Math.log2(value) + 15) << 10
    return splat(t, `0xH${bits.toString(16).toUpperCase().padStart(4, '0')}`)
  }
  if (element === 'bfloat') {
    bytes.writeFloatBE(value)
    return splat(t, `0xR${bytes.toString('hex', 0, 2).toUpperCase()}`)
  }
  bytes.writeDoubleBE(value)
  return splat(t, `0x${bytes.toString('hex').toUpperCase()}`)
}
