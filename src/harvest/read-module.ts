/** The files of one module of a dump, read and taken apart; nothing is stored yet. */
import { join } from 'node:path'
import type { DumpModule, DumpPart } from '../kernel/dump-names.ts'
import type { Unparsed } from '../store/kernels/harvests.ts'
import type { Store } from '../store/open.ts'
import { readBytes, readText } from './dump-files.ts'
import { type FoundKernel, type IrFile, readIr } from './dump-ir.ts'
import type { Validator, Validity } from './validate.ts'

/** A kernel found in a part, with what XLA made of it. */
export interface Found {
  readonly kernel: FoundKernel
  readonly file: string
  readonly mlir?: string
  readonly object?: Buffer
  readonly validity: Validity
}

export interface Artifact {
  readonly kind: string
  readonly file: string
  readonly data: string | Uint8Array
}

export interface ModuleContents {
  /** The module's own text files by their role. */
  readonly texts: Readonly<Record<string, string>>
  readonly artifacts: readonly Artifact[]
  readonly kernels: readonly Found[]
  /** XLA's optimised IR by exported name. */
  readonly optimised: ReadonlyMap<string, FoundKernel>
  /** IR files to remember, as all they hold is valid. */
  readonly remember: readonly IrFile[]
  readonly unparsed: readonly Unparsed[]
}

/** Files of the module itself that are kept, by what they are. */
const KEPT = {
  hloBefore: 'hlo-before',
  hloAfter: 'hlo-after',
  bufferAssignment: 'buffer-assignment',
  bufferValues: 'buffer-values',
  memoryUsage: 'memory-usage',
  debugOptions: 'debug-options',
  object: 'object',
} as const

/** Reads a module's files below `dir`; new kernels go through LLVM. Throws only when the signal does. */
export async function readModule(
  store: Store,
  dir: string,
  module: DumpModule,
  validator: Validator,
  signal: AbortSignal,
): Promise<ModuleContents> {
  const unparsed: Unparsed[] = []
  const artifacts: Artifact[] = []
  const keep = (kind: string, file: string | undefined): string | undefined => {
    if (file === undefined) return undefined
    const read = kind === 'object' ? readBytes(join(dir, file)) : readText(join(dir, file))
    if (read.state === 'refused') unparsed.push({ file, reason: read.reason })
    else artifacts.push({ kind, file, data: read.data })
    return read.state === 'ok' && typeof read.data === 'string' ? read.data : undefined
  }
  const texts: Record<string, string> = {}
  for (const [key, kind] of Object.entries(KEPT)) {
    const text = keep(kind, module[key as keyof typeof KEPT])
    if (text !== undefined) texts[key] = text
  }
  for (const file of module.other) keep('other', file)

  const read: { file: string; ir: IrFile; checks: Promise<Validity[]>; part: PartFiles }[] = []
  const optimised = new Map<string, FoundKernel>()
  const optimisedFiles: IrFile[] = []
  for (const part of module.parts) {
    await validator.room()
    signal.throwIfAborted()
    if (part.withOpt !== undefined) {
      const ir = readIr(store, join(dir, part.withOpt), 'optimised')
      if (ir.problem !== undefined) unparsed.push({ file: part.withOpt, reason: ir.problem })
      else optimisedFiles.push(ir)
      for (const kernel of ir.kernels) optimised.set(kernel.name, kernel)
    }
    const mlir = part.mlir.map(([stage, file]) => ({ stage, text: keep('mlir', file) }))
    const before = mlir.find(({ stage }) => stage === 'pre-optimization')?.text
    if (part.noOpt === undefined) {
      if (part.withOpt !== undefined)
        unparsed.push({ file: part.withOpt, reason: 'the unoptimised IR beside it is missing' })
      keep('object', part.object)
      continue
    }
    const ir = readIr(store, join(dir, part.noOpt), 'unoptimised')
    if (ir.problem !== undefined) unparsed.push({ file: part.noOpt, reason: ir.problem })
    const checks = Promise.all(ir.kernels.map(({ text }) => validator.check(text, ir.raw)))
    // A failure is met below, where the result is awaited.
    checks.catch(() => {})
    const object = ir.kernels.length === 1 ? ownObject(dir, part, unparsed) : undefined
    if (ir.kernels.length !== 1) keep('object', part.object)
    read.push({
      file: part.noOpt,
      ir,
      checks,
      part: { ...(before !== undefined && { mlir: before }), ...(object && { object }) },
    })
  }

  const kernels: Found[] = []
  const remember = optimisedFiles.filter(({ known }) => !known)
  const names = new Set<string>()
  for (const { file, ir, checks, part } of read) {
    const validities = await checks
    if (!ir.known && ir.problem === undefined && validities.every(({ state }) => state !== 'rejected'))
      remember.push(ir)
    for (const [i, kernel] of ir.kernels.entries()) {
      const validity = validities[i] ?? { state: 'known' }
      const reason =
        validity.state === 'rejected'
          ? validity.message
          : names.has(kernel.name)
            ? 'the module has another kernel of that name'
            : undefined
      if (reason !== undefined) unparsed.push({ file, reason: `${kernel.name}: ${reason}` })
      else kernels.push({ kernel, file, validity, ...part })
      names.add(kernel.name)
    }
  }
  return { texts, artifacts, kernels, optimised, remember, unparsed }
}

type PartFiles = Pick<Found, 'mlir' | 'object'>

/** XLA's object of a part that is one kernel. */
function ownObject(dir: string, part: DumpPart, unparsed: Unparsed[]): Buffer | undefined {
  if (part.object === undefined) return undefined
  const read = readBytes(join(dir, part.object))
  if (read.state === 'ok') return read.data
  unparsed.push({ file: part.object, reason: read.reason })
  return undefined
}
