/** A kernel's IR after LLVM's cheap canonicalising passes: the same kernel in fewer words. */
import { CANONICALISING } from '../../kernel/compact/passes.ts'
import { extractKernels } from '../../kernel/ir/extract.ts'
import { limited } from '../../llvm/limits.ts'
import type { Toolchain } from '../../llvm/toolchain.ts'
import { run, succeeded } from '../../process/run.ts'

const MEMORY_MIB = 4096
const TIMEOUT_MS = 60_000

/** Canonical text of `ir` after `CANONICALISING`; undefined where LLVM does not get through. */
export async function canonicalised(
  ir: string,
  { toolchain, signal }: { readonly toolchain: Toolchain; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const [file, args] = limited([toolchain.bin('opt'), '-S', `-passes=${CANONICALISING}`], MEMORY_MIB)
  const exit = await run(file, args, { bare: true, input: ir, timeoutMs: TIMEOUT_MS, signal })
  signal.throwIfAborted()
  if (!succeeded(exit)) return undefined
  return extractKernels(exit.stdout.toString('utf8')).kernels[0]?.ir
}
