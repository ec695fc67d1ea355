/** Any LLVM IR of the user's own: each exported function is a kernel, runnable where it takes and returns scalars. */
import { basename } from 'node:path'
import { scalarReason, scalarSignature } from '../kernel/adapter.ts'
import { extractKernels, type KernelText } from '../kernel/ir/extract.ts'
import { licenceOf } from '../kernel/licence.ts'
import type { SightingFacts } from '../kernel/sighting.ts'
import type { Reader, ReadResult } from '../llvm/reading/reader.ts'
import { endHarvest, forgetImports, insertModule, startHarvest } from '../store/kernels/harvests.ts'
import { hasKernel, insertSighting, putKernel } from '../store/kernels/kernels.ts'
import { type Store, write } from '../store/open.ts'
import { readText } from './dump-files.ts'

export interface ImportedKernel {
  readonly hash: string
  readonly name: string
  readonly abi: string
  readonly lines: number
  readonly new: boolean
  /** Why it cannot be run, if it cannot. */
  readonly unrunnable?: string
}

export type ImportResult =
  | { readonly state: 'ok'; readonly kernels: readonly ImportedKernel[] }
  /** Nothing of the file was stored. `reason` begins with file, line and column where LLVM gave them. */
  | { readonly state: 'failed'; readonly reason: string }

/** Stores the functions of one file, all or none. A file imported before is replaced; its kernels stay. */
export async function importFile(
  path: string,
  services: { store: Store; reader: Reader },
): Promise<ImportResult> {
  const { store, reader } = services
  const text = readText(path)
  if (text.state === 'refused') return failed(`${path}: ${text.reason}`)
  if (text.data.trim() === '') return failed(`${path}: it is empty`)
  const whole = await reader.read(text.data)
  if (whole.state === 'rejected') return failed(located(path, whole.message))
  const { kernels, problem } = extractKernels(text.data)
  if (problem !== undefined) return failed(`${path}: ${problem}`)
  const reads: ReadResult[] = []
  for (const kernel of kernels) {
    const read = await reader.read(kernel.ir)
    if (read.state === 'rejected')
      return failed(
        `${path}: the canonical form of ${kernel.name} is not valid, a fault of xlab: ${read.message}`,
      )
    reads.push(read)
  }
  return write(store, (): ImportResult => {
    forgetImports(store, path)
    const harvestId = startHarvest(store, { model: path, source: 'import', xlaFlags: '' })
    const moduleId = insertModule(store, { harvestId, name: basename(path), ops: [] })
    const imported = kernels.map((kernel, i): ImportedKernel => {
      const { hash, name, abi, lines } = kernel
      const added = !hasKernel(store, hash)
      const read = reads[i]
      if (read?.state === 'ok') putKernel(store, kernel, read)
      const facts = factsOf(kernel)
      insertSighting(store, { moduleId, kernelHash: hash, name, file: basename(path), facts })
      const { unrunnable } = facts
      return { hash, name, abi, lines, new: added, ...(unrunnable !== undefined && { unrunnable }) }
    })
    const licence = licenceOf(text.data)
    endHarvest(
      store,
      harvestId,
      { state: 'complete' },
      { files: 1, ...(licence !== undefined && { licence }) },
    )
    return { state: 'ok', kernels: imported }
  })
}

const failed = (reason: string): ImportResult => ({ state: 'failed', reason })

/** LLVM's message with the file's name in it. */
const located = (path: string, message: string): string =>
  message.startsWith('<') ? message.replace(/^<[^>]*>/, path) : `${path}: ${message}`

function factsOf(kernel: KernelText): SightingFacts {
  if (kernel.abi === 'call-frame')
    return { calls: 1, unrunnable: 'no HLO says what its buffers hold', findings: [] }
  const signature = scalarSignature(kernel.ir)
  if (signature) return { calls: 1, signature, findings: [] }
  return { calls: 1, unrunnable: scalarReason(kernel.ir) ?? 'it cannot be called', findings: [] }
}
