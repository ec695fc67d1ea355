/** Lists that won somewhere and what they make of every kernel. */
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

export interface PortfolioKey {
  readonly targetId: number
  readonly llvm: string
  readonly metric: string
  readonly hash: string
}

/** Code bytes by kernel; 0 for a kernel it breaks on. */
export type Sizes = Readonly<Record<string, number>>

export function portfolioTrials(store: Store, key: PortfolioKey): Sizes {
  const json = cached(
    store,
    'SELECT kernels FROM portfolio WHERE target_id = ? AND llvm = ? AND metric = ? AND candidate_hash = ?',
  )
    .pluck()
    .get(key.targetId, key.llvm, key.metric, key.hash)
  return typeof json === 'string' ? (JSON.parse(json) as Sizes) : {}
}

export function putPortfolioTrial(store: Store, key: PortfolioKey, candidate: string, kernels: Sizes): void {
  insert(
    store,
    'portfolio',
    {
      ...{ target_id: key.targetId, llvm: key.llvm, metric: key.metric, candidate_hash: key.hash },
      ...{ candidate, kernels: JSON.stringify(kernels) },
    },
    'ON CONFLICT (target_id, llvm, metric, candidate_hash) DO UPDATE SET kernels = excluded.kernels',
  )
}
