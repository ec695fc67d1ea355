/** From a kernel's raw samples in the store to its estimates in the store. */
import { compare, median, medianDeviation, STATISTICS_RULE } from '../measure/statistics.ts'
import {
  type EstimateRow,
  outdatedEstimates,
  type PlacedSample,
  putEstimates,
  samplesOf,
  xlaContents,
} from '../store/measurements.ts'
import { type Store, write } from '../store/open.ts'

/** Computes and stores the estimates of one kernel under one signature on one host; gives them back. */
export function estimate(store: Store, kernel: string, signature: string, hostId: number): EstimateRow[] {
  const byContent = new Map<string, PlacedSample[]>()
  for (const sample of samplesOf(store, kernel, signature, hostId)) {
    const known = byContent.get(sample.contentHash) ?? []
    byContent.set(sample.contentHash, known)
    known.push(sample)
  }
  const xla = xlaContents(store, kernel).find(content => byContent.has(content))
  const reference = xla === undefined ? undefined : byContent.get(xla)
  const rows = [...byContent].map(([content, samples]): EstimateRow => {
    const values = samples.map(sample => sample.value)
    const own = content === xla
    const comparison = own || !reference ? undefined : compare(samples, reference)
    return {
      kernel_hash: kernel,
      signature_hash: signature,
      content_hash: content,
      host_id: hostId,
      build_hash: samples[0]?.build ?? '',
      rule: STATISTICS_RULE,
      samples: values.length,
      time_ns: median(values),
      deviation_ns: medianDeviation(values),
      reference_hash: own || comparison ? (reference?.[0]?.build ?? null) : null,
      pairs: comparison?.pairs ?? null,
      ratio: own ? 1 : (comparison?.ratio ?? null),
      ratio_low: own ? 1 : (comparison?.low ?? null),
      ratio_high: own ? 1 : (comparison?.high ?? null),
      comparison: own ? 'twin' : (comparison?.state ?? null),
    }
  })
  putEstimates(store, rows)
  return rows
}

/** Recomputes what an older version of the statistics left. */
export function refreshEstimates(store: Store): void {
  write(store, () => {
    for (const { kernel, signature, hostId } of outdatedEstimates(store, STATISTICS_RULE))
      estimate(store, kernel, signature, hostId)
  })
}
