/** XLA's own results as proposals: its object as it stands, and its optimised IR through the pinned code generator. */
import { readFileSync } from 'node:fs'
import { machine } from 'node:os'
import { getBlob, putBlob } from '../store/blobs.ts'
import { type KernelInput, type XlaResult, xlaResults } from '../store/builds/builds.ts'
import type { Proposed, ProposerContext, ProposerKind } from './proposer.ts'

/** XLA generates code at LLVM's highest level unless told otherwise. */
const XLA_CODEGEN_LEVEL = 3

export const xlaObject: ProposerKind = {
  word: 'xla',
  names: ['xla'],
  create: typed => (typed === 'xla' ? { name: 'xla', propose: proposeObject } : undefined),
}

export const xlaIr: ProposerKind = {
  word: 'xla-ir',
  names: ['xla-ir'],
  create: typed => (typed === 'xla-ir' ? { name: 'xla-ir', propose: proposeIr } : undefined),
}

const none = (why: string): Proposed => ({ state: 'none', why })

/** The object of the first sighting on this machine's CPU; dumps that name no CPU are taken to be of this one. */
async function proposeObject(kernel: KernelInput, context: ProposerContext): Promise<Proposed> {
  const { store, target } = context
  const results = xlaResults(store, kernel.hash).filter(result => result.objectHash !== null)
  if (results.length === 0) return none('its dump has no object of XLA’s')
  if (target.name !== 'native') return none('XLA’s objects are for the machine of the harvest')
  const found = results.find(result => result.cpu === null || result.cpu === thisCpu())
  const inputHash = found?.objectHash ?? null
  if (!found || inputHash === null) return none(`harvested on another CPU: ${results[0]?.cpu}`)
  return {
    state: 'build',
    input: () => getBlob(store, inputHash),
    request: {
      kernel: kernel.hash,
      input: 'object',
      inputHash,
      passes: '',
      attributes: [],
      codegenLevel: XLA_CODEGEN_LEVEL,
      codegenOptions: [],
      llvm: embeddedLlvm(found),
      target,
    },
  }
}

/** XLA's optimised IR of a kernel, as the pinned LLVM reads it, or why there is none. */
export async function xlaIrOf(
  kernel: KernelInput,
  { store, reader }: Pick<ProposerContext, 'store' | 'reader'>,
): Promise<{ readonly hash: string; readonly read: () => Uint8Array } | { readonly why: string }> {
  const irHash = xlaResults(store, kernel.hash).find(result => result.irHash !== null)?.irHash
  if (!irHash) return { why: 'its dump has no optimised IR of XLA’s' }
  const text = getBlob(store, irHash)
  const read = await (await reader()).read(text)
  if (read.state === 'rejected') return { why: `no LLVM here reads XLA’s optimised IR: ${read.message}` }
  const input = read.bitcode ?? text
  return { hash: read.bitcode ? putBlob(store, read.bitcode) : irHash, read: () => input }
}

async function proposeIr(kernel: KernelInput, context: ProposerContext): Promise<Proposed> {
  const { target, toolchain } = context
  const ir = await xlaIrOf(kernel, context)
  if ('why' in ir) return none(ir.why)
  return {
    state: 'build',
    input: ir.read,
    request: {
      kernel: kernel.hash,
      input: 'xla-ir',
      inputHash: ir.hash,
      passes: '',
      attributes: [],
      codegenLevel: XLA_CODEGEN_LEVEL,
      codegenOptions: [],
      llvm: toolchain.version,
      target,
    },
  }
}

const embeddedLlvm = (result: XlaResult): string =>
  result.llvm ?? `of ${result.producer ?? 'an unknown producer'}`

let cpu: string | undefined

/** This machine's CPU as a harvest on it would record it (models-py/harvest.py). */
function thisCpu(): string {
  cpu ??= /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? machine()
  return cpu
}
