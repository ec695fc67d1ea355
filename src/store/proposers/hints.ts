/** Hints: regions of kernels said to be worth improving, by a model or by chance, and what trying them showed. */
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

export interface NewHint {
  readonly exchange: number | undefined
  readonly kernel: string
  readonly targetId: number
  readonly source: 'llm' | 'random'
  readonly metric: 'size' | 'time'
  /** Place in its answer, from 0; of random ones, across all of a seed's. */
  readonly position: number
  readonly function: string | null
  readonly lines: readonly [number, number] | null
  readonly kind: string
  readonly why: string
  readonly tryKind: string
  readonly tryText: string
  readonly state: 'untried' | 'invalid'
  readonly reason?: string
}

export interface StoredHint extends Omit<NewHint, 'state' | 'reason'> {
  readonly id: number
  readonly state: HintState
  readonly reason: string | null
  readonly sizeRatio: number | null
  readonly timeRatio: number | null
}
export type HintState = 'untried' | 'confirmed' | 'refuted' | 'no-gain' | 'invalid'

/** Stores a hint and returns its id. */
export const putHint = (store: Store, hint: NewHint): number =>
  insert(store, 'hint', {
    exchange_id: hint.exchange ?? null,
    kernel_hash: hint.kernel,
    target_id: hint.targetId,
    source: hint.source,
    metric: hint.metric,
    position: hint.position,
    function: hint.function,
    line_first: hint.lines?.[0] ?? null,
    line_last: hint.lines?.[1] ?? null,
    kind: hint.kind,
    why: hint.why,
    try_kind: hint.tryKind,
    try_text: hint.tryText,
    state: hint.state,
    reason: hint.reason ?? null,
    at: new Date().toISOString(),
  })

/** The hints of some exchanges, or the random ones of a kernel beside them, in order. */
export function hintsOf(
  store: Store,
  of: { readonly kernel: string; readonly targetId: number } & (
    | { readonly exchange: number }
    | { readonly source: 'random'; readonly metric: 'size' | 'time' }
  ),
): StoredHint[] {
  const which = 'exchange' in of ? 'exchange_id = ?' : "source = 'random' AND metric = ?"
  const rows = cached(
    store,
    `SELECT id, exchange_id AS exchange, source, metric, position, function, line_first AS first, line_last AS last, kind, why,
       try_kind AS tryKind, try_text AS tryText, state, reason, size_ratio AS sizeRatio, time_ratio AS timeRatio
     FROM hint WHERE kernel_hash = ? AND target_id = ? AND ${which} ORDER BY position`,
  ).all(of.kernel, of.targetId, 'exchange' in of ? of.exchange : of.metric) as (Omit<StoredHint, 'lines'> & {
    first: number | null
    last: number | null
  })[]
  return rows.map(({ first, last, ...row }) => ({
    ...row,
    kernel: of.kernel,
    targetId: of.targetId,
    lines: first === null || last === null ? null : [first, last],
  }))
}

/** Notes what trying a hint showed. */
export function settleHint(
  store: Store,
  id: number,
  outcome: {
    readonly state: HintState
    readonly reason?: string | undefined
    readonly build?: string | undefined
    readonly sizeRatio?: number | undefined
    readonly timeRatio?: number | undefined
  },
): void {
  cached(
    store,
    `UPDATE hint SET state = @state, reason = @reason, build_hash = @build, size_ratio = @size, time_ratio = @time
     WHERE id = @id`,
  ).run({
    id,
    state: outcome.state,
    reason: outcome.reason ?? null,
    build: outcome.build ?? null,
    size: outcome.sizeRatio ?? null,
    time: outcome.timeRatio ?? null,
  })
}
