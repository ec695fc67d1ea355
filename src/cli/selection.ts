/** Which kernels a command is about, and what to run first where there are none. */
import { usageError } from '../errors.ts'
import { kernelFilter } from '../store/kernels/kernel-filter.ts'
import type { Store } from '../store/open.ts'

/** Throws a usage error when the database has no kernel, or none that the filter selects. */
export function requireKernels(store: Store, filter: string | undefined): void {
  const { where, parameters } = kernelFilter(filter)
  if (store.prepare(`SELECT 1 FROM kernel WHERE ${where} LIMIT 1`).get(...parameters) !== undefined) return
  if (store.prepare('SELECT 1 FROM kernel LIMIT 1').get() === undefined)
    throw usageError('the database has no kernels', "collect some with 'xlab harvest'")
  throw usageError(`no kernel matches --filter ${filter}`, "see 'xlab kernels' and 'xlab query models'")
}

/** Throws a usage error when nothing was built, or with `verdict` when nothing built was judged. */
export function requireSome(store: Store, what: 'build' | 'verdict'): void {
  if (store.prepare('SELECT 1 FROM build LIMIT 1').get() === undefined)
    throw usageError('nothing was built yet', "make builds with 'xlab optimise'")
  if (what === 'verdict' && store.prepare('SELECT 1 FROM verdict LIMIT 1').get() === undefined)
    throw usageError('nothing has a verdict yet', "judge the builds with 'xlab verify'")
}
