/** Bitcode back to text, as the pinned LLVM writes it. */
import { describeExit, run, succeeded } from '../process/run.ts'
import type { Toolchain } from './toolchain.ts'

/** The text of a module that the pinned LLVM reads as bitcode only. Throws when it does not read it after all. */
export async function disassemble(
  toolchain: Toolchain,
  bitcode: Uint8Array,
  signal?: AbortSignal,
): Promise<string> {
  const exit = await run(toolchain.bin('llvm-dis'), ['-o', '-', '-'], {
    input: bitcode,
    maxBytes: 512 << 20,
    ...(signal && { signal }),
  })
  signal?.throwIfAborted()
  if (!succeeded(exit)) throw new Error(`llvm-dis: ${describeExit(exit)}: ${exit.stderr.slice(0, 500)}`)
  return exit.stdout.toString('utf8')
}
