/** The runner's own C, compiled once for each architecture and kept by content, so that a bundle is only a link. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { inState } from '../config/paths.ts'
import { environmentError } from '../errors.ts'
import { sha256, type Target } from '../kernel/build.ts'
import { ensureZig } from '../llvm/zig.ts'
import { log } from '../log.ts'
import { describeExit, run, succeeded } from '../process/run.ts'

/** Contraction would make inputs differ between architectures; sanitizers would add what children must not have. */
const FLAGS = [
  '-std=c11',
  '-O2',
  '-g0',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-ffp-contract=off',
  '-fno-strict-aliasing',
  '-fno-sanitize=undefined',
  '-fno-stack-protector',
]

const SOURCES = join(import.meta.dirname, 'native')
const compiled = new Map<string, Promise<readonly string[]>>()

/** The runner's objects for a target, compiled now if they are not in the cache. */
export async function ensureRunner(target: Target): Promise<readonly string[]> {
  const zig = await ensureZig()
  const command = zig.cc(target)
  const names = (await readdir(SOURCES, { recursive: true })).filter(name => /\.[ch]$/.test(name)).sort()
  const texts = await Promise.all(names.map(name => readFile(join(SOURCES, name), 'utf8')))
  const key = sha256(JSON.stringify([zig.version, command.at(-1), FLAGS, names, texts])).slice(0, 24)
  const known = compiled.get(key)
  if (known !== undefined) return known
  const sources = names.filter(name => name.endsWith('.c'))
  const work = compileOnce(key, command, sources).catch(error => {
    compiled.delete(key)
    throw error
  })
  compiled.set(key, work)
  return work
}

const objectOf = (source: string): string => source.replace(/\.c$/, '.o').replaceAll('/', '-')

async function compileOnce(
  key: string,
  command: readonly string[],
  sources: readonly string[],
): Promise<readonly string[]> {
  const folder = inState('cache', 'runner', key)
  const objects = sources.map(name => join(folder, objectOf(name)))
  const present = new Set(await readdir(folder).catch(() => []))
  if (sources.every(name => present.has(objectOf(name)))) return objects
  log.info('compiling the runner (the first time, its C library too: about a minute)')
  await mkdir(inState('cache', 'runner'), { recursive: true })
  const work = await mkdtemp(inState('cache', 'runner', 'new-'))
  const [program = '', ...leading] = command
  try {
    await Promise.all(
      sources.map(async name => {
        const inputs = ['-I', SOURCES, '-c', join(SOURCES, name)]
        const exit = await run(program, [...leading, ...FLAGS, ...inputs, '-o', join(work, objectOf(name))])
        if (!succeeded(exit))
          throw environmentError(
            `the runner's ${name} does not compile (${describeExit(exit)}): ${exit.stderr.slice(0, 2000)}`,
            "'xlab doctor' shows what is missing",
          )
      }),
    )
    // Two may compile at once: the first to finish wins, and both made the same.
    await rename(work, folder).catch(() => undefined)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return objects
}
