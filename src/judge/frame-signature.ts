/**
 * The signature of a kernel given as a file, read from its own IR: how many arguments it takes from the call frame
 * (irSizes), what it loads and stores through each, and so their element types and roles. Pure.
 */

import { vectorOf } from '../kernel/ir/scan.ts'
import { irSizes } from '../kernel/ir/sizes.ts'
import { type Argument, DTYPE_BITS, type Dtype, IR_DTYPES, type Signature } from '../kernel/signature.ts'
import type { Instruction } from './ir/instruction.ts'
import { type FunctionLines, readFunctions } from './ir/module-text.ts'

/** Byte offset of the argument array in a call frame, and bytes of one entry (kernel_c_api.h). */
const FRAME_ARGUMENTS = 24

interface Use {
  read: boolean
  written: boolean
  readonly types: Map<Dtype, number>
}

/** The signature of a canonical call-frame kernel, or why it cannot be told. */
export function frameSignature(
  ir: string,
  flushDenormals: boolean,
): { readonly signature: Signature } | { readonly reason: string } {
  const sizes = irSizes(ir)
  if (sizes.arguments === 0) return { reason: 'it takes no arguments from its call frame' }
  const uses = argumentUses(ir, sizes.arguments)
  const unsized = uses.findIndex((use, i) => sizes.bytes[i] === undefined && (use.read || use.written))
  if (unsized >= 0)
    return {
      reason: `the IR does not say how large argument ${unsized} is: mark its load from the call frame with !dereferenceable`,
    }
  const list: Argument[] = uses.map((use, i) => {
    const dtype = [...use.types].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'u8'
    const bytes = sizes.bytes[i] ?? 0
    const element = DTYPE_BITS[dtype] / 8
    const whole = bytes % element === 0
    return {
      name: `${i}`,
      dtype: whole ? dtype : 'u8',
      shape: [whole ? bytes / element : bytes],
      bytes,
      role: use.written ? 'out' : 'in',
      slot: i,
    }
  })
  if (list.every(argument => argument.role === 'in'))
    return { reason: 'it stores nothing through its arguments' }
  return { signature: { arguments: list, workgroups: [1, 1, 1], flushDenormals } }
}

/** What happens to the data of each argument, over all functions its pointer is handed to. */
function argumentUses(ir: string, count: number): Use[] {
  const uses: Use[] = Array.from({ length: count }, () => ({ read: false, written: false, types: new Map() }))
  const functions = readFunctions(ir)
  const kernel = functions.find(f => f.text.name === 'kernel')
  if (kernel === undefined) return uses
  const pending: { f: FunctionLines; pointers: Map<string, number> }[] = [
    { f: kernel, pointers: argumentPointers(kernel) },
  ]
  for (const { f, pointers } of pending) {
    if (pending.length > 1000) break
    for (const { instruction: i } of f.lines) {
      if (i === undefined) continue
      follow(i, pointers, uses)
      const callee = functions.find(g => g.text.name === i.callee)
      if (callee === undefined) continue
      const passed = new Map<string, number>()
      for (const [n, operand] of i.operands.entries()) {
        const index = pointers.get(operand.value)
        const name = callee.parameters[n]
        if (index !== undefined && name !== undefined) passed.set(name, index)
      }
      if (passed.size > 0) pending.push({ f: callee, pointers: passed })
    }
  }
  return uses
}

function follow(i: Instruction, pointers: Map<string, number>, uses: Use[]): void {
  const at = (n: number): Use | undefined => {
    const index = pointers.get(i.operands[n]?.value ?? '')
    return index === undefined ? undefined : uses[index]
  }
  if (i.opcode === 'load') note(at(0), i.type, 'read')
  else if (i.opcode === 'store') note(at(1), i.operands[0]?.type ?? '', 'written')
  else if (i.opcode === 'call' && /^llvm\.mem(?:cpy|move|set)/.test(i.callee ?? '')) {
    note(at(0), '', 'written')
    if (!i.callee?.startsWith('llvm.memset')) note(at(1), '', 'read')
  } else if (
    /^(?:getelementptr|select|phi|bitcast|addrspacecast|freeze)$/.test(i.opcode) &&
    i.result !== undefined
  )
    for (const operand of i.operands) {
      const index = pointers.get(operand.value)
      if (index !== undefined) pointers.set(i.result, index)
    }
}

function note(use: Use | undefined, type: string, how: 'read' | 'written'): void {
  if (use === undefined) return
  use[how] = true
  const dtype = IR_DTYPES[vectorOf(type)?.element ?? type]
  if (dtype !== undefined) use.types.set(dtype, (use.types.get(dtype) ?? 0) + 1)
}

/** The values of the kernel's entry that are an argument's data pointer. */
function argumentPointers(kernel: FunctionLines): Map<string, number> {
  const frame = kernel.parameters[0] ?? ''
  const offsets = new Map<string, { base: string; offset: number }>([[frame, { base: 'frame', offset: 0 }]])
  const pointers = new Map<string, number>()
  for (const { text, instruction: i } of kernel.lines) {
    if (i?.result === undefined) continue
    const from = offsets.get(i.operands[0]?.value ?? '')
    if (from === undefined) continue
    if (i.opcode === 'getelementptr') {
      const indices = i.operands.slice(1).map(operand => Number(operand.value))
      const unit = / i8, ptr/.test(text) ? 1 : from.base === 'array' ? 16 : 32
      const bytes = (indices[0] ?? 0) * unit + (indices[1] ?? 0) * 8
      offsets.set(i.result, { base: from.base, offset: from.offset + bytes })
    } else if (i.opcode === 'load' && i.type === 'ptr') {
      if (from.base === 'frame' && from.offset === FRAME_ARGUMENTS)
        offsets.set(i.result, { base: 'array', offset: 0 })
      else if (from.base === 'array' && from.offset % 16 === 0) pointers.set(i.result, from.offset / 16)
    }
  }
  return pointers
}
