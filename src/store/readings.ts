/** Readings: metrics of which a build has one value, not samples. */
import type { ReadMetric } from '../kernel/metric.ts'
import type { Store } from './open.ts'
import { cached, insert } from './statements.ts'

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
