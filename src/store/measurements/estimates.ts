/** Figures computed from raw samples: estimates, and confirmations of what was chosen by them. */
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

/** Content hashes of what XLA itself made of a kernel, the first proposed first. */
export const xlaContents = (store: Store, kernel: string): string[] =>
  cached(
    store,
    `SELECT b.content_hash FROM proposal p JOIN build b ON b.hash = p.build_hash
     WHERE p.kernel_hash = ? AND p.proposer = 'xla' AND b.content_hash IS NOT NULL ORDER BY p.id`,
  )
    .pluck()
    .all(kernel) as string[]

/** A row of `estimate`, named as its columns are. */
export interface EstimateRow {
  readonly kernel_hash: string
  readonly signature_hash: string
  readonly content_hash: string
  readonly host_id: number
  readonly build_hash: string
  readonly rule: number
  readonly samples: number
  readonly time_ns: number
  readonly deviation_ns: number
  readonly reference_hash: string | null
  readonly pairs: number | null
  readonly ratio: number | null
  readonly ratio_low: number | null
  readonly ratio_high: number | null
  readonly p: number | null
  /** Judged by itself. */
  readonly alone: string | null
  /** Corrected for how many are judged at once, when `correctComparisons` has run. */
  readonly comparison: string | null
}

/** A row of `confirmation`, named as its columns are. */
export type ConfirmationRow = {
  readonly [K in
    | 'kernel_hash'
    | 'signature_hash'
    | 'content_hash'
    | 'build_hash'
    | 'reference_hash'
    | 'comparison']: string
} & {
  readonly [K in
    | 'host_id'
    | 'rule'
    | 'time_ns'
    | 'pairs'
    | 'ratio'
    | 'ratio_low'
    | 'ratio_high'
    | 'p']: number
}

/** All that is known of a kernel under one signature on one host. */
export interface Figures {
  readonly estimates: readonly EstimateRow[]
  readonly confirmations: readonly ConfirmationRow[]
}

/** A kernel under one signature on one host, as columns of both tables. */
export type EstimatePlace = Pick<EstimateRow, 'kernel_hash' | 'signature_hash' | 'host_id'>

/** In place of all that was known there. */
export function putFigures(
  store: Store,
  { kernel_hash, signature_hash, host_id }: EstimatePlace,
  { estimates, confirmations }: Figures,
): void {
  const tables = { estimate: estimates, confirmation: confirmations }
  for (const [table, rows] of Object.entries(tables)) {
    cached(store, `DELETE FROM ${table} WHERE kernel_hash = ? AND signature_hash = ? AND host_id = ?`).run(
      kernel_hash,
      signature_hash,
      host_id,
    )
    for (const row of rows) insert(store, table, { ...row })
  }
}

/** Kernels whose estimates were computed by another rule than `rule`. */
export const outdatedEstimates = (
  store: Store,
  rule: number,
): { kernel: string; signature: string; hostId: number }[] =>
  store
    .prepare(
      `SELECT DISTINCT kernel_hash AS kernel, signature_hash AS signature, host_id AS hostId FROM estimate
       WHERE rule <> ?`,
    )
    .all(rule) as { kernel: string; signature: string; hostId: number }[]

/** Every comparison on one host that was judged by itself. */
export interface LoneComparison {
  readonly kernel: string
  readonly signature: string
  readonly content: string
  readonly p: number
  readonly alone: string
  readonly comparison: string
  readonly low: number
  readonly high: number
}

export const comparisonsOf = (store: Store, hostId: number): LoneComparison[] =>
  store
    .prepare(
      `SELECT kernel_hash AS kernel, signature_hash AS signature, content_hash AS content, p, alone, comparison,
        ratio_low AS low, ratio_high AS high FROM estimate WHERE host_id = ? AND p IS NOT NULL`,
    )
    .all(hostId) as LoneComparison[]

export function setComparison(store: Store, hostId: number, row: LoneComparison, comparison: string): void {
  cached(
    store,
    `UPDATE estimate SET comparison = ? WHERE kernel_hash = ? AND signature_hash = ? AND content_hash = ?
      AND host_id = ?`,
  ).run(comparison, row.kernel, row.signature, row.content, hostId)
}

/** What is to be confirmed: the build that an estimate chose for a kernel, and XLA's own that it is compared with. */
export interface Choice {
  readonly kernel: string
  readonly signature: string
  readonly content: string
}

/**
 * For each kernel the passing build whose interval ends lowest, where that is surely faster than XLA's own and was not
 * confirmed on this host.
 */
export const unconfirmed = (store: Store, hostId: number): Choice[] =>
  store
    .prepare(
      `SELECT kernel_hash AS kernel, signature_hash AS signature, content_hash AS content FROM (
        SELECT *, row_number() OVER (PARTITION BY kernel_hash, signature_hash ORDER BY ratio_high) AS place
        FROM estimate WHERE host_id = @host AND ratio_high IS NOT NULL) e
       WHERE place = 1 AND comparison = 'faster' AND NOT EXISTS (SELECT 1 FROM confirmation c
         WHERE c.kernel_hash = e.kernel_hash AND c.signature_hash = e.signature_hash
           AND c.content_hash = e.content_hash AND c.host_id = @host)`,
    )
    .all({ host: hostId }) as Choice[]
