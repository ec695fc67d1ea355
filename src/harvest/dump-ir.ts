/** The IR files of a dump: what each holds, from memory where its text was read before. */
import { sha256 } from '../kernel/build.ts'
import { extractKernels, type KernelText } from '../kernel/ir/extract.ts'
import { irSizes } from '../kernel/ir/sizes.ts'
import { type IrKernel, knownIr, type Stage, textHash } from '../store/kernels/ir-texts.ts'
import type { Store } from '../store/open.ts'
import { readText } from './dump-files.ts'

export interface FoundKernel extends IrKernel {
  /** Its canonical text; absent if the database has it. */
  readonly text?: KernelText
}

export interface IrFile {
  readonly kernels: readonly FoundKernel[]
  /** The file's text and its hash. */
  readonly raw: string
  readonly hash: string
  /** Read before, so there is nothing to remember of it. */
  readonly known: boolean
  /** Why not all of it, or nothing, could be taken. */
  readonly problem?: string
}

/** Reads one file. */
export function readIr(store: Store, path: string, stage: Stage): IrFile {
  const read = readText(path)
  if (read.state === 'refused') return { kernels: [], raw: '', hash: '', known: false, problem: read.reason }
  const raw = read.data
  const hash = textHash(raw)
  const known = knownIr(store, hash, stage)
  if (known) return { kernels: known, raw, hash, known: true }
  const { kernels, problem } = extractKernels(raw)
  const found = kernels.map(text => ({
    name: text.name,
    hash: text.hash,
    blob: sha256(text.ir),
    abi: text.abi,
    ...(text.emitter !== undefined && { emitter: text.emitter }),
    ...(text.opcode !== undefined && { opcode: text.opcode }),
    sizes: irSizes(text.ir),
    text,
  }))
  return { kernels: found, raw, hash, known: false, ...(problem !== undefined && { problem }) }
}
