/** Readings: metrics of which a build has one value, not samples. */
import type { Target } from '../../kernel/build.ts'
import type { ReadMetric } from '../../kernel/metric.ts'
import { PASSING } from '../../kernel/verdict.ts'
import { kernelFilter } from '../kernels/kernel-filter.ts'
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

export interface Reading {
  readonly build: string
  readonly metric: ReadMetric
  /** What said it: `hardware counter`, `qemu`, `llvm-mca`, `linker`. */
  readonly source: string
  readonly value: number
  /** Where it matters how the kernel is called. */
  readonly signature?: string
  /** Name of the host that counted. */
  readonly host?: string
  readonly detail?: object
}

/** Stores a reading in the place of an older one from the same source. */
export function putReading(store: Store, reading: Reading): void {
  const { build, metric, source, value, signature = '', host = '', detail } = reading
  cached(
    store,
    'DELETE FROM reading WHERE build_hash = ? AND signature_hash = ? AND host = ? AND metric = ? AND source = ?',
  ).run(build, signature, host, metric, source)
  insert(store, 'reading', {
    build_hash: build,
    signature_hash: signature,
    host,
    metric,
    source,
    value,
    detail: detail === undefined ? null : JSON.stringify(detail),
    at: new Date().toISOString(),
  })
}

/** Whether a build has a reading of a metric, on a host under a signature where these matter. */
export const hasReading = (
  store: Store,
  { build, metric, signature = '', host = '' }: Omit<Reading, 'source' | 'value' | 'detail'>,
): boolean =>
  cached(
    store,
    'SELECT 1 FROM reading WHERE build_hash = ? AND metric = ? AND signature_hash = ? AND host = ?',
  ).get(build, metric, signature, host) !== undefined

/** All builds of a kernel whose code is the same, the given one included. */
export const twinsOf = (store: Store, build: string): string[] =>
  cached(
    store,
    `SELECT t.hash FROM build b JOIN build t ON t.kernel_hash = b.kernel_hash AND t.content_hash = b.content_hash
     WHERE b.hash = ?`,
  )
    .pluck()
    .all(build) as string[]

/** Code that passed, once for all builds that have it, without a reading of a metric that asks no host. */
export interface Unread {
  readonly builds: readonly string[]
  readonly objectHash: string
  readonly target: Target
}

export function unread(store: Store, metric: ReadMetric, filter: string | undefined): Unread[] {
  const { where, parameters } = kernelFilter(filter, 'b.kernel_hash')
  const rows = cached(
    store,
    `SELECT json_group_array(b.hash) AS builds, b.object_hash AS objectHash, t.name, t.triple, t.cpu, t.features
     FROM build b JOIN target t ON t.id = b.target_id
     WHERE b.state = 'ok' AND ${where} AND EXISTS (SELECT 1 FROM current_verdict v WHERE v.build_hash = b.hash
         AND v.state IN (${PASSING.map(() => '?').join(', ')}))
       AND NOT EXISTS (SELECT 1 FROM reading r WHERE r.build_hash = b.hash AND r.metric = ?)
     GROUP BY t.id, b.content_hash ORDER BY t.id, b.content_hash`,
  ).all(...parameters, ...PASSING, metric) as ({ builds: string; objectHash: string } & Target)[]
  return rows.map(({ builds, objectHash, ...target }) => ({
    builds: JSON.parse(builds) as string[],
    objectHash,
    target,
  }))
}
