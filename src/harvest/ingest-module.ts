/** One module of a dump: its kernels read, tied to the HLO, and stored in one transaction. */
import { join } from 'node:path'
import type { DumpModule, DumpPart } from '../kernel/dump-names.ts'
import { extractKernels, type KernelText } from '../kernel/extract.ts'
import { irSizes } from '../kernel/ir-sizes.ts'
import { type ModuleFacts, type SightingFacts, understandModule } from '../kernel/sighting.ts'
import {
  insertArtifact,
  insertModule,
  insertUnparsed,
  type NewModule,
  type Unparsed,
} from '../store/harvests.ts'
import { hasKernel, insertSighting, putKernel } from '../store/kernels.ts'
import type { Store } from '../store/open.ts'
import { readBytes, readText } from './dump-files.ts'
import { unrunnableReason } from './unrunnable.ts'
import type { Validator, Validity } from './validate.ts'

/** A kernel found in a part, with what XLA made of it. */
interface Found {
  readonly kernel: KernelText
  readonly file: string
  readonly mlir?: string
  readonly object?: Buffer
  readonly validity: Promise<Validity>
}

interface Artifact {
  readonly kind: string
  readonly file: string
  readonly data: string | Uint8Array
}

export interface ModuleResult {
  readonly kernels: number
  readonly new: number
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

/**
 * Reads a module's files below `dir` and stores it with all that could be read; what could not is listed as unparsed.
 * Nothing of it is stored if it is interrupted.
 */
export async function ingestModule(
  store: Store,
  dir: string,
  module: DumpModule,
  validator: Validator,
  place: Pick<NewModule, 'harvestId' | 'timing'>,
  signal: AbortSignal,
): Promise<ModuleResult> {
  const unparsed: Unparsed[] = []
  const artifacts: Artifact[] = []
  const found: Found[] = []
  const optimised = new Map<string, string>()
  const keep = (kind: string, file: string | undefined): string | undefined => {
    const read =
      file === undefined
        ? undefined
        : kind === 'object'
          ? readBytes(join(dir, file))
          : readText(join(dir, file))
    if (file === undefined || read === undefined) return undefined
    if (read.state === 'refused') unparsed.push({ file, reason: read.reason })
    else artifacts.push({ kind, file, data: read.data })
    return read.state === 'ok' && typeof read.data === 'string' ? read.data : undefined
  }
  const texts = Object.fromEntries(
    Object.entries(KEPT).map(([key, kind]) => [key, keep(kind, module[key as keyof typeof KEPT])]),
  )
  for (const file of module.other) keep('other', file)
  for (const part of module.parts) {
    await validator.room()
    signal.throwIfAborted()
    for (const { name, ir } of irOf(dir, part.withOpt, unparsed).kernels) optimised.set(name, ir)
    const mlir = part.mlir.map(([stage, file]) => ({ stage, text: keep('mlir', file) }))
    const before = mlir.find(({ stage }) => stage === 'pre-optimization')?.text
    found.push(...foundIn(dir, part, validator, unparsed, keep, before))
  }
  const valid: Found[] = []
  const names = new Set<string>()
  const validities = await Promise.all(found.map(({ validity }) => validity))
  for (const [i, one] of found.entries()) {
    const { kernel, file } = one
    const validity = validities[i]
    if (validity?.state === 'rejected') unparsed.push({ file, reason: `${kernel.name}: ${validity.message}` })
    else if (names.has(kernel.name))
      unparsed.push({ file, reason: `${kernel.name}: the module has another kernel of that name` })
    else valid.push(one)
    names.add(kernel.name)
  }
  const facts = understandModule(
    present(texts),
    valid.map(({ kernel }) => kernel.name),
  )
  if (facts.problem !== undefined && module.hloAfter !== undefined)
    unparsed.push({ file: module.hloAfter, reason: facts.problem })
  const reads = await Promise.all(valid.map(({ validity }) => validity))
  signal.throwIfAborted()
  return store.transaction((): ModuleResult => {
    const moduleId = insertModule(store, { ...place, name: module.key, ops: facts.ops })
    for (const artifact of artifacts) insertArtifact(store, moduleId, artifact)
    let added = 0
    for (const [i, { kernel, file, mlir, object }] of valid.entries()) {
      const read = reads[i]
      if (read?.state === 'ok' && !hasKernel(store, kernel.hash)) {
        putKernel(store, kernel, read)
        added++
      }
      const xlaIr = optimised.get(kernel.name)
      insertSighting(store, {
        moduleId,
        kernelHash: kernel.hash,
        name: kernel.name,
        file,
        facts: factsOf(facts, kernel, mlir),
        ...(kernel.emitter !== undefined && { emitter: kernel.emitter }),
        ...(xlaIr !== undefined && { xlaIr }),
        ...(object && { xlaObject: object }),
      })
    }
    insertUnparsed(store, place.harvestId, unparsed)
    return { kernels: valid.length, new: added }
  })()
}

/** The kernels of a part, each on its way through LLVM, and XLA's object where it is one kernel's. */
function foundIn(
  dir: string,
  part: DumpPart,
  validator: Validator,
  unparsed: Unparsed[],
  keep: (kind: string, file: string | undefined) => unknown,
  mlir: string | undefined,
): Found[] {
  const file = part.noOpt
  if (file === undefined) {
    if (part.withOpt !== undefined)
      unparsed.push({ file: part.withOpt, reason: 'the unoptimised IR beside it is missing' })
    keep('object', part.object)
    return []
  }
  const { kernels, text } = irOf(dir, file, unparsed)
  const own =
    part.object !== undefined && kernels.length === 1 ? readBytes(join(dir, part.object)) : undefined
  if (own?.state === 'refused') unparsed.push({ file: part.object ?? '', reason: own.reason })
  if (own === undefined) keep('object', part.object)
  return kernels.map(kernel => ({
    kernel,
    file,
    validity: watched(validator.check(kernel, text)),
    ...(mlir !== undefined && { mlir }),
    ...(own?.state === 'ok' && { object: own.data }),
  }))
}

/** A failure is met where the result is awaited, which may be later than it happens. */
function watched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

function irOf(
  dir: string,
  file: string | undefined,
  unparsed: Unparsed[],
): { kernels: readonly KernelText[]; text: string } {
  if (file === undefined) return { kernels: [], text: '' }
  const read = readText(join(dir, file))
  if (read.state === 'refused') {
    unparsed.push({ file, reason: read.reason })
    return { kernels: [], text: '' }
  }
  const { kernels, problem } = extractKernels(read.data)
  if (problem !== undefined) unparsed.push({ file, reason: problem })
  return { kernels, text: read.data }
}

/** What is known of a sighting; only the kernel ABI gets a signature from HLO. */
function factsOf(facts: ModuleFacts, kernel: KernelText, mlir: string | undefined): SightingFacts {
  const sizes = irSizes(kernel.ir)
  const { signature, unrunnable, ...rest } = facts.sightingOf(kernel.name, sizes, mlir)
  const opcode = rest.opcode ?? kernel.opcode
  const known = opcode === undefined ? rest : { ...rest, opcode }
  const reason = unrunnableReason(kernel.abi)
  if (reason !== undefined) return { ...known, unrunnable: reason }
  return { ...known, ...(signature && { signature }), ...(unrunnable !== undefined && { unrunnable }) }
}

const present = (texts: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
