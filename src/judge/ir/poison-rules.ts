/**
 * When an instruction's result is poison, as LangRef defines it, written as IR that computes it.
 * Pure: the IR goes to a scribe.
 */
import type { TypedValue } from '../../kernel/ir/scan.ts'
import type { Instruction } from './instruction.ts'
import { floatSplat, integerBits, isFloat, mangled, maskType, splat } from './types.ts'

/** Where IR that computes shadows is written. */
export interface Scribe {
  /** Adds `%new = expression` and returns the new name. */
  emit(expression: string): string
  /** Whether an operand is poison: a name or a constant of its mask type. */
  shadow(operand: TypedValue): string
  /** Whether it depends on input data at all. */
  isData(value: string): boolean
}

/** Intrinsics whose result is poison exactly when an operand is, beside rules of their own below. */
export const PURE =
  /^llvm\.(?:[su](?:min|max)|abs|ctlz|cttz|ctpop|bswap|bitreverse|fsh[lr]|[su](?:add|sub|mul)\.(?:with\.overflow|sat)|[su]shl\.sat|fpto[su]i\.sat|fma|fmuladd|fabs|sqrt|floor|ceil|trunc|rint|nearbyint|round|roundeven|copysign|minnum|maxnum|minimum|maximum|minimumnum|maximumnum|exp|exp2|exp10|log|log2|log10|pow|powi|sin|cos|tan|tanh|sinh|cosh|asin|acos|atan|atan2|canonicalize|is\.fpclass)\./

export const literalPoison = (value: string | undefined): boolean => value === 'poison' || value === 'undef'

/** True for instructions that can yield poison from operands that are not. `isData` tells what depends on inputs. */
export function mayPoison(i: Instruction, isData: (value: string) => boolean): boolean {
  const has = (flag: string): boolean => i.flags.includes(flag)
  const touched = i.operands.some(operand => isData(operand.value))
  switch (i.opcode) {
    case 'insertvalue':
      return literalPoison(i.operands[1]?.value)
    case 'insertelement':
      return literalPoison(i.operands[0]?.value) || (isData(i.operands[2]?.value ?? '') && touched)
    case 'shufflevector':
      return /poison|undef/.test(i.operands[2]?.value ?? '') || literalPoison(i.operands[0]?.value)
    case 'extractelement':
      return literalPoison(i.operands[0]?.value) || isData(i.operands[1]?.value ?? '')
    case 'phi':
    case 'select':
      return i.operands.some(operand => literalPoison(operand.value))
  }
  if (i.operands.some(operand => literalPoison(operand.value)) && i.opcode !== 'freeze') return true
  if (!touched) return false
  switch (i.opcode) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'trunc':
      return has('nsw') || has('nuw')
    case 'shl':
    case 'lshr':
    case 'ashr':
      return has('nsw') || has('nuw') || has('exact') || isData(i.operands[1]?.value ?? '') || !inWidth(i)
    case 'udiv':
    case 'sdiv':
      return has('exact')
    case 'or':
      return has('disjoint')
    case 'zext':
    case 'uitofp':
      return has('nneg')
    case 'icmp':
      return has('samesign')
    case 'fptosi':
    case 'fptoui':
      return true
    case 'call':
      return (
        floatFlags(i) ||
        (/^llvm\.(?:abs|ctlz|cttz)\./.test(i.callee ?? '') && i.operands[1]?.value === 'true')
      )
    default:
      return floatFlags(i) && (i.opcode.startsWith('f') || i.opcode === 'fcmp')
  }
}

const floatFlags = (i: Instruction): boolean =>
  i.flags.some(flag => flag === 'nnan' || flag === 'ninf' || flag === 'fast')
const inWidth = (i: Instruction): boolean => Number(i.operands[1]?.value) < integerBits(i.type)

/** True for integer division, which is undefined for some operands. */
export const traps = (i: Instruction): boolean => /^[us](?:div|rem)$/.test(i.opcode)

/** Conditions of an instruction's own under which it yields poison, each of the result's mask type. */
export function rules(i: Instruction, scribe: Scribe): string[] {
  const [a, b] = i.operands
  if (a === undefined) return []
  const has = (flag: string): boolean => i.flags.includes(flag)
  const mask = maskType(i.type)
  const t = a.type
  const { emit } = scribe
  const overflow = (sign: 's' | 'u'): string => {
    const pair = `{ ${t}, ${mask} }`
    const r = emit(
      `call ${pair} @llvm.${sign}${i.opcode}.with.overflow.${mangled(t)}(${t} ${a.value}, ${t} ${b?.value})`,
    )
    return emit(`extractvalue ${pair} ${r}, 1`)
  }
  const changed = (value: string): string => emit(`icmp ne ${t} ${value}, ${a.value}`)
  const negative = (type: string, value: string): string =>
    emit(`icmp slt ${type} ${value}, ${splat(type, '0')}`)
  const out: string[] = []
  switch (i.opcode) {
    case 'add':
    case 'sub':
    case 'mul':
      if (has('nsw')) out.push(overflow('s'))
      if (has('nuw')) out.push(overflow('u'))
      break
    case 'shl':
    case 'lshr':
    case 'ashr': {
      const wide = emit(`icmp uge ${t} ${b?.value}, ${splat(t, `${integerBits(t)}`)}`)
      const by = emit(`select ${mask} ${wide}, ${t} ${splat(t, '0')}, ${t} ${b?.value}`)
      out.push(wide)
      const there = (): string => emit(`${i.opcode} ${t} ${a.value}, ${by}`)
      if (has('nsw')) out.push(changed(emit(`ashr ${t} ${there()}, ${by}`)))
      if (has('nuw')) out.push(changed(emit(`lshr ${t} ${there()}, ${by}`)))
      if (has('exact')) out.push(changed(emit(`shl ${t} ${there()}, ${by}`)))
      break
    }
    case 'trunc':
      if (has('nsw'))
        out.push(changed(emit(`sext ${i.type} ${emit(`trunc ${t} ${a.value} to ${i.type}`)} to ${t}`)))
      if (has('nuw'))
        out.push(changed(emit(`zext ${i.type} ${emit(`trunc ${t} ${a.value} to ${i.type}`)} to ${t}`)))
      break
    case 'udiv':
    case 'sdiv':
      // The divisor was made safe already; `exact` is a matter of the remainder.
      out.push(inexact(i, a, b, emit))
      break
    case 'or':
      out.push(emit(`icmp ne ${t} ${emit(`and ${t} ${a.value}, ${b?.value}`)}, ${splat(t, '0')}`))
      break
    case 'zext':
    case 'uitofp':
      out.push(negative(t, a.value))
      break
    case 'icmp':
      out.push(negative(t, emit(`xor ${t} ${a.value}, ${b?.value}`)))
      break
    case 'fptosi':
    case 'fptoui':
      out.push(outOfRange(i, a, emit))
      break
  }
  if (i.opcode === 'call') {
    if (/^llvm\.abs\./.test(i.callee ?? ''))
      out.push(emit(`icmp eq ${t} ${a.value}, ${splat(t, `${-(2n ** BigInt(integerBits(t) - 1))}`)}`))
    if (/^llvm\.ct[lt]z\./.test(i.callee ?? '')) out.push(emit(`icmp eq ${t} ${a.value}, ${splat(t, '0')}`))
  }
  if (floatFlags(i)) out.push(...floatRules(i, scribe))
  return out
}

/** `nnan` and `ninf`: no operand and not the result may be one. The result is computed once more, unflagged. */
function floatRules(i: Instruction, { emit }: Scribe): string[] {
  const nan = i.flags.some(flag => flag === 'nnan' || flag === 'fast')
  const inf = i.flags.some(flag => flag === 'ninf' || flag === 'fast')
  const floats = i.operands.filter(operand => isFloat(operand.type))
  const values = floats.map(operand => ({ ...operand }))
  if (isFloat(i.type) && i.opcode !== 'phi' && i.opcode !== 'select' && i.opcode !== 'call') {
    const types = i.operands.map(operand => operand.value).join(', ')
    const again = / to /.test(i.rebuild(i.operands.map(operand => operand.value)).split(i.opcode)[1] ?? '')
      ? emit(`${i.opcode} ${floats[0]?.type} ${floats[0]?.value} to ${i.type}`)
      : emit(`${i.opcode} ${i.type} ${types}`)
    values.push({ type: i.type, value: again })
  } else if (i.opcode === 'call' && i.result !== undefined && isFloat(i.type))
    values.push({ type: i.type, value: i.result })
  return values.flatMap(({ type, value }) => [
    ...(nan ? [emit(`fcmp uno ${type} ${value}, ${value}`)] : []),
    ...(inf
      ? [emit(`call ${maskType(type)} @llvm.is.fpclass.${mangled(type)}(${type} ${value}, i32 516)`)]
      : []),
  ])
}

function inexact(i: Instruction, a: TypedValue, b: TypedValue | undefined, emit: Scribe['emit']): string {
  const zero = emit(`icmp eq ${a.type} ${b?.value}, ${splat(a.type, '0')}`)
  const safe = emit(
    `select ${maskType(a.type)} ${zero}, ${a.type} ${splat(a.type, '1')}, ${a.type} ${b?.value}`,
  )
  const minus = emit(`icmp eq ${a.type} ${safe}, ${splat(a.type, '-1')}`)
  const safer = emit(
    `select ${maskType(a.type)} ${minus}, ${a.type} ${splat(a.type, '1')}, ${a.type} ${safe}`,
  )
  const rest = emit(`${i.opcode === 'udiv' ? 'urem' : 'srem'} ${a.type} ${a.value}, ${safer}`)
  return emit(`icmp ne ${a.type} ${rest}, ${splat(a.type, '0')}`)
}

/** A float-to-integer conversion is poison unless the value, rounded to zero, fits. Powers of two are exact bounds. */
function outOfRange(i: Instruction, a: TypedValue, emit: Scribe['emit']): string {
  const bits = integerBits(i.type)
  const signed = i.opcode === 'fptosi'
  const low = floatSplat(a.type, signed ? -(2 ** (bits - 1)) : 0)
  const high = floatSplat(a.type, 2 ** (signed ? bits - 1 : bits))
  const whole = emit(`call ${a.type} @llvm.trunc.${mangled(a.type)}(${a.type} ${a.value})`)
  const over = emit(`fcmp uge ${a.type} ${whole}, ${high}`)
  const under = emit(`fcmp ult ${a.type} ${whole}, ${low}`)
  return emit(`or ${maskType(a.type)} ${over}, ${under}`)
}
