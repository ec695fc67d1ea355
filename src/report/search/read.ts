/** The searches of a database, as the queries need them. */
import { kernelFilter } from '../../store/kernels/kernel-filter.ts'
import type { Store } from '../../store/open.ts'
import { chanceIndex, readTrials } from '../../store/proposers/searches.ts'
import type { Tried } from './curve.ts'

/** Numbers of a search's candidates that are LLVM's own levels. */
const OZ = 0
const O3 = 1

export interface SearchRow {
  readonly hash: string
  readonly name: string
  readonly target: string
  readonly metric: string
  readonly seed: number
  readonly tried: number
  readonly broken: number
  readonly seconds: number
  readonly winner: string | null
  readonly winnerBytes: number | null
  readonly winnerRodata: number | null
  readonly verdict: string | null
  readonly passedOver: number
  readonly selected: number | null
  readonly confirmed: number | null
  readonly confirmedLow: number | null
  readonly confirmedHigh: number | null
  readonly xlaNs: number | null
  /** Times the modules run it, each module called once; null where that is not known. */
  readonly calls: number | null
  /** Code bytes: 0 where it broke, null where it is not there. */
  readonly oz: number
  readonly o3: number
  readonly xla: number | null
  readonly ozRodata: number
  /** Code bytes of every candidate, in order. */
  readonly values: readonly number[]
  readonly chance: readonly number[]
}

export function readSearches(store: Store, filter?: string): SearchRow[] {
  const { where, parameters } = kernelFilter(filter, 's.kernel_hash')
  const rows = store
    .prepare(
      `SELECT s.kernel_hash AS hash, k.name, t.name AS target, s.metric, s.seed, s.tried, s.broken, s.seconds,
         s.winner, b.code_bytes AS winnerBytes, b.rodata_bytes AS winnerRodata, s.passed_over AS passedOver,
         s.selected, s.confirmed, s.confirmed_low AS confirmedLow, s.confirmed_high AS confirmedHigh, s.xla_ns AS xlaNs,
         (SELECT sum(g.calls) FROM sighting g WHERE g.kernel_hash = s.kernel_hash) AS calls,
         (SELECT group_concat(DISTINCT v.state) FROM current_verdict v WHERE v.build_hash = s.winner_hash) AS verdict,
         (SELECT r.code_bytes FROM reference r WHERE r.kernel_hash = s.kernel_hash AND r.triple = t.triple) AS xla,
         s.trials
       FROM search s JOIN kernel k ON k.hash = s.kernel_hash JOIN target t ON t.id = s.target_id
       LEFT JOIN build b ON b.hash = s.winner_hash
       WHERE ${where} AND s.tried > 0 ORDER BY s.metric, t.name, k.name, k.hash`,
    )
    .all(...parameters) as (Omit<SearchRow, 'oz' | 'o3' | 'ozRodata' | 'values' | 'chance'> & {
    readonly trials: Buffer
  })[]
  return rows.map(({ trials, ...row }) => {
    const all = readTrials(trials)
    const values = all.map(trial => trial.codeBytes)
    return {
      ...row,
      ...{ oz: values[OZ] ?? 0, o3: values[O3] ?? 0, ozRodata: all[OZ]?.rodataBytes ?? 0, values },
      chance: values.filter((_, number) => chanceIndex(number) !== undefined),
    }
  })
}

/** A search over one of its baselines; undefined where there is none. */
export function tried(row: SearchRow, baseline: 'oz' | 'o3' | 'xla'): Tried | undefined {
  const bytes = row[baseline] ?? 0
  return bytes > 0 ? { values: row.values, chance: row.chance, baseline: bytes } : undefined
}
