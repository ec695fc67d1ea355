/** Features of kernels, computed once and kept. */
import { FEATURE_RULE, type Features, featuresOf, shapelessKey } from '../../kernel/features/features.ts'
import type { Signature } from '../../kernel/signature.ts'
import { getText } from '../blobs.ts'
import { type Store, write } from '../open.ts'
import { cached, insert } from '../statements.ts'

export interface KernelFeatures {
  readonly kernel: string
  /** Equal for kernels that differ in numbers alone. */
  readonly shapeless: string
  readonly features: Features
}

/** The features of every kernel. Those that are missing, or of an older rule, are computed, and stored if that may be. */
export function kernelFeatures(store: Store): Map<string, KernelFeatures> {
  const rows = cached(
    store,
    'SELECT kernel_hash AS kernel, shapeless, vector FROM feature WHERE rule = ?',
  ).all(FEATURE_RULE) as { kernel: string; shapeless: string; vector: string }[]
  const known = new Map(
    rows.map(({ vector, ...row }) => [row.kernel, { ...row, features: JSON.parse(vector) as Features }]),
  )
  const missing = (
    cached(
      store,
      `SELECT k.hash, k.ir_hash AS ir, (SELECT g.json FROM sighting s JOIN signature g ON g.hash = s.signature_hash
         WHERE s.kernel_hash = k.hash ORDER BY s.id LIMIT 1) AS signature FROM kernel k`,
    ).all() as { hash: string; ir: string; signature: string | null }[]
  )
    .filter(({ hash }) => !known.has(hash))
    .map(({ hash, ir, signature }): KernelFeatures => {
      const text = getText(store, ir)
      const call = signature === null ? undefined : (JSON.parse(signature) as Signature)
      return { kernel: hash, shapeless: shapelessKey(text), features: featuresOf(text, call) }
    })
  for (const one of missing) known.set(one.kernel, one)
  if (missing.length > 0 && !store.readonly)
    write(store, () => {
      for (const { kernel, shapeless, features } of missing)
        insert(
          store,
          'feature',
          { kernel_hash: kernel, rule: FEATURE_RULE, shapeless, vector: JSON.stringify(features) },
          'ON CONFLICT (kernel_hash) DO UPDATE SET rule = excluded.rule, shapeless = excluded.shapeless, vector = excluded.vector',
        )
    })
  return known
}
