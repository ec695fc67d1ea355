/** What is to be measured on a host, and what the user may want to know before. */
import { architectureOf, type Target } from '../../kernel/build.ts'
import { runsOn } from '../../kernel/runs-on.ts'
import { PASSING } from '../../kernel/verdict.ts'
import { GIVEN_UP } from '../attempts.ts'
import { kernelFilter } from '../kernels/kernel-filter.ts'
import type { Store } from '../open.ts'

/** A build that may be measured; its twins share what is found. */
export interface MeasurableBuild {
  readonly hash: string
  readonly contentHash: string
  readonly objectHash: string
  /** Lowest id among the proposals of `xla` for it or a twin. */
  readonly xlaProposal: number | null
  readonly measured: boolean
  /** Ends of the interval of its ratio to XLA's own; null where it was not compared. */
  readonly low: number | null
  readonly high: number | null
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
 * The kernels that have a passing build the host can run, with all those builds. Builds whose
 * measurement on this host was given up are left out.
 */
export function measurableKernels(
  store: Store,
  host: {
    readonly id: number
    readonly name: string
    /** What the host runs; builds for more than that are left out. */
    readonly target: Target
    /** Builds for this CPU alone. */
    readonly cpu?: string
  },
  filter?: string,
): MeasurableKernel[] {
  const kernels = kernelFilter(filter, 'c.kernel_hash')
  const rows = store
    .prepare(
      `SELECT c.kernel_hash AS kernel, k.name, k.abi, k.ir_hash AS irHash, c.signature_hash AS signatureHash, b.content_hash AS contentHash,
        min(b.hash) AS hash, b.object_hash AS objectHash, t.triple, t.cpu, t.features,
        (SELECT p.id FROM proposal p JOIN build t ON t.hash = p.build_hash WHERE p.kernel_hash = c.kernel_hash
          AND p.proposer = 'xla' AND t.content_hash = b.content_hash ORDER BY p.id LIMIT 1) AS xlaProposal,
        e.rule IS NOT NULL AS measured, CASE WHEN e.p IS NOT NULL THEN e.ratio_low END AS low,
        CASE WHEN e.p IS NOT NULL THEN e.ratio_high END AS high
      FROM kernel_call c JOIN kernel k ON k.hash = c.kernel_hash
      JOIN build b ON b.kernel_hash = c.kernel_hash JOIN target t ON t.id = b.target_id
      JOIN current_verdict v ON v.build_hash = b.hash AND v.signature_hash = c.signature_hash
      LEFT JOIN estimate e ON e.kernel_hash = c.kernel_hash AND e.signature_hash = c.signature_hash
        AND e.content_hash = b.content_hash AND e.host_id = ?
      WHERE b.object_hash IS NOT NULL AND v.state IN (${PASSING.map(() => '?').join(', ')})
        AND t.triple LIKE ? || '-%' AND t.cpu = coalesce(?, t.cpu) AND ${kernels.where}
        AND NOT EXISTS (SELECT 1 FROM attempt JOIN build f ON f.hash = attempt.subject WHERE attempt.stage = 'bench'
          AND attempt.detail = c.signature_hash || ' ' || ? AND f.content_hash = b.content_hash AND ${GIVEN_UP})
      GROUP BY c.kernel_hash, c.signature_hash, b.content_hash
      ORDER BY c.kernel_hash, c.signature_hash, xlaProposal IS NULL, hash`,
    )
    .all(
      host.id,
      ...PASSING,
      architectureOf(host.target.triple),
      host.cpu ?? null,
      ...kernels.parameters,
      host.name,
    ) as (Omit<MeasurableBuild, 'measured'> & {
    kernel: string
    name: string
    abi: string
    irHash: string
    signatureHash: string
    measured: number
    triple: string
    cpu: string
    features: string
  })[]
  const found = new Map<string, MeasurableKernel & { builds: MeasurableBuild[] }>()
  for (const {
    kernel,
    name,
    abi,
    irHash,
    signatureHash,
    measured,
    triple,
    cpu,
    features,
    ...build
  } of rows) {
    if (!runsOn({ triple, cpu, features }, host.target)) continue
    const key = `${kernel} ${signatureHash}`
    const known = found.get(key) ?? { hash: kernel, name, abi, irHash, signatureHash, builds: [] }
    found.set(key, known)
    known.builds.push({ ...build, measured: measured === 1 })
  }
  return [...found.values()]
}

/** XLA's own build among these, the first proposed; others are compared with it. */
export const referenceOf = (builds: readonly MeasurableBuild[]): MeasurableBuild | undefined =>
  builds
    .filter(build => build.xlaProposal !== null)
    .sort((a, b) => (a.xlaProposal ?? 0) - (b.xlaProposal ?? 0))[0]
