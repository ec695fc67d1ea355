/** Kernels, the signatures they are called by, and where they were seen. */
import { sha256 } from '../../kernel/build.ts'
import { CANONICAL_RULE } from '../../kernel/ir/canonical.ts'
import type { KernelText } from '../../kernel/ir/extract.ts'
import type { SightingFacts } from '../../kernel/sighting.ts'
import type { Signature } from '../../kernel/signature.ts'
import { putBlob } from '../blobs.ts'
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'
import { kernelFilter } from './kernel-filter.ts'

export const hasKernel = (store: Store, hash: string): boolean =>
  cached(store, 'SELECT 1 FROM kernel WHERE hash = ?').get(hash) !== undefined

/** Stores a kernel that an LLVM has read, unless it is known. */
export function putKernel(
  store: Store,
  kernel: KernelText,
  read: { readonly reader: string; readonly bitcode?: Uint8Array },
): void {
  if (hasKernel(store, kernel.hash)) return
  insert(store, 'kernel', {
    hash: kernel.hash,
    rule: CANONICAL_RULE,
    name: kernel.name,
    abi: kernel.abi,
    ir_hash: putBlob(store, kernel.ir),
    bitcode_hash: read.bitcode ? putBlob(store, read.bitcode) : null,
    reader: read.reader,
    lines: kernel.lines,
    functions: kernel.functions,
    ir_instructions: kernel.irInstructions,
  })
}

/**
 * Stores a signature unless it is known; returns its hash. Argument names are not part of it: a kernel that two
 * modules call the same way is judged and measured once, and the names kept are those of the first.
 */
export function putSignature(store: Store, signature: Signature): string {
  const json = JSON.stringify(signature)
  const hash = sha256(JSON.stringify(signature, (key, value) => (key === 'name' ? undefined : value)))
  const slots = new Map(signature.arguments.map(({ slot, bytes }) => [slot, bytes]))
  insert(
    store,
    'signature',
    {
      hash,
      json,
      arguments: signature.arguments.length,
      bytes: [...slots.values()].reduce((sum, bytes) => sum + bytes, 0),
    },
    'ON CONFLICT DO NOTHING',
  )
  return hash
}

export interface NewSighting {
  readonly moduleId: number
  readonly kernelHash: string
  /** Exported function there. */
  readonly name: string
  readonly file: string
  readonly emitter?: string
  readonly facts: SightingFacts
  /** Blob of XLA's optimised IR. */
  readonly xlaIrHash?: string
  readonly xlaObject?: Uint8Array
}

export function insertSighting(store: Store, sighting: NewSighting): void {
  const { facts, xlaObject } = sighting
  insert(store, 'sighting', {
    module_id: sighting.moduleId,
    kernel_hash: sighting.kernelHash,
    name: sighting.name,
    file: sighting.file,
    instruction: facts.instruction ?? null,
    opcode: facts.opcode ?? null,
    emitter: sighting.emitter ?? null,
    op_type: facts.opType ?? null,
    op_name: facts.opName ?? null,
    source_file: facts.sourceFile ?? null,
    source_line: facts.sourceLine ?? null,
    calls: facts.calls,
    signature_hash: facts.signature ? putSignature(store, facts.signature) : null,
    unrunnable: facts.unrunnable ?? null,
    findings: facts.findings.length > 0 ? JSON.stringify(facts.findings) : null,
    xla_ir_hash: sighting.xlaIrHash ?? null,
    xla_object_hash: xlaObject === undefined ? null : putBlob(store, xlaObject),
  })
}

/** One line a kernel, for people: where it was first seen stands for all sightings. */
export interface KernelRow {
  readonly hash: string
  readonly name: string
  readonly op: string | null
  readonly models: string | null
  readonly lines: number
  readonly abi: string
  readonly runnable: 'yes' | 'no'
}

/** The kernels a filter selects, by model and name. */
export function listKernels(store: Store, filter: string | undefined): KernelRow[] {
  const { where, parameters } = kernelFilter(filter)
  return store
    .prepare(
      `SELECT kernel.hash, kernel.name, coalesce(o.op_type, o.opcode) AS op, o.models, kernel.lines, kernel.abi,
         iif(o.runnable, 'yes', 'no') AS runnable
       FROM kernel JOIN kernel_origin o ON o.hash = kernel.hash
       WHERE ${where} ORDER BY o.models, kernel.name, kernel.hash`,
    )
    .all(...parameters) as KernelRow[]
}
