/** What candidates race against: XLA's own build of the kernel, and how the kernel is called. */
import { type JudgedKernel, kernelToJudge } from '../../../judge/stored.ts'
import { kernelSymbol } from '../../../llvm/object/object.ts'
import type { MeasuredBuild } from '../../../measure/measure.ts'
import { getBlob } from '../../../store/blobs.ts'
import { callsOf } from '../../../store/builds/verdicts.ts'
import { cached } from '../../../store/statements.ts'
import type { ExploreServices } from '../../proposer.ts'

export interface Course {
  /** Without builds: the judge gets those of the moment. */
  readonly kernel: JudgedKernel
  readonly reference: MeasuredBuild
  /** Hash of the signature it is called by. */
  readonly signature: string
}

/** An object under the name its executable knows it by. */
export function measuredBuild(hash: string, object: Uint8Array): MeasuredBuild {
  const symbol = kernelSymbol(object)
  return { hash, link: id => ({ id, object, symbol }) }
}

/** Undefined with a reason where there is nothing to race against, or no way to run the kernel alone. */
export async function courseOf(
  hash: string,
  { store, toolchain, signal }: ExploreServices,
): Promise<Course | { readonly why: string }> {
  const reference = cached(
    store,
    `SELECT b.hash, b.object_hash AS object FROM reference r JOIN build b ON b.hash = r.build_hash
     WHERE r.kernel_hash = ? AND b.object_hash IS NOT NULL`,
  ).get(hash) as { hash: string; object: string } | undefined
  if (reference === undefined)
    return { why: "there is no build of XLA's to race against: run 'xlab optimise --with xla' first" }
  const kernel = await kernelToJudge(hash, { store, toolchain, signal })
  const [call] = callsOf(store, hash)
  if (kernel === undefined || call === undefined) return { why: 'it cannot be run alone' }
  if (kernel.entry === 'scalar') return { why: 'functions of scalars are not raced' }
  return {
    ...{ kernel, signature: call.signature },
    reference: measuredBuild(reference.hash, getBlob(store, reference.object)),
  }
}
