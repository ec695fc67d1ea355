/** zig as C compiler and linker: brings a static libc (musl) for every target, so linked runners need nothing. */
import { join } from 'node:path'
import { inState } from '../config/paths.ts'
import { environmentError } from '../errors.ts'
import { architectureOf, type Target } from '../kernel/build.ts'
import { ensureWheel, isFetched, type Wheel, wheelFolder } from './wheels.ts'

export const ZIG_WHEEL: Wheel = {
  title: 'zig 0.17.1',
  folder: 'zig-0.17.1',
  requirements: 'zig.txt',
  megabytes: [101, 420],
  executables: ['ziglang/zig'],
}

export interface Zig {
  readonly version: string
  /**
   * Command and leading arguments of a C compiler and linker for the target: static musl, baseline CPU. The first
   * static link for an architecture builds its libc, which is kept in `.xlab/cache/zig`.
   */
  cc(target: Pick<Target, 'triple'>): string[]
  /** Command and leading arguments that make a static executable of a file in Zig, for any CPU of the target. */
  exe(target: Pick<Target, 'triple'>): string[]
}

/** zig, fetched if need be; an environment error if it cannot be. */
export async function ensureZig(signal?: AbortSignal): Promise<Zig> {
  const program = join(await ensureWheel(ZIG_WHEEL, signal), 'ziglang', 'zig')
  const cache = inState('cache', 'zig')
  const command = (tool: string, triple: string): string[] => [
    '/usr/bin/env',
    `ZIG_GLOBAL_CACHE_DIR=${cache}`,
    `ZIG_LOCAL_CACHE_DIR=${cache}`,
    program,
    tool,
    '-target',
    `${architecture(triple)}-linux-musl`,
  ]
  return {
    version: ZIG_WHEEL.title,
    cc: ({ triple }) => command('cc', triple),
    exe: ({ triple }) => [...command('build-exe', triple), '-mcpu', 'baseline'],
  }
}

/** Where zig is, when it has been fetched. */
export const zigFolder = (): string | undefined => (isFetched(ZIG_WHEEL) ? wheelFolder(ZIG_WHEEL) : undefined)

function architecture(triple: string): string {
  const name = architectureOf(triple)
  if (name === 'x86_64' || name === 'aarch64') return name
  throw environmentError(`nothing can be linked for ${triple}`, 'targets are x86_64 and aarch64 Linux')
}
