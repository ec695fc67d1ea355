/** Types and constants as LLVM's text writes them, scalars and fixed vectors alike. Pure. */
import { vectorOf } from '../../kernel/ir/scan.ts'

export type Float = 'half' | 'bfloat' | 'float' | 'double'

const FLOAT = /^(?:half|bfloat|float|double)$/
const NAMES: Readonly<Record<string, string>> = { half: 'f16', bfloat: 'bf16', float: 'f32', double: 'f64' }

/** Bits of each floating-point type, and the distance of 1 to its successor. */
export const FLOAT_BITS: Readonly<Record<Float, number>> = { half: 16, bfloat: 16, float: 32, double: 64 }
export const EPSILON: Readonly<Record<Float, number>> = {
  half: 2 ** -10,
  bfloat: 2 ** -7,
  float: 2 ** -23,
  double: 2 ** -52,
}

/** The type of one lane. */
export const elementOf = (type: string): string => vectorOf(type)?.element ?? type

export const isFloat = (type: string): boolean => FLOAT.test(elementOf(type))

/** Bits of an integer type's lane; 64 for what is none. */
export const integerBits = (type: string): number => Number(/i(\d+)/.exec(type)?.[1] ?? 64)

/** Type of a comparison's result: `i1` for each lane. */
export function maskType(type: string): string {
  const vector = vectorOf(type)
  return vector === undefined ? 'i1' : `<${vector.lanes} x i1>`
}

/** A type as intrinsic names spell it: `v4f32`. */
export function mangled(type: string): string {
  const vector = vectorOf(type)
  const element = elementOf(type)
  return `${vector === undefined ? '' : `v${vector.lanes}`}${NAMES[element] ?? element}`
}

/** `value` in every lane of a constant of `type`. */
export function splat(type: string, value: string): string {
  const vector = vectorOf(type)
  return vector === undefined ? value : `splat (${vector.element} ${value})`
}

/** Zero, or a number exact in every floating-point type, in every lane; beyond a type's range it is infinity. */
export function floatSplat(type: string, value: number): string {
  const element = elementOf(type)
  const bytes = Buffer.alloc(8)
  if (element === 'half') return splat(type, `0xH${hex(value === 0 ? 0 : halfBits(value))}`)
  if (element === 'bfloat') {
    bytes.writeFloatBE(value)
    return splat(type, `0xR${bytes.toString('hex', 0, 2).toUpperCase()}`)
  }
  bytes.writeDoubleBE(element === 'float' ? Math.fround(value) : value)
  return splat(type, `0x${bytes.toString('hex').toUpperCase()}`)
}

const hex = (bits: number): string => bits.toString(16).toUpperCase().padStart(4, '0')

function halfBits(value: number): number {
  if (!Number.isFinite(value)) return 0x7c00
  const exponent = Math.log2(Math.abs(value))
  return (value < 0 ? 0x8000 : 0) + (exponent > 15 ? 0x7c00 : (exponent + 15) << 10)
}

/** A scalar put into every lane of a vector type; itself for a scalar type. */
export function spread(value: string, type: string, emit: (expression: string) => string): string {
  const vector = vectorOf(type)
  if (vector === undefined) return value
  const first = emit(`insertelement ${type} poison, ${vector.element} ${value}, i64 0`)
  return emit(`shufflevector ${type} ${first}, ${type} poison, <${vector.lanes} x i32> zeroinitializer`)
}

/** Whether any lane of a mask is set. */
export function anyLane(value: string, mask: string, emit: (expression: string) => string): string {
  const vector = vectorOf(mask)
  return vector === undefined
    ? value
    : emit(`call i1 @llvm.vector.reduce.or.v${vector.lanes}i1(${mask} ${value})`)
}

/** A mask with no lane set, as the shadows write it. */
export const clean = (mask: string): string => (vectorOf(mask) === undefined ? 'false' : 'zeroinitializer')
export const isClean = (shadow: string): boolean => shadow === 'false' || shadow === 'zeroinitializer'
