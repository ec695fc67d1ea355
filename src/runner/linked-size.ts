/** What code adds to a static executable: its own sections, and the library code it pulls in. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Target } from '../kernel/build.ts'
import { parseObject, SHF } from '../llvm/object/elf.ts'
import { renameSymbol } from '../llvm/object/object.ts'
import { ensureZig } from '../llvm/zig.ts'
import { run, succeeded } from '../process/run.ts'

export interface SizedObject {
  readonly object: Uint8Array
  /** The global it defines. */
  readonly symbol: string
}

/** Bytes of an object that are loaded when it is linked: code, data, unwind tables. */
export const ownBytes = (object: Uint8Array): number =>
  parseObject(object)
    .sections.filter(({ flags }) => (flags & SHF.alloc) !== 0)
    .reduce((sum, { data }) => sum + data.length, 0)

interface SizeOptions {
  readonly target: Target
  readonly directory: string
  readonly signal?: AbortSignal
}

/** Bytes an executable loads that does nothing. */
export async function emptyBytes(options: SizeOptions): Promise<number | undefined> {
  const empty = await executable('int main(void) { return 0; }\n', undefined, options)
  return empty && loadedBytes(empty)
}

/**
 * Bytes an executable loads with this object, or undefined when it cannot be linked. Equal for objects that need the
 * same symbols, but for their own bytes: so one of them tells for all.
 */
export async function linkedBytes(sized: SizedObject, options: SizeOptions): Promise<number | undefined> {
  const object = renameSymbol(sized.object, sized.symbol, 'sized')
  const source = 'void *sized(void *);\nint main(void) { return sized(0) != 0; }\n'
  const linked = await executable(source, object, options)
  return linked && loadedBytes(linked)
}

async function executable(
  source: string,
  object: Uint8Array | undefined,
  { target, directory, signal }: SizeOptions,
): Promise<Uint8Array | undefined> {
  const zig = await ensureZig(signal)
  const work = await mkdtemp(join(directory, 'size-'))
  try {
    await writeFile(join(work, 'main.c'), source)
    if (object) await writeFile(join(work, 'sized.o'), object)
    const [program = '', ...leading] = zig.cc(target)
    const files = object ? ['main.c', 'sized.o'] : ['main.c']
    const args = [...leading, '-static', '-O2', '-s', '-Wl,--gc-sections', ...files, '-o', 'out']
    const exit = await run(program, args, { cwd: work, ...(signal && { signal }) })
    return succeeded(exit) ? await readFile(join(work, 'out')) : undefined
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const NOBITS = 8

/** Bytes of the file that are loaded: elf(5), the sizes of its allocatable sections, what lies between them apart. */
export function loadedBytes(executable: Uint8Array): number {
  const view = new DataView(executable.buffer, executable.byteOffset, executable.byteLength)
  const start = Number(view.getBigUint64(40, true))
  let sum = 0
  for (let i = 0; i < view.getUint16(60, true); i++) {
    const at = start + i * view.getUint16(58, true)
    const loaded = (view.getUint32(at + 8, true) & SHF.alloc) !== 0 && view.getUint32(at + 4, true) !== NOBITS
    if (loaded) sum += Number(view.getBigUint64(at + 32, true))
  }
  return sum
}
