/** Objects of ours (references, adapters), compiled once and kept in `.xlab/cache`, keyed by everything that goes into them. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { inState } from '../config/paths.ts'
import { sha256, type Target } from '../kernel/build.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { sharedBuilder } from './builder.ts'

export interface Recipe {
  /** IR text, or bitcode. */
  readonly ir: string
  readonly passes: string
  readonly codegenLevel: 0 | 1 | 2 | 3
  readonly codegenOptions: readonly string[]
}

export type Compiled =
  | { readonly state: 'ok'; readonly object: Uint8Array }
  | { readonly state: 'broken'; readonly reason: string }

/** The object of a recipe. A cache that cannot be read or written only costs time. */
export async function cachedObject(
  recipe: Recipe,
  services: {
    readonly toolchain: Toolchain
    readonly target: Target
    readonly signal?: AbortSignal | undefined
  },
): Promise<Compiled> {
  const { toolchain, target } = services
  const key = createHash('sha256')
    .update(JSON.stringify([recipe, toolchain.version, target.triple, target.cpu, target.features]))
    .digest('hex')
  const path = inState('cache', 'reference', key.slice(0, 2), `${key}.o`)
  const known = await readFile(path).catch(() => undefined)
  if (known !== undefined && known.length > 0) return { state: 'ok', object: known }
  const builder = await sharedBuilder(toolchain)
  const result = await builder.build(
    {
      kernel: '',
      input: 'kernel',
      inputHash: sha256(recipe.ir),
      passes: recipe.passes,
      attributes: [],
      codegenLevel: recipe.codegenLevel,
      codegenOptions: recipe.codegenOptions,
      llvm: toolchain.version,
      target,
    },
    () => Buffer.from(recipe.ir),
    services.signal === undefined ? {} : { signal: services.signal },
  )
  if (result.state === 'broken') return { state: 'broken', reason: `${result.step}: ${result.message}` }
  await keep(path, result.object)
  return { state: 'ok', object: result.object }
}

async function keep(path: string, object: Uint8Array): Promise<void> {
  const part = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(part, object)
    await rename(part, path)
  } catch {
    // The object is in hand; the next run compiles it again.
  }
}
