/** Targets, builds and proposals: what was compiled, and who suggested it. */
import { type BuildRequest, type BuildResult, buildHash, type Target } from '../../kernel/build.ts'
import { putBlob } from '../blobs.ts'
import { kernelFilter } from '../kernels/kernel-filter.ts'
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

/** The row id of a target, stored if new. The name is the first one it was known by. */
export function putTarget(store: Store, target: Target): number {
  const { name, triple, cpu, features } = target
  insert(store, 'target', { name, triple, cpu, features }, 'ON CONFLICT DO NOTHING')
  const find = 'SELECT id FROM target WHERE triple = ? AND cpu = ? AND features = ?'
  return (cached(store, find).get(triple, cpu, features) as { id: number }).id
}

/** How a stored build came out; undefined when it has not been made. */
export const buildState = (store: Store, hash: string): 'ok' | 'broken' | undefined =>
  (
    cached(store, 'SELECT state FROM build WHERE hash = ?').get(hash) as
      | { state: 'ok' | 'broken' }
      | undefined
  )?.state

/** Stores a build with its IR and object unless it is known; returns its hash. */
export function putBuild(store: Store, request: BuildRequest, result: BuildResult): string {
  const hash = buildHash(request)
  if (buildState(store, hash) !== undefined) return hash
  const made = result.state === 'ok' ? result : undefined
  insert(store, 'build', {
    hash,
    kernel_hash: request.kernel,
    input: request.input,
    input_hash: request.inputHash,
    passes: request.passes,
    attributes: JSON.stringify(request.attributes),
    codegen_level: request.codegenLevel,
    codegen_options: JSON.stringify(request.codegenOptions),
    llvm: request.llvm,
    target_id: putTarget(store, request.target),
    state: result.state,
    reason: result.state === 'broken' ? `${result.step}: ${result.message}` : null,
    ir_hash: made?.ir ? putBlob(store, made.ir) : null,
    object_hash: made ? putBlob(store, made.object) : null,
    code_bytes: made?.sizes.codeBytes ?? null,
    rodata_bytes: made?.sizes.rodataBytes ?? null,
    object_bytes: made?.sizes.objectBytes ?? null,
    instructions: made?.instructions ?? null,
    content_hash: made?.contentHash ?? null,
    undefined_symbols: made ? JSON.stringify(made.undefinedSymbols) : null,
    commands: JSON.stringify(result.commands),
    seconds: result.seconds,
  })
  return hash
}

export interface NewProposal {
  readonly kernel: string
  readonly targetId: number
  readonly proposer: string
  readonly build: string
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly sample?: number
  readonly seconds?: number
  /** The language model's answer behind it. */
  readonly exchange?: number
}

/** Stores who suggested a build, once. */
export function putProposal(store: Store, proposal: NewProposal): void {
  insert(
    store,
    'proposal',
    {
      kernel_hash: proposal.kernel,
      target_id: proposal.targetId,
      proposer: proposal.proposer,
      parameters: JSON.stringify(proposal.parameters ?? {}),
      sample: proposal.sample ?? 0,
      build_hash: proposal.build,
      seconds: proposal.seconds ?? null,
      exchange_id: proposal.exchange ?? null,
      proposed_at: new Date().toISOString(),
    },
    'ON CONFLICT DO NOTHING',
  )
}

/** A kernel as proposers see it. */
export interface KernelInput {
  readonly hash: string
  readonly name: string
  /** Blob hash of what the pinned LLVM can read: the text, or bitcode of it. */
  readonly inputHash: string
}

/** The kernels a filter selects, in a fixed order. */
export function selectKernels(store: Store, filter: string | undefined): KernelInput[] {
  const { where, parameters } = kernelFilter(filter)
  return store
    .prepare(
      `SELECT hash, name, coalesce(bitcode_hash, ir_hash) AS inputHash FROM kernel WHERE ${where} ORDER BY name, hash`,
    )
    .all(...parameters) as KernelInput[]
}

/** What a proposer has made for the target by this LLVM, or found as an object of XLA's: `HASH SAMPLE` of each. */
export function proposedSamples(
  store: Store,
  proposer: { readonly name: string; readonly parameters?: Readonly<Record<string, unknown>> },
  targetId: number,
  llvm: string,
): Set<string> {
  const found = cached(
    store,
    `SELECT p.kernel_hash || ' ' || p.sample FROM proposal p JOIN build b ON b.hash = p.build_hash
     WHERE p.proposer = ? AND p.parameters = ? AND p.target_id = ? AND (b.input = 'object' OR b.llvm = ?)`,
  ).pluck()
  return new Set(
    found.all(proposer.name, JSON.stringify(proposer.parameters ?? {}), targetId, llvm) as string[],
  )
}

/** XLA's own results for a kernel, oldest sighting first. */
export interface XlaResult {
  readonly irHash: string | null
  readonly objectHash: string | null
  /** Model name of the CPU it was harvested on, and the LLVM that XLA embeds, where known. */
  readonly cpu: string | null
  readonly llvm: string | null
  readonly producer: string | null
}

export const xlaResults = (store: Store, kernel: string): XlaResult[] =>
  cached(
    store,
    `SELECT s.xla_ir_hash AS irHash, s.xla_object_hash AS objectHash, h.cpu, h.llvm, h.producer
     FROM sighting s JOIN module m ON m.id = s.module_id JOIN harvest h ON h.id = m.harvest_id
     WHERE s.kernel_hash = ? AND (s.xla_ir_hash IS NOT NULL OR s.xla_object_hash IS NOT NULL) ORDER BY s.id`,
  ).all(kernel) as XlaResult[]
