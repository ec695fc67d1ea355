/** Campaigns: sessions of measuring on one host, and their raw samples. */
import type { SampledMetric } from '../../kernel/metric.ts'
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

/** `report`: figures to report. `select`: they choose a build, and are reported nowhere. `confirm`: of what was chosen. */
export type Purpose = 'report' | 'select' | 'confirm'

/** Opens a campaign. Any that still counts as running on this host was killed, and is marked `cut`. */
export function startCampaign(
  store: Store,
  campaign: {
    hostId: number
    seed: number
    options: object
    hostBefore: object
    purpose?: Purpose
    delta?: number
  },
): number {
  const { hostId, seed, options, hostBefore, purpose = 'report', delta = null } = campaign
  cached(store, "UPDATE campaign SET state = 'cut' WHERE state = 'running' AND host_id = ?").run(hostId)
  return insert(store, 'campaign', {
    host_id: hostId,
    seed,
    options: JSON.stringify(options),
    host_before: JSON.stringify(hostBefore),
    state: 'running',
    purpose,
    delta,
    started_at: new Date().toISOString(),
  })
}

/** Campaigns there were on a host so far. */
export const campaignsOn = (store: Store, hostId: number): number =>
  cached(store, 'SELECT count(*) FROM campaign WHERE host_id = ?').pluck().get(hostId) as number

export function endCampaign(store: Store, id: number, state: 'complete' | 'cut', hostAfter?: object): void {
  cached(store, 'UPDATE campaign SET state = ?, host_after = ? WHERE id = ?').run(
    state,
    hostAfter ? JSON.stringify(hostAfter) : null,
    id,
  )
}

/** What the runner said of itself: layers of the jail that were active, and its clock. */
export function noteRunner(
  store: Store,
  campaign: number,
  runner: { jail: readonly string[]; clock: string },
): void {
  cached(store, 'UPDATE campaign SET jail = ?, clock = ? WHERE id = ?').run(
    runner.jail.join(' '),
    runner.clock,
    campaign,
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
  /** `time` unless said. */
  readonly metric?: SampledMetric
  /** Of the second copy of the same code, in an A/A pair. */
  readonly copy?: boolean
  readonly retaken?: number
  readonly disturbance?: string
}

export function addSamples(store: Store, campaign: number, samples: Iterable<SampleRow>): void {
  const statement = cached(
    store,
    `INSERT INTO measurement (campaign_id, build_hash, signature_hash, metric, link, process, pair, position, batch,
      value, binary_hash, copy, retaken, disturbance)
     VALUES (@campaign, @build, @signature, @metric, @link, @process, @pair, @position, @batch, @value, @binaryHash,
      @copy, @retaken, @disturbance)`,
  )
  let retaken = 0
  let disturbed = 0
  for (const { copy, metric = 'time', ...sample } of samples) {
    retaken += sample.retaken ?? 0
    if (sample.disturbance !== undefined) disturbed++
    const rest = { retaken: 0, disturbance: null, ...sample }
    statement.run({ ...rest, metric, copy: copy === true ? 1 : 0, campaign })
  }
  cached(store, 'UPDATE campaign SET retaken = retaken + ?, disturbed = disturbed + ? WHERE id = ?').run(
    retaken,
    disturbed,
    campaign,
  )
}

/** A build that failed has no figures, also not of what a campaign measured before it did. */
export const forgetSamples = (store: Store, campaign: number, build: string, signature: string): void => {
  cached(
    store,
    'DELETE FROM measurement WHERE build_hash = ? AND campaign_id = ? AND signature_hash = ?',
  ).run(build, campaign, signature)
}

/** A sample at its place, as statistics take it; `link` is unique over campaigns. */
export interface PlacedSample {
  readonly contentHash: string
  readonly build: string
  readonly purpose: Purpose
  readonly link: string
  readonly process: number
  readonly pair: number
  readonly value: number
  readonly disturbance: string | null
}

/**
 * Samples that may be reported, of one kernel under one signature on one host, over all campaigns, in the order taken:
 * not those that selected anything, and not of second copies.
 */
export const samplesOf = (store: Store, kernel: string, signature: string, hostId: number): PlacedSample[] =>
  cached(
    store,
    `SELECT b.content_hash AS contentHash, b.hash AS build, c.purpose, m.campaign_id || '/' || m.link AS link,
      m.process, m.pair, m.value, m.disturbance
     FROM build b JOIN measurement m ON m.build_hash = b.hash JOIN campaign c ON c.id = m.campaign_id
     WHERE b.kernel_hash = ? AND m.signature_hash = ? AND c.host_id = ? AND m.metric = 'time' AND m.copy = 0
       AND c.purpose <> 'select' ORDER BY m.id`,
  ).all(kernel, signature, hostId) as PlacedSample[]

/** Samples of identical code under two names in one campaign. */
export interface CopySample extends Omit<PlacedSample, 'contentHash' | 'purpose'> {
  readonly kernel: string
  readonly signature: string
  readonly copy: number
}

export const copySamples = (store: Store, campaign: number): CopySample[] =>
  store
    .prepare(
      `SELECT b.kernel_hash AS kernel, m.signature_hash AS signature, m.build_hash AS build, m.copy, m.link, m.process,
        m.pair, m.value, m.disturbance
       FROM measurement m JOIN build b ON b.hash = m.build_hash
       JOIN (SELECT DISTINCT build_hash, signature_hash FROM measurement WHERE campaign_id = @campaign AND copy = 1) a
         ON a.build_hash = m.build_hash AND a.signature_hash = m.signature_hash
       WHERE m.campaign_id = @campaign AND m.metric = 'time' ORDER BY m.id`,
    )
    .all({ campaign }) as CopySample[]

/** A row of `aa`, named as its columns are. */
export interface SelfComparisonRow {
  readonly kernel_hash: string
  readonly signature_hash: string
  readonly build_hash: string
  readonly pairs: number
  readonly ratio: number
  readonly ratio_low: number
  readonly ratio_high: number
  readonly comparison: string
}

/** Stores what comparing code with itself showed in a campaign, in the place of what it showed before. */
export function putSelfTest(
  store: Store,
  campaign: number,
  rows: readonly SelfComparisonRow[],
  test: {
    readonly pairs: number
    readonly falsePositives: number
    readonly state: string
    readonly halfWidth: number | undefined
    readonly resolution: number | undefined
  },
): void {
  cached(store, 'DELETE FROM aa WHERE campaign_id = ?').run(campaign)
  for (const row of rows) insert(store, 'aa', { campaign_id: campaign, ...row })
  cached(
    store,
    `UPDATE campaign SET aa_pairs = ?, aa_false = ?, aa_state = ?, half_width = ?, resolution = ? WHERE id = ?`,
  ).run(
    test.pairs,
    test.falsePositives,
    test.state,
    test.halfWidth ?? null,
    test.resolution ?? null,
    campaign,
  )
}
