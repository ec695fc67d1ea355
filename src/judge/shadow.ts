/**
 * Poison made visible. For every value that may become poison on some input, IR is added that computes whether it
 * is: LLVM's rules (LangRef, "Poison Values") as one more i1, or vector of i1, beside the value. Where such a value
 * leaves the registers (stored, returned, passed on, frozen) it is exchanged for `fill(value)`, which differs from
 * it under the runner's probes 1 and 2, so that an output element that depends on poison differs between runs. What
 * the IR calls undefined behaviour (a branch on poison, division by zero) undoes the whole call.
 * Not followed: uninitialised memory, `inbounds`, return and parameter attributes, scalable vectors.
 */
import { GUARD } from '../kernel/adapter.ts'
import { functionHead, functionTexts, vectorOf } from '../kernel/ir-scan.ts'
import { type Instruction, maskType } from './instruction.ts'
import { dataValues, type FunctionLines, readFunctions, rewriteFunctions } from './module-text.ts'
import { mayPoison, ownPoison, PURE, type Scribe, traps } from './poison-rules.ts'

export interface Shadowed {
  readonly ir: string
  /** False when no input can make anything poison or undefined: the IR is unchanged. */
  readonly watched: boolean
  /** Some input may make the call itself undefined, and not only a value poison. */
  readonly undefined: boolean
}

/** Adds shadows to every function of a module whose entry is `@kernel`. `scalar`: `@kernel` is called by an adapter. */
export function shadowPoison(ir: string, entry: 'call-frame' | 'scalar'): Shadowed {
  const functions = readFunctions(ir)
  const data = dataValues(functions)
  const fills = new Set<string>()
  let watched = false
  const out = rewriteFunctions(
    ir,
    functions,
    f => {
      const watch = watchedValues(f, data.get(f.text.name) ?? new Set())
      if (watch === undefined) return f.lines.map(line => line.text)
      watched = true
      return shadowFunction(f, watch, fills, entry)
    },
    () => (watched ? support([...fills], entry) : []),
  )
  return watched
    ? { ir: out, watched, undefined: /call void @xlab\.undefined\.if/.test(out) }
    : { ir, watched, undefined: false }
}

/** IR that defines `i1 @xlab_guard(…)`: whether a call of a scalar `@kernel` with these arguments is undefined. */
export function guardIr(ir: string): string {
  const text = functionTexts(ir).find(f => f.name === 'kernel')
  if (text === undefined) throw new Error('there is no function @kernel')
  const { result, prefix, parameters } = functionHead(text.head)
  const types = parameters.map(({ type, attributes }) => `${type} ${PASSED.exec(attributes)?.[0] ?? ''}`)
  const list = types.map((type, i) => `${type} %a${i}`).join(', ')
  const internal = text.head.replace(
    /^define (?:dso_local |hidden |protected |weak\w* |linkonce\w* )*/,
    'define internal ',
  )
  const convention = /\b(?:fastcc|coldcc|tailcc|swiftcc|cc \d+)\b/.exec(prefix)?.[0] ?? ''
  return [
    withProbe(shadowPoison(ir, 'scalar').ir, 0).replace(text.head, () => internal),
    `define i1 @${GUARD}(${list}) {`,
    `  %r = call ${convention} ${result} @kernel(${list})`,
    '  %u = load i1, ptr @xlab.last',
    '  ret i1 %u\n}\n',
  ].join('\n')
}

/** Shadowed text that takes no probe from the runner but has this one for good. */
export const withProbe = (ir: string, probe: 0 | 1): string =>
  ir
    .replaceAll('load i32, ptr @xlab_probe', `add i32 0, ${probe}`)
    .replace('@xlab_probe = external global i32\n', '')

const PASSED = /\b(?:zeroext|signext|inreg)\b/

interface Watch {
  readonly data: ReadonlySet<string>
  readonly poison: ReadonlySet<string>
}

/** Values that may be poison, or undefined when the function has neither those nor undefined behaviour. */
function watchedValues(f: FunctionLines, data: ReadonlySet<string>): Watch | undefined {
  const poison = new Set<string>()
  const isData = (value: string): boolean => data.has(value)
  let trapping = false
  for (let before = -1; before !== poison.size; ) {
    before = poison.size
    for (const { instruction: i } of f.lines) {
      if (i === undefined) continue
      if (traps(i) && i.operands.some(operand => isData(operand.value))) trapping = true
      if (i.result === undefined || i.opcode === 'load' || i.opcode === 'freeze') continue
      if (i.opcode === 'call' && !PURE.test(i.callee ?? '')) continue
      if (i.type.startsWith('<vscale')) return undefined
      if (mayPoison(i, isData) || i.operands.some(operand => poison.has(operand.value))) poison.add(i.result)
    }
  }
  const direct = f.lines.some(({ instruction: i }) => i !== undefined && LEAVES.test(i.opcode) && literal(i))
  return poison.size > 0 || trapping || direct ? { data, poison } : undefined
}

const LEAVES = /^(?:ret|store|br|switch)$/
const literal = (i: Instruction): boolean => /^(?:poison|undef)$/.test(i.operands[0]?.value ?? '')
const shadowName = (value: string): string => `%"xlab.p.${value.slice(1).replaceAll('"', '')}"`

function shadowFunction(
  f: FunctionLines,
  { data, poison }: Watch,
  fills: Set<string>,
  entry: 'call-frame' | 'scalar',
): string[] {
  const out: string[] = []
  let count = 0
  const scribe: Scribe = {
    emit(expression) {
      const name = `%xlab.t.${count++}`
      out.push(`  ${name} = ${expression}`)
      return name
    },
    isData: value => data.has(value),
    shadow({ type, value }) {
      if (poison.has(value)) return shadowName(value)
      if (value === 'poison' || value === 'undef') return splat(type, 'true')
      return splat(type, 'false')
    },
  }
  const undefinedIf = (condition: string): void => {
    if (condition !== 'false') out.push(`  call void @xlab.undefined.if(i1 ${condition})`)
  }
  const filled = (type: string, value: string, shadow: string): string => {
    if (isClean(shadow) || !FILLABLE.test(type)) return value
    fills.add(type)
    return scribe.emit(`call ${type} @${fillName(type)}(${type} ${value}, ${maskType(type)} ${shadow})`)
  }
  for (const { text, instruction: i } of f.lines) {
    if (i === undefined) {
      out.push(text)
      continue
    }
    const values = i.operands.map(operand => operand.value)
    if (traps(i) && i.operands.some(o => data.has(o.value) || poison.has(o.value)))
      values[1] = safeDivisor(i, scribe, undefinedIf)
    for (const [n, operand] of i.operands.entries()) {
      const shadow = scribe.shadow(operand)
      if (isClean(shadow)) continue
      if (i.opcode === 'br' || i.opcode === 'switch' || (isAddress(i, n) && !operand.type.startsWith('<')))
        undefinedIf(shadow)
      if (leavesRegisters(i, n)) values[n] = filled(operand.type, operand.value, shadow)
    }
    if (i.opcode === 'ret' && entry === 'scalar' && f.text.name === 'kernel' && i.operands[0] !== undefined) {
      const { type } = i.operands[0]
      const undone = scribe.emit('call i1 @xlab.undone()')
      values[0] = filled(type, values[0] ?? '', spreadBit(undone, type, scribe))
    }
    out.push(i.operands.length > 0 ? i.rebuild(values) : text)
    if (i.result !== undefined && poison.has(i.result)) writeShadow(i, scribe, out)
  }
  return out
}

const isAddress = (i: Instruction, n: number): boolean =>
  (i.opcode === 'load' && n === 0) || (i.opcode === 'store' && n === 1)

const leavesRegisters = (i: Instruction, n: number): boolean =>
  i.opcode === 'ret' ||
  i.opcode === 'freeze' ||
  (i.opcode === 'store' && n === 0) ||
  (i.opcode === 'call' && !PURE.test(i.callee ?? ''))

function writeShadow(i: Instruction, scribe: Scribe, out: string[]): void {
  const result = i.result ?? ''
  const type = maskType(i.type)
  if (i.opcode === 'phi') {
    // Phis stand together at the head of a block, so the shadow of one must be a phi too.
    const blocks = i.rebuild(i.operands.map(operand => scribe.shadow(operand)))
    out.push(
      `  ${shadowName(result)} = phi ${type} ${blocks.slice(blocks.indexOf('[ '))}`.replace(/, !.*$/, ''),
    )
    return
  }
  const shadow = ownPoison(i, scribe)
  const vector = vectorOf(type)
  const zero = vector === undefined ? 'false' : 'zeroinitializer'
  out.push(`  ${shadowName(result)} = or ${type} ${shadow}, ${zero}`)
}

/** The divisor, or 1 in lanes where dividing by it is undefined, which is reported. */
function safeDivisor(i: Instruction, scribe: Scribe, undefinedIf: (condition: string) => void): string {
  const [a, b] = i.operands
  if (a === undefined || b === undefined) return ''
  const mask = maskType(a.type)
  const signed = i.opcode.startsWith('s')
  const bits = Number(/i(\d+)/.exec(a.type)?.[1])
  let bad = scribe.emit(`icmp eq ${b.type} ${b.value}, ${splat(b.type, '0')}`)
  if (signed) {
    const lowest = scribe.emit(
      `icmp eq ${a.type} ${a.value}, ${splat(a.type, `${-(2n ** BigInt(bits - 1))}`)}`,
    )
    const minusOne = scribe.emit(`icmp eq ${b.type} ${b.value}, ${splat(b.type, '-1')}`)
    const overflow = scribe.emit(`and ${mask} ${lowest}, ${minusOne}`)
    bad = scribe.emit(`or ${mask} ${bad}, ${overflow}`)
  }
  const shadow = scribe.shadow(b)
  if (!isClean(shadow)) bad = scribe.emit(`or ${mask} ${bad}, ${shadow}`)
  undefinedIf(anyLane(bad, mask, scribe))
  return scribe.emit(`select ${mask} ${bad}, ${a.type} ${splat(a.type, '1')}, ${a.type} ${b.value}`)
}

const anyLane = (value: string, mask: string, scribe: Scribe): string => {
  const vector = vectorOf(mask)
  return vector === undefined
    ? value
    : scribe.emit(`call i1 @llvm.vector.reduce.or.v${vector.lanes}i1(${mask} ${value})`)
}

function spreadBit(bit: string, type: string, scribe: Scribe): string {
  const vector = vectorOf(type)
  if (vector === undefined) return bit
  const mask = maskType(type)
  const first = scribe.emit(`insertelement ${mask} poison, i1 ${bit}, i64 0`)
  return scribe.emit(
    `shufflevector ${mask} ${first}, ${mask} poison, <${vector.lanes} x i32> zeroinitializer`,
  )
}

const isClean = (shadow: string): boolean => shadow === 'false' || shadow === 'zeroinitializer'

/** A constant of `type` with `value` in every lane. */
function splat(type: string, value: string): string {
  const vector = vectorOf(type)
  if (vector === undefined) return value
  if (value === 'false') return 'zeroinitializer'
  const element = value === 'true' ? 'i1' : vector.element
  return `<${Array.from({ length: vector.lanes }, () => `${element} ${value}`).join(', ')}>`
}

const FILLABLE = /^(?:<\d+ x )?(?:i\d+|half|bfloat|float|double)>?$/
const fillName = (type: string): string => `xlab.fill.${type.replaceAll(/[^a-z0-9]+/g, '.')}`
const FLOAT_BITS: Readonly<Record<string, number>> = { half: 16, bfloat: 16, float: 32, double: 64 }

/** Functions the shadows call. Patterns differ from the value in its lowest bit, so that i1 differs too. */
function support(types: readonly string[], entry: 'call-frame' | 'scalar'): string[] {
  const lines = [
    '@xlab_probe = external global i32',
    '@xlab.undefined = internal global i1 false',
    '@xlab.last = internal global i1 false',
  ]
  lines.push(
    ...(entry === 'scalar'
      ? [
          'define internal void @xlab.undefined.if(i1 %c) {',
          '  %u = load i1, ptr @xlab.undefined',
          '  %o = or i1 %u, %c',
          '  store i1 %o, ptr @xlab.undefined',
          '  ret void\n}',
          'define internal i1 @xlab.undone() {',
          '  %u = load i1, ptr @xlab.undefined',
          '  store i1 false, ptr @xlab.undefined',
          '  store i1 %u, ptr @xlab.last',
          '  ret i1 %u\n}',
        ]
      : [
          'define internal void @xlab.undefined.if(i1 %c) {',
          '  br i1 %c, label %undefined, label %fine',
          'undefined:',
          '  call void @llvm.trap()',
          '  unreachable',
          'fine:',
          '  ret void\n}',
        ]),
  )
  for (const type of types) {
    const vector = vectorOf(type)
    const element = vector?.element ?? type
    const bits = FLOAT_BITS[element] ?? Number(element.slice(1))
    const whole = vector === undefined ? `i${bits}` : `<${vector.lanes} x i${bits}>`
    const pattern = (0x5555555555555555n & ((1n << BigInt(Math.min(bits, 62))) - 1n)).toString()
    const ones = bits === 1 ? 'true' : '-1'
    const other = bits === 1 ? 'true' : pattern
    const mask = maskType(type)
    const zero = bits === 1 ? 'false' : '0'
    lines.push(
      `define internal ${type} @${fillName(type)}(${type} %v, ${mask} %p) {`,
      '  %k = load i32, ptr @xlab_probe',
      '  %off = icmp eq i32 %k, 0',
      '  %one = icmp eq i32 %k, 1',
      `  %m1 = select i1 %one, ${whole} ${splat(whole, ones)}, ${whole} ${splat(whole, other)}`,
      `  %m0 = select i1 %off, ${whole} ${splat(whole, zero)}, ${whole} %m1`,
      `  %m = select ${mask} %p, ${whole} %m0, ${whole} ${splat(whole, zero)}`,
      `  %b = bitcast ${type} %v to ${whole}`,
      `  %x = xor ${whole} %b, %m`,
      `  %r = bitcast ${whole} %x to ${type}`,
      `  ret ${type} %r\n}`,
    )
  }
  const text = lines.join('\n')
  return [text]
}
