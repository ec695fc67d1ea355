/** What proposers that start from the kernel compile: its IR, with bodies for what only XLA's own compiler knows. */
import type { BuildRequest } from '../kernel/build.ts'
import { withXlaMath } from '../kernel/ir/xla-math.ts'
import { irText } from '../llvm/reading/disassemble.ts'
import { getBlob, putBlob } from '../store/blobs.ts'
import type { KernelInput } from '../store/builds/builds.ts'
import type { Proposed, ProposerContext } from './proposer.ts'

type SourceContext = Pick<ProposerContext, 'store' | 'toolchain' | 'target'>

/** Hash and bytes of the input; the kernel's own, unless it calls XLA's intrinsics. */
export async function kernelSource(
  kernel: KernelInput,
  { store, toolchain }: SourceContext,
): Promise<{ readonly inputHash: string; readonly input: () => Uint8Array }> {
  const bytes = getBlob(store, kernel.inputHash)
  // Names stand in bitcode as they are, but for some that are packed; XLA's have dots and are not.
  if (!bytes.includes('xla.')) return { inputHash: kernel.inputHash, input: () => bytes }
  const text = await irText(toolchain, bytes)
  const source = withXlaMath(text)
  return source === text
    ? { inputHash: kernel.inputHash, input: () => bytes }
    : { inputHash: putBlob(store, source), input: () => Buffer.from(source) }
}

/** All that distinguishes builds of one kernel for one target. */
export type KernelRecipe = Pick<BuildRequest, 'passes' | 'attributes' | 'codegenLevel' | 'codegenOptions'>

/** The build of a kernel by a recipe, from its own IR. */
export async function kernelBuild(
  kernel: KernelInput,
  context: SourceContext,
  { passes, attributes, codegenLevel, codegenOptions }: KernelRecipe,
): Promise<Extract<Proposed, { state: 'build' }>> {
  const { toolchain, target } = context
  const { inputHash, input } = await kernelSource(kernel, context)
  const recipe = { passes, attributes, codegenLevel, codegenOptions }
  const from = { kernel: kernel.hash, input: 'kernel', inputHash } as const
  return { state: 'build', input, request: { ...from, ...recipe, llvm: toolchain.version, target } }
}
