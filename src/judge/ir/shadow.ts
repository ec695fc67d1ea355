/**
 * Poison made visible. For every value that may become poison on some input, IR is added that computes whether it
 * is: LLVM's rules (LangRef, "Poison Values") as one more i1, or vector of i1, beside the value. Where such a value
 * leaves the registers (stored, returned, passed on, frozen) it is exchanged for `fill(value)`, which differs from
 * it under the runner's probes 1 and 2, so that an output element that depends on poison differs between runs. What
 * the IR calls undefined behaviour (a branch on poison, division by zero) undoes the whole call.
 * Not followed: uninitialised memory, `inbounds`, return and parameter attributes, scalable vectors.
 */
import type { Instruction } from './instruction.ts'
import { dataValues, type FunctionLines, readFunctions, rewriteFunctions } from './module-text.ts'
import { ownPoison } from './poison.ts'
import { mayPoison, PURE, type Scribe, traps } from './poison-rules.ts'
import { fillName, isFillable, shadowSupport } from './shadow-support.ts'
import { anyLane, clean, integerBits, isClean, maskType, splat, spread } from './types.ts'

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
    () => (watched ? shadowSupport([...fills], entry) : []),
  )
  return watched
    ? { ir: out, watched, undefined: /call void @xlab\.undefined\.if/.test(out) }
    : { ir, watched, undefined: false }
}

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
      if (value === 'poison' || value === 'undef') return splat(maskType(type), 'true')
      return clean(maskType(type))
    },
  }
  const undefinedIf = (condition: string): void => {
    if (condition !== 'false') out.push(`  call void @xlab.undefined.if(i1 ${condition})`)
  }
  const filled = (type: string, value: string, shadow: string): string => {
    if (isClean(shadow) || !isFillable(type)) return value
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
      values[0] = filled(type, values[0] ?? '', spread(undone, maskType(type), scribe.emit))
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
  const zero = clean(type)
  out.push(`  ${shadowName(result)} = or ${type} ${shadow}, ${zero}`)
}

/** The divisor, or 1 in lanes where dividing by it is undefined, which is reported. */
function safeDivisor(i: Instruction, scribe: Scribe, undefinedIf: (condition: string) => void): string {
  const [a, b] = i.operands
  if (a === undefined || b === undefined) return ''
  const mask = maskType(a.type)
  const signed = i.opcode.startsWith('s')
  const bits = integerBits(a.type)
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
  undefinedIf(anyLane(bad, mask, scribe.emit))
  return scribe.emit(`select ${mask} ${bad}, ${a.type} ${splat(a.type, '1')}, ${a.type} ${b.value}`)
}
