/** Over all kernels, by proposer: how many were tried, what became of them, and geometric means against XLA. */
import { passes } from '../kernel/verdict.ts'
import { geometricMeanInterval } from '../measure/statistics.ts'
import { kernelFilter } from '../store/kernels/kernel-filter.ts'
import type { Store } from '../store/open.ts'
import type { NamedQuery } from '../store/queries/named-queries.ts'
import { parseColumn } from '../store/queries/named-queries.ts'

/** A row of the view `result`, as far as it is needed here; build `unanswered` where a language model led to none. */
interface Result {
  readonly hash: string
  readonly proposer: string
  readonly proposal_id: number | null
  readonly target: string
  readonly host: string | null
  readonly build: string
  readonly verdict: string | null
  readonly size_ratio: number | null
  readonly ratio: number | null
  readonly comparison: string | null
  readonly signature_hash: string | null
  readonly time_ns: number | null
  /** Times the modules run it, in one call of each. */
  readonly calls: number
}

/** One proposer, for one target, on one host. Ratios are to XLA's own object; below 1 is smaller or faster. */
export type Summary = Readonly<Record<string, string | number | null>> & {
  readonly proposer: string
  readonly attempted: number
  readonly failed: number
}

const WRONG = new Set(['refuted', 'broken'])

/** All kernels, or those without, or with, a libm call where XLA inlines its own maths. */
export type MathGroup = 'all' | 'inline' | 'libm'
const GROUPS: Readonly<Record<MathGroup, string>> = { all: '1', inline: 'NOT libm', libm: 'libm' }

/** The summary of the kernels that `filter` selects, `xla` first, then by name. */
export function summarise(store: Store, filter?: string, group: MathGroup = 'all'): Summary[] {
  const { where, parameters } = kernelFilter(filter, 'hash')
  const rows = store
    .prepare(
      `SELECT hash, proposer, proposal_id, target, host, build, verdict, size_ratio, ratio, comparison, signature_hash, time_ns,
        (SELECT coalesce(sum(calls), 0) FROM sighting s WHERE s.kernel_hash = result.hash
          AND s.signature_hash = result.signature_hash) AS calls
       FROM (SELECT hash, proposer, proposal_id, target, host, build, verdict, size_ratio, ratio, comparison, signature_hash, time_ns, libm,
           build_hash FROM result
         UNION ALL SELECT u.hash, u.proposer, NULL, u.target, NULL, 'unanswered', NULL, NULL, NULL, NULL, c.signature_hash, NULL,
           u.hash IN (SELECT hash FROM libm_kernel), NULL
         FROM unanswered u JOIN kernel_call c ON c.kernel_hash = u.hash) result
       WHERE ${where} AND ${GROUPS[group]} ORDER BY proposer <> 'xla', proposer, target,
         (SELECT min(sample) FROM proposal p WHERE p.kernel_hash = result.hash AND p.proposer = result.proposer
           AND p.build_hash = result.build_hash), proposal_id`,
    )
    .all(...parameters) as Result[]
  const groups = Map.groupBy(rows, row => `${row.proposer}\n${row.target}`)
  return [...groups.values()].flatMap(group => {
    const hosts = [...new Set(group.map(row => row.host).filter(host => host !== null))].sort()
    const calls = firstBuilds(group)
    return (hosts.length > 0 ? hosts : [null]).map(host => summary(calls, host))
  })
}

/** A kernel under a signature counts once: by the first build proposed for it, which need not be the first that was made. */
function firstBuilds(rows: readonly Result[]): Result[][] {
  const calls = Map.groupBy(rows, row => `${row.hash}\n${row.signature_hash}`)
  return [...calls.values()].map(call => call.filter(row => row.proposal_id === call[0]?.proposal_id))
}

function summary(calls: readonly Result[][], host: string | null): Summary {
  const rows = calls.map(call => call.find(row => row.host === host) ?? (call[0] as Result))
  const sizes = rows.flatMap(row =>
    row.size_ratio !== null && row.size_ratio > 0 && !WRONG.has(row.verdict ?? '') ? [row.size_ratio] : [],
  )
  const timed = rows.filter(row => row.host === host && row.ratio !== null)
  const size = geometricMeanInterval(sizes)
  const time = geometricMeanInterval(timed.map(row => row.ratio ?? Number.NaN))
  const count = (test: (row: Result) => boolean): number => rows.filter(test).length
  const compared = (...states: string[]): number =>
    timed.filter(row => states.includes(row.comparison ?? '')).length
  const unbuilt = count(row => row.build !== 'ok')
  const wrong = count(row => row.build === 'ok' && WRONG.has(row.verdict ?? ''))
  const agreed = count(row => passes(row.verdict))
  return {
    proposer: rows[0]?.proposer ?? '',
    attempted: rows.length,
    failed: unbuilt + wrong,
    unbuilt,
    wrong,
    unjudged: rows.length - unbuilt - wrong - agreed,
    agreed,
    size_ratio: finite(size.mean),
    size_low: finite(size.low),
    size_high: finite(size.high),
    smaller: sizes.filter(ratio => ratio < 1).length,
    larger: sizes.filter(ratio => ratio > 1).length,
    measured: timed.length,
    time_ratio: finite(time.mean),
    time_low: finite(time.low),
    time_high: finite(time.high),
    total_ratio: finite(totalRatio(timed)),
    faster: compared('faster'),
    slower: compared('slower'),
    same: compared('same'),
    twins: compared('twin'),
    inconclusive: compared('inconclusive'),
    target: rows[0]?.target ?? '',
    host,
  }
}

/**
 * Time of all kernels together, each as often as the modules run it, divided by that of XLA's code: few large kernels
 * decide it, where the geometric mean counts the smallest as much as the largest.
 */
function totalRatio(rows: readonly Result[]): number {
  const own = (row: Result): number => row.calls * (row.time_ns ?? 0)
  const xla = rows.reduce((sum, row) => sum + own(row) / (row.ratio ?? Number.NaN), 0)
  return rows.reduce((sum, row) => sum + own(row), 0) / xla
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

export const SUMMARY_QUERY: NamedQuery = {
  name: 'summary',
  summary:
    "by proposer over all kernels: attempted, failed, geometric means to XLA's own and the time-weighted total, wins and losses",
  columns:
    'proposer attempted failed agreed unjudged size_ratio.3 size_low.3 size_high.3 smaller larger measured time_ratio.3 time_low.3 time_high.3 total_ratio.3 faster slower same twins inconclusive target host'
      .split(' ')
      .map(parseColumn),
  filters: true,
  rows: (store, filter) => summarise(store, filter),
}
