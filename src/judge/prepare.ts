/** From a kernel and its builds to functions that can be linked and one job that judges them. */

import { cachedObject } from '../compile/cached-object.ts'
import { scalarAdapter } from '../compile/scalar-adapter.ts'
import { scalarInputBits, scalarReason, scalarSignature } from '../kernel/adapter.ts'
import type { Target } from '../kernel/build.ts'
import type { Signature } from '../kernel/signature.ts'
import type { Semantics } from '../kernel/verdict.ts'
import { contentHash, parseObject } from '../llvm/object/object.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { gateObject, type Linkable } from '../runner/link.ts'
import type { Candidate, InputKind, ReferenceRun, VerifyJob } from '../runner/protocol.ts'
import { guardIr } from './ir/guard.ts'
import { shadowPoison } from './ir/shadow.ts'
import { referenceVariants, type Variant } from './reference.ts'

/** One build to judge. */
export interface JudgedBuild {
  readonly hash: string
  readonly object: Uint8Array
  /** The global it defines: `kernel`, or XLA's name. */
  readonly symbol: string
  readonly semantics: Semantics
  /** Twins share it, and a verdict. */
  readonly contentHash: string
}

/** A kernel under one signature, and the builds of it that want a verdict. */
export interface JudgedKernel {
  readonly id: string
  /** Canonical IR: its exported function is `@kernel`. */
  readonly ir: string
  /** `scalar`: `@kernel` takes and returns scalars, and runs through an adapter. */
  readonly entry: 'call-frame' | 'scalar'
  readonly signature: Signature
  readonly builds: readonly JudgedBuild[]
}

export interface PrepareServices {
  readonly toolchain: Toolchain
  readonly target: Target
  readonly seed: number
  /** Trials of a kernel; small ones get more. */
  readonly trials: number
  readonly limitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** What one build turned into: a function to run, or an answer at once. */
export type Prepared =
  | { readonly state: 'run'; readonly function: string }
  | { readonly state: 'same' }
  | { readonly state: 'broken'; readonly reason: string }

export interface PreparedKernel {
  readonly linkables: readonly Linkable[]
  readonly job: VerifyJob
  /** In the order of the kernel's builds. */
  readonly builds: readonly Prepared[]
}

/** Most bits of input that are tried whole. */
export const EXHAUSTIVE_BITS = 24

/** The mix of inputs: half of it random in some way, every kind at least once when there are ten trials. */
const TRIALS: readonly InputKind[] = [
  'uniform',
  'edges',
  'sprinkled',
  'wide',
  'indices',
  'zeros',
  'tiny',
  'small',
  'large',
  'scaled',
  'uniform',
  'sprinkled',
  'wide',
  'edges',
  'indices',
  'sprinkled',
]

/** Small kernels meet few values in a trial, and cost little: they get up to so many times more. */
const ENOUGH_BYTES = 1 << 18
const MOST_TIMES = 32

function trialKinds(count: number, signature: Signature): InputKind[] {
  const bytes = Math.max(1, ...signature.arguments.map(argument => argument.bytes))
  const times = Math.min(MOST_TIMES, Math.max(1, Math.ceil(ENOUGH_BYTES / bytes)))
  return Array.from({ length: count * times }, (_, i) => TRIALS[i % TRIALS.length] ?? 'uniform')
}

/** Bits of input a run depends on; inputs in one piece of memory count once. */
function inputBits(signature: Signature): number {
  const slots = new Map<number, number>()
  for (const argument of signature.arguments) {
    if (argument.role !== 'in') continue
    const bits = argument.dtype === 'pred' ? argument.bytes : argument.bytes * 8
    slots.set(argument.slot, Math.max(bits, slots.get(argument.slot) ?? 0))
  }
  return [...slots.values()].reduce((a, b) => a + b, 0)
}

/** Builds the references of a kernel and names every function. `prefix` is unique in the bundle, `[A-Za-z0-9_]+`. */
export async function prepareKernel(
  kernel: JudgedKernel,
  prefix: string,
  services: PrepareServices,
): Promise<PreparedKernel | { readonly state: 'unknown'; readonly reason: string }> {
  const scalar = kernel.entry === 'scalar'
  const why = scalar ? scalarReason(kernel.ir) : undefined
  if (why !== undefined) return { state: 'unknown', reason: why }
  const exhaustive =
    (scalar ? (scalarInputBits(kernel.ir) ?? 64) : inputBits(kernel.signature)) <= EXHAUSTIVE_BITS
  const calls = scalar && exhaustive ? 1 : undefined
  const guarded = scalar && shadowPoison(kernel.ir, 'scalar').undefined
  const guard = guarded ? guardIr(kernel.ir) : undefined
  const adapter = scalar ? await scalarAdapter(kernel.ir, { calls, guard }, services) : undefined
  if (adapter !== undefined && 'reason' in adapter)
    return { state: 'unknown', reason: `the adapter does not compile: ${adapter.reason}` }
  const link =
    adapter === undefined
      ? (id: string, object: Uint8Array, symbol: string): Linkable => ({ id, object, symbol })
      : adapter.link

  const semantics = new Set(kernel.builds.map(build => build.semantics))
  const linkables: Linkable[] = []
  const references: ReferenceRun[] = []
  let plain: string | undefined
  for (const variant of referenceVariants(kernel.ir, { entry: kernel.entry, semantics })) {
    const built = await cachedObject(variant, services)
    if (built.state === 'broken') {
      if (variant.key === 'plain' || variant.key === 'watched')
        return { state: 'unknown', reason: `the reference does not compile: ${built.reason}` }
      continue
    }
    if (variant.key === 'plain') plain = contentHash(parseObject(built.object))
    const id = `${prefix}_${variant.key}`
    linkables.push({ ...link(id, built.object, 'kernel'), trusted: true })
    references.push(...runsOf(variant, id))
  }

  const candidates: Candidate[] = []
  const twins = new Map<string, string>()
  const builds = kernel.builds.map((build, i): Prepared => {
    if (build.contentHash === plain) return { state: 'same' }
    const twin = `${build.contentHash} ${build.semantics}`
    const known = twins.get(twin)
    if (known !== undefined) return { state: 'run', function: known }
    const refused = gateObject(build.object, build.symbol)
    if (refused !== undefined) return { state: 'broken', reason: refused }
    const id = `${prefix}_c${i}`
    twins.set(twin, id)
    linkables.push(link(id, build.object, build.symbol))
    candidates.push({ function: id, semantics: build.semantics })
    return { state: 'run', function: id }
  })
  return {
    linkables: candidates.length === 0 ? [] : linkables,
    builds,
    job: {
      kind: 'verify',
      id: prefix,
      signature:
        (calls !== undefined ? scalarSignature(kernel.ir, 'kernel', calls) : undefined) ?? kernel.signature,
      references,
      candidates,
      seed: services.seed,
      trials: exhaustive ? 'exhaustive' : trialKinds(services.trials, kernel.signature),
      limitMs: services.limitMs ?? 10_000,
    },
  }
}

const runsOf = (variant: Variant, id: string): ReferenceRun[] =>
  variant.runs.map(run => ({ function: id, ...run }))
