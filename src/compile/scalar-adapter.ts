/** How a build of a scalar function becomes something a bundle can hold: its own object beside an adapter's. */
import { adapterIr, GUARD, SCALAR_SYMBOL } from '../kernel/adapter.ts'
import type { Target } from '../kernel/build.ts'
import { renameSymbol } from '../llvm/object/object.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import type { Linkable } from '../runner/link.ts'
import { cachedObject } from './cached-object.ts'

export interface ScalarAdapter {
  /** `object` defines the function as `symbol`; the result is a kernel called `id`. The object stays as it is. */
  link(id: string, object: Uint8Array, symbol: string): Linkable
}

/**
 * The adapter of a scalar kernel's builds. `calls`: how many of them in one run, as in its signature. `guard`: IR of
 * a function that says which calls are undefined; those are left out.
 */
export async function scalarAdapter(
  ir: string,
  options: { readonly calls?: number | undefined; readonly guard?: string | undefined },
  services: {
    readonly toolchain: Toolchain
    readonly target: Target
    readonly signal?: AbortSignal | undefined
  },
): Promise<ScalarAdapter | { readonly reason: string }> {
  const { calls, guard } = options
  const build = (text: string, codegenLevel: 0 | 2) =>
    cachedObject({ ir: text, passes: '', codegenLevel, codegenOptions: [] }, services)
  const text = adapterIr(ir, { guarded: guard !== undefined, ...(calls !== undefined && { calls }) })
  const adapter = await build(text, 2)
  if (adapter.state === 'broken') return adapter
  const guarding = guard === undefined ? undefined : await build(guard, 0)
  if (guarding?.state === 'broken') return guarding
  return {
    link(id, object, symbol) {
      const main = renameSymbol(adapter.object, SCALAR_SYMBOL, `${id}_scalar`)
      const scalar = renameSymbol(object, symbol, `${id}_scalar`)
      if (guarding === undefined) return { id, object: main, symbol: 'kernel', with: [scalar] }
      return {
        id,
        object: renameSymbol(main, GUARD, `${id}_guard`),
        symbol: 'kernel',
        with: [scalar, renameSymbol(guarding.object, GUARD, `${id}_guard`)],
      }
    },
  }
}
