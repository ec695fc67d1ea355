/** What IR files held that were read before: known text need not be taken apart again. */
import { sha256 } from '../../kernel/build.ts'
import type { IrSizes } from '../../kernel/hlo/signature.ts'
import { CANONICAL_RULE } from '../../kernel/ir/canonical.ts'
import type { Abi } from '../../kernel/ir/extract.ts'
import type { Store } from '../open.ts'
import { cached } from '../statements.ts'
import { hasKernel } from './kernels.ts'

/** An exported function of an IR file. */
export interface IrKernel {
  readonly name: string
  readonly hash: string
  /** Blob of its canonical IR. */
  readonly blob: string
  readonly abi: Abi
  readonly emitter?: string
  readonly opcode?: string
  readonly sizes: IrSizes
}

export type Stage = 'unoptimised' | 'optimised'

/** Identity of a text under today's canonical form. */
export const textHash = (text: string): string => sha256(`${CANONICAL_RULE}\n${text}`)

/** What a text is known to hold, all of which is in the database: kernels, or blobs of optimised ones. */
export function knownIr(store: Store, hash: string, stage: Stage): readonly IrKernel[] | undefined {
  const json = cached(store, 'SELECT kernels FROM ir_text WHERE hash = ?').pluck().get(hash)
  if (typeof json !== 'string') return undefined
  const kernels = (JSON.parse(json) as IrKernel[]).map(withUnknownSizes)
  const blob = cached(store, 'SELECT 1 FROM blob WHERE hash = ?')
  const there = (kernel: IrKernel): boolean =>
    stage === 'unoptimised' ? hasKernel(store, kernel.hash) : blob.get(kernel.blob) !== undefined
  return kernels.every(there) ? kernels : undefined
}

/** JSON has no undefined; a size that is not known was written as null. */
const withUnknownSizes = (kernel: IrKernel): IrKernel => {
  const bytes = kernel.sizes.bytes.map(size => size ?? undefined)
  return { ...kernel, sizes: { ...kernel.sizes, bytes } }
}

export function putIr(store: Store, hash: string, kernels: readonly IrKernel[]): void {
  cached(store, 'INSERT INTO ir_text VALUES (?, ?) ON CONFLICT DO NOTHING').run(hash, JSON.stringify(kernels))
}
