/** Pass lists that led LLVM to wrong code, with the smallest reproducer found. */
import type { Counterexample } from '../../kernel/verdict.ts'
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

export interface NewFinding {
  readonly kernel: string
  readonly targetId: number
  readonly kind: 'refuted' | 'not-deterministic'
  readonly build: string
  /** Passes as found. */
  readonly steps: number
  readonly reason?: string | undefined
  readonly counterexample?: Counterexample | undefined
  readonly reduced?: {
    /** JSON of the candidate. */
    readonly candidate: string
    readonly build: string
    readonly steps: number
  }
}

/** Stores a finding; a second of the same build and kind replaces the first. */
export function putFinding(store: Store, finding: NewFinding): void {
  insert(
    store,
    'finding',
    {
      kernel_hash: finding.kernel,
      target_id: finding.targetId,
      kind: finding.kind,
      build_hash: finding.build,
      reduced: finding.reduced?.candidate ?? null,
      reduced_hash: finding.reduced?.build ?? null,
      steps: finding.steps,
      reduced_steps: finding.reduced?.steps ?? null,
      reason: finding.reason ?? null,
      counterexample: finding.counterexample === undefined ? null : JSON.stringify(finding.counterexample),
      at: new Date().toISOString(),
    },
    `ON CONFLICT (build_hash, kind) DO UPDATE SET reduced = excluded.reduced, reduced_hash = excluded.reduced_hash,
      steps = excluded.steps, reduced_steps = excluded.reduced_steps, reason = excluded.reason,
      counterexample = excluded.counterexample, at = excluded.at`,
  )
}

export const hasFinding = (store: Store, build: string): boolean =>
  cached(store, "SELECT 1 FROM finding WHERE build_hash = ? AND kind = 'refuted'").get(build) !== undefined
