/** Verdicts, and the builds that still want one. */
import type { BuildInput } from '../../kernel/build.ts'
import type { Semantics, Verdict, VerdictState } from '../../kernel/verdict.ts'
import { type KernelFilter, kernelFilter } from '../kernels/kernel-filter.ts'
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

/** A kernel under one signature it is called by. */
export interface KernelCall {
  readonly kernel: string
  readonly abi: string
  /** Blobs of its IR, as text and, where the pinned LLVM cannot read that, as bitcode. */
  readonly ir: string
  readonly bitcode: string | undefined
  readonly signature: string
  readonly signatureJson: string
}

/** A build under one signature its kernel is called by, without a verdict of this verifier on this host. */
export interface PendingVerdict extends KernelCall {
  readonly build: string
  readonly input: BuildInput
  readonly object: string
  readonly contentHash: string
  readonly triple: string
  readonly cpu: string
  readonly features: string
}

/** What XLA made is judged by what XLA permits itself; everything else by the kernel's own IR. */
export const semanticsOf = (input: BuildInput): Semantics =>
  input === 'object' || input === 'xla-ir' ? 'xla' : 'ir'

const COLUMNS = `k.hash AS kernel, k.abi, k.ir_hash AS ir, k.bitcode_hash AS bitcode, g.hash AS signature,
  g.json AS signatureJson, b.hash AS build, b.input, b.object_hash AS object,
  b.content_hash AS contentHash, t.triple, t.cpu, t.features`

type Row = Omit<PendingVerdict, 'bitcode'> & { readonly bitcode: string | null }
const fromRow = (row: Row): PendingVerdict => ({ ...row, bitcode: row.bitcode ?? undefined })

/** Of a build that has this verdict, all that judging it again takes; under one signature. */
export const judgedBuild = (store: Store, build: string, state: VerdictState): PendingVerdict[] =>
  (
    cached(
      store,
      `SELECT ${COLUMNS} FROM current_verdict v JOIN build b ON b.hash = v.build_hash
       JOIN kernel k ON k.hash = b.kernel_hash JOIN target t ON t.id = b.target_id
       JOIN signature g ON g.hash = v.signature_hash
       WHERE v.build_hash = ? AND v.state = ? ORDER BY g.hash LIMIT 1`,
    ).all(build, state) as Row[]
  ).map(fromRow)

/** A kernel under each signature it is called by, in a stable order. */
export const callsOf = (store: Store, kernel: string): KernelCall[] =>
  (
    cached(
      store,
      `SELECT DISTINCT k.hash AS kernel, k.abi, k.ir_hash AS ir, k.bitcode_hash AS bitcode, g.hash AS signature,
         g.json AS signatureJson FROM kernel k JOIN sighting s ON s.kernel_hash = k.hash
       JOIN signature g ON g.hash = s.signature_hash WHERE k.hash = ? ORDER BY g.hash`,
    ).all(kernel) as (Omit<KernelCall, 'bitcode'> & { bitcode: string | null })[]
  ).map(row => ({ ...row, bitcode: row.bitcode ?? undefined }))

/** Proposed builds × signatures that have no verdict, a kernel's together, in a stable order. */
export function pendingVerdicts(
  store: Store,
  options: { readonly verifier: string; readonly host: number; readonly filter?: string | undefined },
): PendingVerdict[] {
  const filter: KernelFilter = kernelFilter(options.filter, 'k.hash')
  const rows = cached(
    store,
    `SELECT ${COLUMNS}
     FROM build b
     JOIN kernel k ON k.hash = b.kernel_hash
     JOIN target t ON t.id = b.target_id
     JOIN (SELECT DISTINCT kernel_hash, signature_hash FROM sighting WHERE signature_hash IS NOT NULL) c
       ON c.kernel_hash = k.hash
     JOIN signature g ON g.hash = c.signature_hash
     WHERE b.state = 'ok' AND EXISTS (SELECT 1 FROM proposal p WHERE p.build_hash = b.hash)
       AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.build_hash = b.hash AND v.signature_hash = g.hash
         AND v.host_id = ? AND v.verifier = ?)
       AND ${filter.where}
     ORDER BY k.hash, g.hash, b.hash`,
  ).all(options.host, options.verifier, ...filter.parameters) as Row[]
  return rows.map(fromRow)
}

/** Stores one verdict; a second of the same build, signature, host, verifier and semantics replaces the first. */
export function recordVerdict(
  store: Store,
  key: {
    readonly build: string
    readonly signature: string
    readonly host: number
    readonly verifier: string
    readonly jail: string
  },
  verdict: Verdict,
): void {
  insert(
    store,
    'verdict',
    {
      build_hash: key.build,
      signature_hash: key.signature,
      host_id: key.host,
      verifier: key.verifier,
      semantics: verdict.semantics,
      state: verdict.state,
      trials: verdict.trials,
      worst_ulps: verdict.worstUlps,
      reason: verdict.reason ?? null,
      counterexample: verdict.counterexample === undefined ? null : JSON.stringify(verdict.counterexample),
      jail: key.jail,
      seconds: verdict.seconds,
      judged_at: new Date().toISOString(),
    },
    `ON CONFLICT (build_hash, signature_hash, host_id, verifier, semantics) DO UPDATE SET
      state = excluded.state, trials = excluded.trials, worst_ulps = excluded.worst_ulps,
      reason = excluded.reason, counterexample = excluded.counterexample, jail = excluded.jail,
      seconds = excluded.seconds, judged_at = excluded.judged_at`,
  )
}
