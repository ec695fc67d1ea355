/** Campaigns, their raw samples, and the estimates computed from these. */
import { PASSING } from '../kernel/verdict.ts'
import { GIVEN_UP } from './attempts.ts'
import { kernelFilter } from './kernel-filter.ts'
import type { Store } from './open.ts'
import { cached, insert } from './statements.ts'

/** A build that may be measured; its twins share what is found. */
export interface MeasurableBuild {
  readonly hash: string
  readonly contentHash: string
  readonly objectHash: string
  /** Lowest id among the proposals of `xla` for it or a twin. */
  readonly xlaProposal: number | null
  readonly measured: boolean
}

/** A kernel under one signature with every distinct build that passed. */
export interface MeasurableKernel {
  readonly hash: string
  readonly name: string
  readonly abi: string
  readonly irHash: string
  readonly signatureHash: string
  readonly builds: readonly MeasurableBuild[]
}

export const attemptDetail = (signatureHash: string, host: string): string => `${signatureHash} ${host}`

/**
 * The kernels that have a passing build for the architecture `arch` that was not measured on this host, with all their
 * passing builds. Builds whose measurement was given up are left out.
 */
export function pendingKernels(
  store: Store,
  host: { readonly id: number; readonly name: string; readonly arch: string },
  filter?: string,
): MeasurableKernel[] {
  const kernels = kernelFilter(filter, 'c.kernel_hash')
  const rows = store
    .prepare(
      `SELECT c.kernel_hash AS kernel, k.name, k.abi, k.ir_hash AS irHash, c.signature_hash AS signatureHash, b.content_hash AS contentHash,
        min(b.hash) AS hash, b.object_hash AS objectHash,
        (SELECT p.id FROM proposal p JOIN build t ON t.hash = p.build_hash WHERE p.kernel_hash = c.kernel_hash
          AND p.proposer = 'xla' AND t.content_hash = b.content_hash ORDER BY p.id LIMIT 1) AS xlaProposal,
        EXISTS (SELECT 1 FROM estimate e WHERE e.kernel_hash = c.kernel_hash AND e.host_id = ?
          AND e.signature_hash = c.signature_hash AND e.content_hash = b.content_hash) AS measured
      FROM kernel_call c JOIN kernel k ON k.hash = c.kernel_hash
      JOIN build b ON b.kernel_hash = c.kernel_hash JOIN target t ON t.id = b.target_id
      JOIN current_verdict v ON v.build_hash = b.hash AND v.signature_hash = c.signature_hash
      WHERE b.object_hash IS NOT NULL AND v.state IN (${PASSING.map(() => '?').join(', ')})
        AND t.triple LIKE ? || '-%' AND ${kernels.where}
        AND NOT EXISTS (SELECT 1 FROM attempt JOIN build f ON f.hash = attempt.subject WHERE attempt.stage = 'bench'
          AND attempt.detail = c.signature_hash || ' ' || ? AND f.content_hash = b.content_hash AND ${GIVEN_UP})
      GROUP BY c.kernel_hash, c.signature_hash, b.content_hash
      ORDER BY c.kernel_hash, c.signature_hash, xlaProposal IS NULL, hash`,
    )
    .all(host.id, ...PASSING, host.arch, ...kernels.parameters, host.name) as (Omit<
    MeasurableBuild,
    'measured'
  > & {
    kernel: string
    name: string
    abi: string
    irHash: string
    signatureHash: string
    measured: number
  })[]
  const found = new Map<string, MeasurableKernel & { builds: MeasurableBuild[] }>()
  for (const { kernel, name, abi, irHash, signatureHash, measured, ...build } of rows) {
    const key = `${kernel} ${signatureHash}`
    const known = found.get(key) ?? { hash: kernel, name, abi, irHash, signatureHash, builds: [] }
    found.set(key, known)
    known.builds.push({ ...build, measured: measured === 1 })
  }
  return [...found.values()].filter(({ builds }) => builds.some(build => !build.measured))
}

/** XLA's own build among these, the first proposed; others are compared with it. */
export const referenceOf = (builds: readonly MeasurableBuild[]): MeasurableBuild | undefined =>
  builds
    .filter(build => build.xlaProposal !== null)
    .sort((a, b) => (a.xlaProposal ?? 0) - (b.xlaProposal ?? 0))[0]

/** Opens a campaign. Any that still counts as running on this host was killed, and is marked `cut`. */
export function startCampaign(
  store: Store,
  campaign: { hostId: number; seed: number; options: object; hostBefore: object },
): number {
  cached(store, "UPDATE campaign SET state = 'cut' WHERE state = 'running' AND host_id = ?").run(
    campaign.hostId,
  )
  return insert(store, 'campaign', {
    host_id: campaign.hostId,
    seed: campaign.seed,
    options: JSON.stringify(campaign.options),
    host_before: JSON.stringify(campaign.hostBefore),
    state: 'running',
    started_at: new Date().toISOString(),
  })
}

export function endCampaign(store: Store, id: number, state: 'complete' | 'cut', hostAfter?: object): void {
  cached(store, 'UPDATE campaign SET state = ?, host_after = ? WHERE id = ?').run(
    state,
    hostAfter ? JSON.stringify(hostAfter) : null,
    id,
  )
}

/** One raw sample; `build` and `signature` are hashes, `value` is in nanoseconds per call. */
export interface SampleRow {
  readonly build: string
  readonly signature: string
  readonly link: number
  readonly process: number
  readonly pair: number
  readonly position: number
  readonly batch: number
  readonly value: number
  readonly binaryHash: string
}

export function addSamples(store: Store, campaign: number, samples: Iterable<SampleRow>): void {
  const statement = cached(
    store,
    `INSERT INTO measurement (campaign_id, build_hash, signature_hash, metric, link, process, pair, position, batch,
      value, binary_hash)
     VALUES (@campaign, @build, @signature, 'time', @link, @process, @pair, @position, @batch, @value, @binaryHash)`,
  )
  for (const sample of samples) statement.run({ ...sample, campaign })
}

/** A sample at its place, as statistics take it; `link` is unique over campaigns. */
export interface PlacedSample {
  readonly contentHash: string
  readonly build: string
  readonly link: string
  readonly process: number
  readonly pair: number
  readonly value: number
}

/** All samples of one kernel under one signature on one host, over all campaigns, in the order taken. */
export const samplesOf = (store: Store, kernel: string, signature: string, hostId: number): PlacedSample[] =>
  cached(
    store,
    `SELECT b.content_hash AS contentHash, b.hash AS build, m.campaign_id || '/' || m.link AS link, m.process, m.pair,
      m.value
     FROM build b JOIN measurement m ON m.build_hash = b.hash JOIN campaign c ON c.id = m.campaign_id
     WHERE b.kernel_hash = ? AND m.signature_hash = ? AND c.host_id = ? AND m.metric = 'time' ORDER BY m.id`,
  ).all(kernel, signature, hostId) as PlacedSample[]

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
  readonly comparison: string | null
}

export function putEstimates(store: Store, rows: readonly EstimateRow[]): void {
  for (const row of rows) {
    cached(
      store,
      `DELETE FROM estimate WHERE kernel_hash = @kernel_hash AND signature_hash = @signature_hash
        AND content_hash = @content_hash AND host_id = @host_id`,
    ).run(row)
    insert(store, 'estimate', { ...row })
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
