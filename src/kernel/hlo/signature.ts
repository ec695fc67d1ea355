/**
 * The signature of a kernel from its HLO instruction, where its buffers lie from the buffer assignment, and a
 * cross-check with the sizes its own IR states. What does not agree makes no signature.
 */

import type { Argument, Signature } from '../signature.ts'
import { type BufferAssignment, overlapping, type Slice } from './buffer-assignment.ts'
import type { HloInstruction, HloModule } from './module.ts'
import { bytesOf, isDtype, type Leaf, leavesOf } from './shape.ts'
import { workgroupsInHlo, workgroupsInMlir } from './workgroups.ts'

/** What a kernel's IR says of its arguments. */
export interface IrSizes {
  /** Arguments it loads from the call frame. */
  readonly arguments: number
  /** Bytes it may touch of each; undefined where it does not say. */
  readonly bytes: readonly (number | undefined)[]
}

export interface SignatureRequest {
  readonly module: HloModule
  readonly instruction: HloInstruction
  readonly buffers: BufferAssignment | undefined
  readonly irSizes: IrSizes
  readonly mlir: string | undefined
}

export type SignatureResult =
  | { readonly state: 'ok'; readonly signature: Signature; readonly findings: readonly string[] }
  | { readonly state: 'unrunnable'; readonly reason: string; readonly findings: readonly string[] }

const COMPILED_LOOP = 'a loop compiled whole: XLA passes its buffers in the order of a hash table'

type Buffer = Omit<Argument, 'slot'> & { readonly slice: Slice | undefined }

/** Arguments: every leaf of the operands, in order, then every leaf of the result. */
export function signatureOf(request: SignatureRequest): SignatureResult {
  const { instruction, buffers, irSizes, mlir } = request
  if (instruction.opcode === 'call') return { state: 'unrunnable', reason: COMPILED_LOOP, findings: [] }
  const list = listBuffers(request)
  if (typeof list === 'string') return { state: 'unrunnable', reason: list, findings: [] }
  const conflict = disagreement(list, irSizes) ?? (buffers && misplacement(list))
  if (conflict !== undefined) return { state: 'unrunnable', reason: conflict, findings: [conflict] }

  const findings = buffers === undefined ? ['no buffer assignment: run with separate buffers'] : []
  const inHlo = workgroupsInHlo(instruction)
  const workgroups = (mlir === undefined ? undefined : workgroupsInMlir(mlir)) ?? inHlo
  if (workgroups.join() !== inHlo.join()) {
    findings.push(
      `HLO partitions into ${inHlo.join('×')} workgroups, the emitter into ${workgroups.join('×')}`,
    )
  }
  return {
    state: 'ok',
    signature: { arguments: withSlots(list), workgroups, flushDenormals: true },
    findings,
  }
}

/** The buffers in call order, or why there is no saying. */
function listBuffers({ module, instruction, buffers }: SignatureRequest): Buffer[] | string {
  const list: Buffer[] = []
  const operands = instruction.operands.flatMap(name => module.instructions.get(name) ?? [])
  for (const value of [...operands, instruction]) {
    for (const leaf of leavesOf(value.shape)) {
      const buffer = bufferOf(module, buffers, value, leaf, value === instruction ? 'out' : 'in')
      if (typeof buffer === 'string') return buffer
      list.push(buffer)
    }
  }
  return list
}

function bufferOf(
  module: HloModule,
  buffers: BufferAssignment | undefined,
  value: HloInstruction,
  leaf: Leaf,
  role: 'in' | 'out',
): Buffer | string {
  const { dtype, dims } = leaf.shape
  const name = leaf.index.length === 0 ? value.name : `${value.name}{${leaf.index.join(',')}}`
  const bytes = bytesOf(leaf.shape)
  if (bytes === undefined || !isDtype(dtype)) return `${name} has no fixed size: ${dtype}[${dims.join(',')}]`
  const slice = buffers && resolve(module, buffers, value, leaf.index)
  return { name, dtype, shape: dims, bytes, role, slice }
}

/** A value's slice, through the instructions that only pass it on. */
function resolve(
  module: HloModule,
  buffers: BufferAssignment,
  value: HloInstruction,
  index: readonly number[],
): Slice | undefined {
  const slice = buffers.sliceOf(value.name, index)
  if (slice !== undefined) return slice
  const through = (operand: number, path: readonly number[]) => {
    const from = module.instructions.get(value.operands[operand] ?? '')
    return from && resolve(module, buffers, from, path)
  }
  if (value.opcode === 'bitcast') return through(0, index)
  if (value.opcode === 'get-tuple-element')
    return through(0, [Number(value.attributes.get('index')), ...index])
  return value.opcode === 'tuple' ? through(index[0] ?? 0, index.slice(1)) : undefined
}

function disagreement(list: readonly Buffer[], ir: IrSizes): string | undefined {
  if (ir.arguments !== list.length) return `the IR takes ${ir.arguments} buffers, HLO says ${list.length}`
  for (const [i, buffer] of list.entries()) {
    const bytes = ir.bytes[i]
    if (bytes !== undefined && bytes !== buffer.bytes) {
      return `the IR says ${bytes} bytes for buffer ${i}, HLO ${buffer.bytes} (${buffer.name})`
    }
  }
  return undefined
}

/** Why the buffers cannot be laid out with whole slots: one has no place, or two overlap in part. */
function misplacement(list: readonly Buffer[]): string | undefined {
  for (const { name, slice, bytes } of list) {
    if (slice === undefined) return `the buffer assignment has no place for ${name}`
    if (slice.bytes !== bytes)
      return `the buffer assignment gives ${name} ${slice.bytes} bytes, HLO says ${bytes}`
  }
  for (const [i, out] of list.entries()) {
    if (out.role !== 'out') continue
    for (const [j, other] of list.entries()) {
      if (i === j || out.slice === undefined || other.slice === undefined) continue
      if (overlapping(out.slice, other.slice) && slotKey(out.slice) !== slotKey(other.slice)) {
        return `${out.name} and ${other.name} overlap in part`
      }
    }
  }
  return undefined
}

const slotKey = (slice: Slice): string => `${slice.allocation}:${slice.offset}:${slice.bytes}`

/** Equal slices are one slot, numbered in order of first use; a buffer of unknown place or no size has its own. */
function withSlots(list: readonly Buffer[]): Argument[] {
  const slots = new Map<string, number>()
  return list.map(({ slice, ...argument }, i) => {
    const key = slice === undefined || slice.bytes === 0 ? `buffer ${i}` : slotKey(slice)
    const slot = slots.get(key) ?? slots.size
    slots.set(key, slot)
    return { ...argument, slot }
  })
}
