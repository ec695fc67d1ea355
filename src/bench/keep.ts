/** What a group of kernels gave, into the store, in one transaction. */
import { halfWidth, type SelfTest, selfTest } from '../measure/judgement.ts'
import type { RawSample } from '../measure/measure.ts'
import { compare } from '../measure/statistics.ts'
import { clearAttempt, recordAttempt } from '../store/attempts.ts'
import { putReading } from '../store/builds/readings.ts'
import {
  addSamples,
  copySamples,
  forgetSamples,
  noteRunner,
  type Purpose,
  putSelfTest,
  type SelfComparisonRow,
} from '../store/measurements/campaigns.ts'
import { attemptDetail } from '../store/measurements/measurements.ts'
import type { Store } from '../store/open.ts'
import { correctComparisons, estimate } from './estimate.ts'
import { type GroupResult, type Work, workOf } from './group.ts'

export interface Place {
  readonly campaign: number
  readonly hostId: number
  readonly hostName: string
  readonly delta: number
  readonly purpose: Purpose
}

/** How uncertain each figure is: half the width of its interval, by signature and content. */
export type Widths = Map<string, number>

export const widthKey = (signatureHash: string, contentHash: string): string =>
  `${signatureHash} ${contentHash}`

/** Stores samples but those of builds that failed, counts, attempts and figures. Returns the samples it kept. */
export function keep(
  store: Store,
  place: Place,
  group: readonly Work[],
  result: GroupResult,
  widths: Widths,
): RawSample[] {
  const failed = new Map(result.failures.map(failure => [failure.build, failure]))
  const kept = result.samples.filter(({ build }) => !failed.has(build))
  const { campaign, hostId, hostName, delta } = place
  if (result.runner) noteRunner(store, campaign, result.runner)
  addSamples(
    store,
    campaign,
    kept.map(({ kernel, nsPerCall, ...sample }) => ({
      ...sample,
      signature: workOf(group, kernel)?.kernel.signatureHash ?? '',
      value: nsPerCall,
    })),
  )
  for (const { kernel, build, instructions } of result.counts)
    putReading(store, {
      build,
      signature: workOf(group, kernel)?.kernel.signatureHash ?? '',
      host: hostName,
      metric: 'dynamic-instructions',
      source: 'hardware counter',
      value: instructions,
    })
  for (const work of group) {
    const { hash, signatureHash, builds } = work.kernel
    for (const build of builds) {
      const key = {
        stage: 'bench',
        subject: build.hash,
        detail: attemptDetail(signatureHash, hostName),
      } as const
      const failure = failed.get(build.hash)
      if (!failure) clearAttempt(store, key)
      else {
        recordAttempt(store, { ...key, fault: failure.whole ? 'unclear' : 'subject', reason: failure.reason })
        forgetSamples(store, campaign, build.hash, signatureHash)
      }
    }
    const { estimates, confirmations } = estimate(store, hash, signatureHash, hostId, delta)
    const works = builds.every(build => !failed.has(build.hash))
    for (const row of place.purpose === 'confirm' ? confirmations : estimates) {
      const key = widthKey(signatureHash, row.content_hash)
      // What fails is not measured on, nor what cannot be compared for that.
      if (!works) widths.delete(key)
      else if (row.p !== null)
        widths.set(key, halfWidth({ low: row.ratio_low ?? 1, high: row.ratio_high ?? 1 }))
    }
  }
  return kept
}

/** Judges the host's comparisons together, and the campaign by its A/A pairs. */
export function conclude(store: Store, { campaign, hostId, delta }: Place): SelfTest {
  correctComparisons(store, hostId)
  const groups = Map.groupBy(copySamples(store, campaign), s => `${s.kernel} ${s.signature} ${s.build}`)
  const found = [...groups.values()].flatMap(samples => {
    const comparison = compare(
      samples.filter(sample => sample.copy === 1),
      samples.filter(sample => sample.copy === 0),
      { delta },
    )
    const [first] = samples
    return first && comparison ? [{ first, comparison }] : []
  })
  const rows = found.map(
    ({ first, comparison }): SelfComparisonRow => ({
      kernel_hash: first.kernel,
      signature_hash: first.signature,
      build_hash: first.build,
      pairs: comparison.pairs,
      ratio: comparison.ratio,
      ratio_low: comparison.low,
      ratio_high: comparison.high,
      comparison: comparison.state,
    }),
  )
  const test = selfTest(found.map(({ comparison }) => comparison))
  putSelfTest(store, campaign, rows, test)
  return test
}
