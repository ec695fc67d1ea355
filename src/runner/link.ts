/** From objects to a bundle: one static executable of the runner and every function of a comparison. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256, type Target } from '../kernel/build.ts'
import { seededRandom, shuffled } from '../kernel/random.ts'
import { ObjectError, type ObjectFile, parseObject } from '../llvm/object/elf.ts'
import { renameSymbol } from '../llvm/object/object.ts'
import { ensureZig } from '../llvm/zig.ts'
import { describeExit, run, succeeded } from '../process/run.ts'
import { ensureRunner } from './compile-runner.ts'
import { gateParsed } from './gate.ts'
import type { Bundle } from './protocol.ts'

export { gateObject } from './gate.ts'

export interface Linkable {
  /** Unique in the bundle, `[A-Za-z0-9_]+`; jobs call the function by it. */
  readonly id: string
  readonly object: Uint8Array
  /** The global it defines: `kernel`, or XLA's name. */
  readonly symbol: string
  /** One of our own instrumented references: it may use what the runner offers those. */
  readonly trusted?: true
  /** Objects linked with it, the globals of all called `ID_…`: what an adapter calls. */
  readonly with?: readonly Uint8Array[]
}

export interface LinkOptions {
  readonly target: Target
  /** Decides the order of the functions in the executable and the padding before them, and so where each lies. */
  readonly orderSeed: number
  /** Where the executable is put. */
  readonly directory: string
  readonly signal?: AbortSignal
}

export type LinkResult =
  | { readonly state: 'ok'; readonly bundle: Bundle }
  | { readonly state: 'broken'; readonly id?: string; readonly reason: string }

/** Links functions with the runner. `broken` names the function that cannot be linked, when it can be told. */
export async function linkBundle(linkables: readonly Linkable[], options: LinkOptions): Promise<LinkResult> {
  const { target, directory, signal } = options
  const files = new Map<string, Uint8Array>()
  for (const linkable of shuffled(seededRandom(options.orderSeed), linkables)) {
    const ready = prepare(linkable, target)
    if ('reason' in ready) return { state: 'broken', id: linkable.id, reason: ready.reason }
    for (const [i, object] of ready.objects.entries())
      files.set(i === 0 ? `${linkable.id}.o` : `${linkable.id}.${i}.o`, object)
  }
  const [zig, runner] = await Promise.all([ensureZig(), ensureRunner(target)])
  const work = await mkdtemp(join(directory, 'link-'))
  try {
    await Promise.all([...files].map(([name, bytes]) => writeFile(join(work, name), bytes)))
    await writeFile(
      join(work, 'table.c'),
      table(
        linkables.map(({ id }) => id),
        options.orderSeed,
      ),
    )
    await writeFile(join(work, 'objects'), [...files.keys()].join('\n'))
    const [program = '', ...leading] = zig.cc(target)
    const exit = await run(
      program,
      [
        ...leading,
        '-static',
        '-O2',
        '-s',
        ...runner,
        'table.c',
        ...(files.size > 0 ? ['@objects'] : []),
        '-o',
        'bundle',
      ],
      { cwd: work, ...(signal && { signal }) },
    )
    signal?.throwIfAborted()
    if (!succeeded(exit)) return blame(exit.stderr || describeExit(exit), linkables)
    const hash = sha256(await readFile(join(work, 'bundle')))
    const path = join(directory, `bundle-${hash.slice(0, 16)}`)
    await rename(join(work, 'bundle'), path)
    return { state: 'ok', bundle: { path, hash } }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** An object's exported symbol in the bundle: the id could be a name of the runner's or of libc's. */
const symbolOf = (id: string): string => `function_${id}`

function prepare(
  { id, object, symbol, trusted, with: others = [] }: Linkable,
  target: Target,
): { readonly objects: readonly Uint8Array[] } | { readonly reason: string } {
  if (!/^\w+$/.test(id)) throw new Error(`'${id}' cannot be a function's id`)
  try {
    const parsed = [object, ...others].map(bytes => parseObject(bytes))
    const beside = parsed
      .flatMap(one => one.symbols.map(s => s.name))
      .filter(name => name.startsWith(`${id}_`))
    for (const [i, one] of parsed.entries()) {
      const reason = refuse(one, i === 0 ? symbol : '', { beside, ...(trusted && { trusted }) }, target)
      if (reason !== undefined) return { reason }
    }
    return { objects: [renameSymbol(object, symbol, symbolOf(id)), ...others] }
  } catch (error) {
    if (error instanceof ObjectError) return { reason: `no object that can be linked: ${error.message}` }
    throw error
  }
}

function refuse(
  object: ObjectFile,
  symbol: string,
  options: { readonly beside: readonly string[]; readonly trusted?: boolean },
  target: Target,
): string | undefined {
  const wanted = target.triple.startsWith('x86_64') ? 'x86-64' : 'aarch64'
  if (object.machine !== wanted) return `made for ${object.machine}, and the target is ${wanted}`
  return gateParsed(object, symbol, options)
}

/** Padding before all functions: each link has them at other places in their pages too. Multiples of 16, below 4096. */
const padding = (seed: number): number => 16 * (Math.imul(seed, 0x9e3779b1) >>> 24)

const table = (ids: readonly string[], seed: number): string =>
  [
    `__asm__(".text\\n.balign 16\\n.skip ${padding(seed)}\\n");`,
    'struct function { const char *id; void *(*call)(const void *); };',
    ...ids.map(id => `extern void *${symbolOf(id)}(const void *);`),
    'extern const struct function xlab_functions[];',
    'extern const unsigned xlab_function_count;',
    'const struct function xlab_functions[] = {',
    ...ids.map(id => `  {"${id}", ${symbolOf(id)}},`),
    '  {0, 0},',
    '};',
    `const unsigned xlab_function_count = ${ids.length};`,
    '',
  ].join('\n')

/** Finds the object a linker complains about: the file names are the ids. */
function blame(message: string, linkables: readonly Linkable[]): LinkResult {
  const ids = new Set(linkables.map(({ id }) => id))
  const named = [...message.matchAll(/(\w+)(?:\.\d+)?\.o\b/g)].map(match => match[1] ?? '')
  const id = named.find(name => ids.has(name))
  const line = message.split('\n').find(text => /error|undefined/.test(text)) ?? message
  return {
    state: 'broken',
    reason: `does not link: ${line.trim().slice(0, 300)}`,
    ...(id !== undefined && { id }),
  }
}
