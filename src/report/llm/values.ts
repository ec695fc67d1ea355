/** What builds are worth: verified or not, what that took, and their value by a metric. */
import { geometricMean } from '../../measure/statistics.ts'
import type { Store } from '../../store/open.ts'

export type LlmMetric = 'size' | 'time'

export interface BuildFacts {
  readonly kernel: string
  readonly targetId: number
  readonly ok: boolean
  /** Passes under every signature its kernel is called by; false when it was never judged. */
  readonly verified: boolean
  /** Refuted, or broken when it ran, under some signature. */
  readonly wrong: boolean
  /** What building and judging it took. */
  readonly seconds: number
  readonly contentHash: string
  readonly codeBytes: number | null
}

interface Row extends Omit<BuildFacts, 'ok' | 'verified' | 'wrong'> {
  readonly hash: string
  readonly state: string
  readonly judged: number
  readonly passing: number
  readonly against: number
}

/** Every build of the database by its hash. */
export function buildFacts(store: Store): Map<string, BuildFacts> {
  const rows = store
    .prepare(
      `SELECT b.hash, b.kernel_hash AS kernel, b.target_id AS targetId, b.state, b.content_hash AS contentHash,
         b.code_bytes AS codeBytes, b.seconds + coalesce(v.seconds, 0) AS seconds, coalesce(v.judged, 0) AS judged,
         coalesce(v.passing, 0) AS passing, coalesce(v.against, 0) AS against
       FROM build b LEFT JOIN (SELECT build_hash, count(*) AS judged, total(seconds) AS seconds,
           sum(state IN ('same', 'agreed', 'exhausted')) AS passing, sum(state IN ('refuted', 'broken')) AS against
         FROM current_verdict GROUP BY build_hash) v ON v.build_hash = b.hash`,
    )
    .all() as Row[]
  return new Map(
    rows.map(({ hash, state, judged, passing, against, ...row }) => [
      hash,
      { ...row, ok: state === 'ok', verified: judged > 0 && passing === judged, wrong: against > 0 },
    ]),
  )
}

/** A build's value by a metric, and whether samples that chose nothing gave it. */
export interface Value {
  readonly value: number
  readonly confirmed: boolean
}

export type Valuing = (build: BuildFacts) => Value | undefined

/** By size: code bytes. By time: its time over that of XLA's own object on the host, a confirmed one before any other. */
export function valuing(store: Store, metric: LlmMetric, host: number | undefined): Valuing {
  if (metric === 'size')
    return ({ codeBytes }) =>
      codeBytes === null || codeBytes === 0 ? undefined : { value: codeBytes, confirmed: true }
  const ratios = new Map<string, Value>()
  const key = (kernel: string, content: string): string => `${kernel} ${content}`
  for (const [table, confirmed] of [
    ['estimate', false],
    ['confirmation', true],
  ] as const) {
    const rows = store
      .prepare(
        `SELECT kernel_hash AS kernel, content_hash AS content, ratio FROM ${table}
         WHERE host_id = ? AND ratio IS NOT NULL ORDER BY signature_hash`,
      )
      .all(host ?? -1) as { kernel: string; content: string; ratio: number }[]
    for (const [name, calls] of Map.groupBy(rows, row => key(row.kernel, row.content)))
      ratios.set(name, { value: geometricMean(calls.map(({ ratio }) => ratio)), confirmed })
  }
  return ({ kernel, contentHash }) => ratios.get(key(kernel, contentHash))
}

/** Hosts with times, the one with most first. */
export const timedHosts = (store: Store): { readonly id: number; readonly name: string }[] =>
  store
    .prepare(
      `SELECT o.id, o.name FROM host o JOIN estimate e ON e.host_id = o.id WHERE o.emulated = 0
       GROUP BY o.id ORDER BY count(*) DESC, o.id`,
    )
    .all() as { id: number; name: string }[]
