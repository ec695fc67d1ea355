/** Features of kernels, computed once and kept. */
import { FEATURE_RULE, type Features, featuresOf, shapelessKey } from '../kernel/features.ts'
import type { Signature } from '../kernel/signature.ts'
import { getText } from './blobs.ts'
import { type Store, write } from './open.ts'
import { cached, insert } from './statements.ts'

export interface KernelFeatures {
  readonly kernel: string
  /** Equal for kernels that differ in numbers alone. */
  readonly shapeless: string
  readonly features: Features
}

/** The features of every kernel; those that are missing or of an older rule are computed and stored first. */
export function kernelFeatures(store: Store): Map<string, KernelFeatures> {
  const missing = cached(
    store,
    `SELECT k.hash, k.ir_hash AS ir, (SELECT g.json FROM sighting s JOIN signature g ON g.hash = s.signature_hash
       WHERE s.kernel_hash = k.hash ORDER BY s.id LIMIT 1) AS signature
     FROM kernel k LEFT JOIN feature f ON f.kernel_hash = k.hash AND f.rule = ? WHERE f.kernel_hash IS NULL`,
  ).all(FEATURE_RULE) as { hash: string; ir: string; signature: string | null }[]
  if (missing.length > 0)
    write(store, () => {
      for (const { hash, ir, signature } of missing) {
        const text = getText(store, ir)
        const vector = featuresOf(text, signature === null ? undefined : (JSON.parse(signature) as Signature))
        insert(
          store,
          'feature',
          {
            kernel_hash: hash,
            rule: FEATURE_RULE,
            shapeless: shapelessKey(text),
            vector: JSON.stringify(vector),
          },
          'ON CONFLICT (kernel_hash) DO UPDATE SET rule = excluded.rule, shapeless = excluded.shapeless, vector = excluded.vector',
        )
      }
    })
  const rows = cached(store, 'SELECT kernel_hash AS kernel, shapeless, vector FROM feature').all() as {
    kernel: string
    shapeless: string
    vector: string
  }[]
  return new Map(
    rows.map(({ kernel, shapeless, vector }) => [
      kernel,
      { kernel, shapeless, features: JSON.parse(vector) as Features },
    ]),
  )
}
