/** Back to text, by the pinned LLVM: bitcode to IR, objects to assembly. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environmentError } from '../../errors.ts'
import { describeExit, run, succeeded } from '../../process/run.ts'
import type { Toolchain } from '../toolchain.ts'
import { isBitcode } from './bitcode.ts'

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

/** IR as text, whichever of the two it is stored as. */
export const irText = async (toolchain: Toolchain, ir: Uint8Array, signal?: AbortSignal): Promise<string> =>
  isBitcode(ir) ? await disassemble(toolchain, ir, signal) : Buffer.from(ir).toString('utf8')

/** Relocations included, bytes and addresses left out: they differ between builds that do not. */
const OBJDUMP = ['-d', '-r', '--no-show-raw-insn', '--no-leading-addr']

/** How llvm-objdump begins each file it was given. */
const FILE = /^\n?(\d+)\.o:\tfile format .*$/gm

/** Objects as assembly by llvm-objdump, in order, in one process. One that it cannot read is an empty text. */
export async function assemblyOf(
  toolchain: Toolchain,
  objects: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'xlab-asm-'))
  try {
    const names = objects.map((_, i) => `${i}.o`)
    await Promise.all(objects.map((object, i) => writeFile(join(folder, names[i] ?? ''), object)))
    const exit = await run(toolchain.bin('llvm-objdump'), [...OBJDUMP, ...names], {
      cwd: folder,
      timeoutMs: 60_000 + 200 * objects.length,
      maxBytes: 1 << 30,
      ...(signal && { signal }),
    })
    signal?.throwIfAborted()
    // It ends with 1 when it could not read one of them; the others are there.
    if (!succeeded(exit) && !(exit.state === 'exited' && exit.code === 1))
      throw environmentError(`llvm-objdump failed: ${describeExit(exit)}`, exit.stderr.trim())
    const parts = exit.stdout.toString('utf8').split(FILE)
    const texts = objects.map(() => '')
    for (let i = 1; i < parts.length; i += 2) texts[Number(parts[i])] = tidy(parts[i + 1] ?? '')
    return texts
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const tidy = (text: string): string => `${text.replace(/^\s*\n/gm, '').trimEnd()}\n`
