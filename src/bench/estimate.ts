/** From a kernel's raw samples in the store to its figures in the store. */
import { corrected } from '../measure/judgement.ts'
import {
  type ComparisonState,
  calm,
  compare,
  median,
  medianDeviation,
  STATISTICS_RULE,
} from '../measure/statistics.ts'
import { type PlacedSample, samplesOf } from '../store/measurements/campaigns.ts'
import {
  type ConfirmationRow,
  comparisonsOf,
  type EstimateRow,
  type Figures,
  outdatedEstimates,
  putFigures,
  setComparison,
  xlaContents,
} from '../store/measurements/estimates.ts'
import { type Store, write } from '../store/open.ts'

/**
 * Computes and stores the estimates of one kernel under one signature on one host, and the confirmations of what was
 * chosen. An estimate is made of samples taken to report, or, for a build that has none, of those that confirmed it.
 */
export function estimate(
  store: Store,
  kernel: string,
  signature: string,
  hostId: number,
  delta?: number,
): Figures {
  const byContent = Map.groupBy(samplesOf(store, kernel, signature, hostId), sample => sample.contentHash)
  const xla = xlaContents(store, kernel).find(content => byContent.has(content))
  const reference = xla === undefined ? undefined : byContent.get(xla)
  const place = { kernel_hash: kernel, signature_hash: signature, host_id: hostId, rule: STATISTICS_RULE }
  const against = (samples: readonly PlacedSample[]) =>
    reference && compare(samples, reference, delta === undefined ? {} : { delta })
  const estimates = [...byContent].map(([content, all]): EstimateRow => {
    const reported = all.filter(sample => sample.purpose === 'report')
    const samples = reported.length > 0 ? reported : all
    const values = calm(samples).map(sample => sample.value)
    const own = content === xla
    const comparison = own ? undefined : against(samples)
    return {
      ...place,
      content_hash: content,
      build_hash: samples[0]?.build ?? '',
      samples: samples.length,
      time_ns: median(values),
      deviation_ns: medianDeviation(values),
      reference_hash: own || comparison ? (reference?.[0]?.build ?? null) : null,
      pairs: comparison?.pairs ?? null,
      ratio: own ? 1 : (comparison?.ratio ?? null),
      ratio_low: own ? 1 : (comparison?.low ?? null),
      ratio_high: own ? 1 : (comparison?.high ?? null),
      p: comparison?.p ?? null,
      alone: comparison?.state ?? null,
      comparison: own ? 'twin' : (comparison?.state ?? null),
    }
  })
  const confirmations = [...byContent].flatMap(([content, all]): ConfirmationRow[] => {
    const samples = all.filter(sample => sample.purpose === 'confirm')
    const [first] = samples
    const comparison = content === xla || !first ? undefined : against(samples)
    if (!first || !comparison) return []
    const { ratio, low, high, p, pairs, state } = comparison
    return [
      {
        ...place,
        content_hash: content,
        build_hash: first.build,
        reference_hash: reference?.[0]?.build ?? '',
        time_ns: median(calm(samples).map(sample => sample.value)),
        pairs,
        ratio,
        ratio_low: low,
        ratio_high: high,
        p,
        comparison: state,
      },
    ]
  })
  putFigures(store, place, { estimates, confirmations })
  return { estimates, confirmations }
}

/** Judges every comparison on a host together: what is called faster or slower must stand among all of them. */
export function correctComparisons(store: Store, hostId: number): void {
  const rows = comparisonsOf(store, hostId)
  const states = corrected(rows.map(row => ({ p: row.p, state: row.alone as ComparisonState })))
  for (const [i, row] of rows.entries()) {
    const state = states[i]
    if (state !== undefined && state !== row.comparison) setComparison(store, hostId, row, state)
  }
}

/** Recomputes what an older version of the statistics left. */
export function refreshEstimates(store: Store): void {
  write(store, () => {
    const outdated = outdatedEstimates(store, STATISTICS_RULE)
    for (const { kernel, signature, hostId } of outdated) estimate(store, kernel, signature, hostId)
    for (const hostId of new Set(outdated.map(row => row.hostId))) correctComparisons(store, hostId)
  })
}
