/**
 * When an instruction's result is poison, as LangRef defines it, written as IR that computes it.
 * Pure: the IR goes to a scribe.
 */
import { type TypedValue, vectorOf } from '../kernel/ir-scan.ts'
import { type Instruction, maskType } from './instruction.ts'

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

const literalPoison = (value: string | undefined): boolean => value === 'poison' || value === 'undef'

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
const inWidth = (i: Instruction): boolean => Number(i.operands[1]?.value) < bitsOf(i.type)
const bitsOf = (type: string): number => Number(/i(\d+)/.exec(type)?.[1] ?? 64)

/** True for integer division, which is undefined for some operands. */
export const traps = (i: Instruction): boolean => /^[us](?:div|rem)$/.test(i.opcode)

/** Whether the result of `i` is poison: its operands' shadows and its own rule. Phis are the caller's. */
export function ownPoison(i: Instruction, scribe: Scribe): string {
  const mask = maskType(i.type)
  const [a, b, c] = i.operands
  if (a === undefined) return clean(mask)
  const or = (x: string, y: string): string =>
    isClean(x) ? y : isClean(y) ? x : scribe.emit(`or ${mask} ${x}, ${y}`)
  switch (i.opcode) {
    case 'select':
      return b !== undefined && c !== undefined ? selectPoison(a, b, c, mask, scribe) : clean(mask)
    case 'insertvalue':
      return or(
        literalPoison(a.value) ? 'false' : scribe.shadow(a),
        b === undefined ? 'false' : anyOf(b, scribe),
      )
    case 'extractelement': {
      const lane = scribe.emit(
        `extractelement ${maskType(a.type)} ${scribe.shadow(a)}, ${b?.type} ${b?.value}`,
      )
      return or(lane, laneOutside(b, a.type, scribe))
    }
    case 'insertelement': {
      const base = scribe.shadow(a)
      const put = b === undefined ? 'false' : scribe.shadow(b)
      const lanes = scribe.emit(`insertelement ${mask} ${base}, i1 ${put}, ${c?.type} ${c?.value}`)
      const outside = laneOutside(c, a.type, scribe)
      return isClean(outside)
        ? lanes
        : scribe.emit(`select i1 ${outside}, ${mask} ${full(mask)}, ${mask} ${lanes}`)
    }
    case 'shufflevector':
      return b !== undefined && c !== undefined ? shufflePoison(a, b, c, scribe) : clean(mask)
  }
  let shadow = clean(mask)
  for (const operand of i.operands) shadow = or(shadow, fitted(operand, mask, scribe))
  if (!mayPoison(i, value => scribe.isData(value))) return shadow
  for (const rule of rules(i, scribe)) shadow = or(shadow, rule)
  return shadow
}

/** Conditions of an instruction's own under which it yields poison, each of the result's mask type. */
function rules(i: Instruction, scribe: Scribe): string[] {
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
    emit(`icmp slt ${type} ${value}, ${constant(type, '0')}`)
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
      const wide = emit(`icmp uge ${t} ${b?.value}, ${constant(t, `${bitsOf(t)}`)}`)
      const by = emit(`select ${mask} ${wide}, ${t} ${constant(t, '0')}, ${t} ${b?.value}`)
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
      out.push(emit(`icmp ne ${t} ${emit(`and ${t} ${a.value}, ${b?.value}`)}, ${constant(t, '0')}`))
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
      out.push(emit(`icmp eq ${t} ${a.value}, ${constant(t, `${-(2n ** BigInt(bitsOf(t) - 1))}`)}`))
    if (/^llvm\.ct[lt]z\./.test(i.callee ?? ''))
      out.push(emit(`icmp eq ${t} ${a.value}, ${constant(t, '0')}`))
  }
  if (floatFlags(i)) out.push(...floatRules(i, scribe))
  return out
}

/** `nnan` and `ninf`: no operand and not the result may be one. The result is computed once more, unflagged. */
function floatRules(i: Instruction, { emit }: Scribe): string[] {
  const nan = i.flags.some(flag => flag === 'nnan' || flag === 'fast')
  const inf = i.flags.some(flag => flag === 'ninf' || flag === 'fast')
  const floats = i.operands.filter(operand => FLOAT.test(operand.type))
  const values = floats.map(operand => ({ ...operand }))
  if (FLOAT.test(i.type) && i.opcode !== 'phi' && i.opcode !== 'select' && i.opcode !== 'call') {
    const types = i.operands.map(operand => operand.value).join(', ')
    const again = / to /.test(i.rebuild(i.operands.map(operand => operand.value)).split(i.opcode)[1] ?? '')
      ? emit(`${i.opcode} ${floats[0]?.type} ${floats[0]?.value} to ${i.type}`)
      : emit(`${i.opcode} ${i.type} ${types}`)
    values.push({ type: i.type, value: again })
  } else if (i.opcode === 'call' && i.result !== undefined && FLOAT.test(i.type))
    values.push({ type: i.type, value: i.result })
  return values.flatMap(({ type, value }) => [
    ...(nan ? [emit(`fcmp uno ${type} ${value}, ${value}`)] : []),
    ...(inf
      ? [emit(`call ${maskType(type)} @llvm.is.fpclass.${mangled(type)}(${type} ${value}, i32 516)`)]
      : []),
  ])
}

const FLOAT = /^(?:<\d+ x )?(?:half|bfloat|float|double)>?$/

function inexact(i: Instruction, a: TypedValue, b: TypedValue | undefined, emit: Scribe['emit']): string {
  const zero = emit(`icmp eq ${a.type} ${b?.value}, ${constant(a.type, '0')}`)
  const safe = emit(
    `select ${maskType(a.type)} ${zero}, ${a.type} ${constant(a.type, '1')}, ${a.type} ${b?.value}`,
  )
  const minus = emit(`icmp eq ${a.type} ${safe}, ${constant(a.type, '-1')}`)
  const safer = emit(
    `select ${maskType(a.type)} ${minus}, ${a.type} ${constant(a.type, '1')}, ${a.type} ${safe}`,
  )
  const rest = emit(`${i.opcode === 'udiv' ? 'urem' : 'srem'} ${a.type} ${a.value}, ${safer}`)
  return emit(`icmp ne ${a.type} ${rest}, ${constant(a.type, '0')}`)
}

/** A float-to-integer conversion is poison unless the value, rounded to zero, fits. Powers of two are exact bounds. */
function outOfRange(i: Instruction, a: TypedValue, emit: Scribe['emit']): string {
  const bits = bitsOf(vectorOf(i.type)?.element ?? i.type)
  const element = vectorOf(a.type)?.element ?? a.type
  const signed = i.opcode === 'fptosi'
  const low = floatConstant(element, signed ? -(2 ** (bits - 1)) : 0)
  const high = floatConstant(element, 2 ** (signed ? bits - 1 : bits))
  const whole = emit(`call ${a.type} @llvm.trunc.${mangled(a.type)}(${a.type} ${a.value})`)
  const over = emit(`fcmp uge ${a.type} ${whole}, ${constant(a.type, high)}`)
  const under = emit(`fcmp ult ${a.type} ${whole}, ${constant(a.type, low)}`)
  return emit(`or ${maskType(a.type)} ${over}, ${under}`)
}

/** A power of two, or 0, as LLVM writes it for the type; beyond the type's range it is infinity. */
function floatConstant(type: string, value: number): string {
  if (type === 'half') return `0xH${value === 0 ? '0000' : halfBits(value)}`
  const bytes = Buffer.alloc(8)
  if (type === 'bfloat') {
    bytes.writeFloatBE(value)
    return `0xR${bytes.toString('hex', 0, 2).toUpperCase()}`
  }
  bytes.writeDoubleBE(type === 'float' ? Math.fround(value) : value)
  return `0x${bytes.toString('hex').toUpperCase()}`
}

function halfBits(value: number): string {
  const exponent = Math.log2(Math.abs(value))
  const bits = (value < 0 ? 0x8000 : 0) + (exponent > 15 ? 0x7c00 : (exponent + 15) << 10)
  return bits.toString(16).toUpperCase().padStart(4, '0')
}

function selectPoison(c: TypedValue, x: TypedValue, y: TypedValue, mask: string, scribe: Scribe): string {
  const [sx, sy] = [scribe.shadow(x), scribe.shadow(y)]
  const chosen =
    isClean(sx) && isClean(sy)
      ? clean(mask)
      : scribe.emit(`select ${c.type} ${c.value}, ${mask} ${sx}, ${mask} ${sy}`)
  const condition = fitted(c, mask, scribe)
  if (isClean(condition)) return chosen
  // A poison condition must not choose: both shadows are ordered after it.
  return isClean(chosen) ? condition : scribe.emit(`or ${mask} ${chosen}, ${condition}`)
}

function shufflePoison(a: TypedValue, b: TypedValue, mask: TypedValue, scribe: Scribe): string {
  const lanes = vectorOf(mask.type)?.lanes ?? 0
  const missing = /^(?:poison|undef)$/.test(mask.value)
    ? Array.from({ length: lanes }, () => true)
    : [...mask.value.matchAll(/i32 (\w+)/g)].map(match => /poison|undef/.test(match[1] ?? ''))
  const safe = mask.value.replaceAll(/poison|undef/g, mask.value.startsWith('<') ? '0' : 'zeroinitializer')
  const from = maskType(a.type)
  const moved = scribe.emit(
    `shufflevector ${from} ${scribe.shadow(a)}, ${from} ${scribe.shadow(b)}, ${mask.type} ${safe}`,
  )
  if (!missing.some(Boolean)) return moved
  const holes = `<${missing.map(hole => `i1 ${hole}`).join(', ')}>`
  return scribe.emit(`or <${lanes} x i1> ${moved}, ${holes}`)
}

function laneOutside(index: TypedValue | undefined, vector: string, scribe: Scribe): string {
  if (index === undefined || /^\d+$/.test(index.value)) return 'false'
  const outside = scribe.emit(`icmp uge ${index.type} ${index.value}, ${vectorOf(vector)?.lanes ?? 0}`)
  const shadow = scribe.shadow(index)
  return isClean(shadow) ? outside : scribe.emit(`or i1 ${outside}, ${shadow}`)
}

/** An operand's shadow in the shape of the result's: as it is, any lane of it, or spread over all lanes. */
function fitted(operand: TypedValue, mask: string, scribe: Scribe): string {
  const shadow = scribe.shadow(operand)
  const from = maskType(operand.type)
  if (isClean(shadow)) return clean(mask)
  if (from === mask) return shadow
  const one = anyOf(operand, scribe)
  const to = vectorOf(mask)
  if (to === undefined) return one
  const first = scribe.emit(`insertelement ${mask} poison, i1 ${one}, i64 0`)
  return scribe.emit(`shufflevector ${mask} ${first}, ${mask} poison, <${to.lanes} x i32> zeroinitializer`)
}

function anyOf(operand: TypedValue, scribe: Scribe): string {
  const shadow = scribe.shadow(operand)
  const vector = vectorOf(maskType(operand.type))
  if (vector === undefined) return shadow
  return scribe.emit(`call i1 @llvm.vector.reduce.or.v${vector.lanes}i1(<${vector.lanes} x i1> ${shadow})`)
}

const isClean = (shadow: string): boolean => shadow === 'false' || shadow === 'zeroinitializer'
const clean = (mask: string): string => (vectorOf(mask) === undefined ? 'false' : 'zeroinitializer')
const full = (mask: string): string => constant(mask, 'true')

function constant(type: string, value: string): string {
  const vector = vectorOf(type)
  return vector === undefined
    ? value
    : `<${Array.from({ length: vector.lanes }, () => `${vector.element} ${value}`).join(', ')}>`
}

const FLOAT_NAMES: Readonly<Record<string, string>> = {
  half: 'f16',
  bfloat: 'bf16',
  float: 'f32',
  double: 'f64',
}

/** A type as intrinsic names spell it: `v4f32`. */
function mangled(type: string): string {
  const vector = vectorOf(type)
  const element = vector?.element ?? type
  return `${vector === undefined ? '' : `v${vector.lanes}`}${FLOAT_NAMES[element] ?? element}`
}
