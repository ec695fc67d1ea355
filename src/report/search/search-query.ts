/** `query search`: what each search found, and all of them together. */
import type { AnswerRow, NamedQuery } from '../../store/queries/named-queries.ts'
import { columns, geomean, settings } from './columns.ts'
import { bestOf } from './curve.ts'
import { readSearches, type SearchRow, tried } from './read.ts'

const BUDGETS = [1, 10, 100, 1000] as const
const COLUMNS = columns(
  'name metric tried at_1.3 at_10.3 at_100.3 at_1000.3 bytes vs_oz.3 vs_o3.3 vs_xla.3 with_data_vs_oz.3 verdict passed_over selected.3 confirmed.3 confirmed_low.3 confirmed_high.3 luck.3 xla_ns.1 calls weighted_selected.3 weighted.3 weighted_by_calls_selected.3 weighted_by_calls.3 start passes attributes codegen without oz_bytes o3_bytes xla_bytes broken seconds.1 target seed hash',
)

const ALL = '(all, geometric mean)'

/** The best of the first n candidates over -Oz; undefined when there were not as many. */
const at = (row: SearchRow, n: number): number | undefined => {
  const of = tried(row, 'oz')
  return of === undefined || row.tried < n ? undefined : bestOf(of, n)
}

const ratio = (a: number | null, b: number | null): number | null =>
  a !== null && b !== null && b > 0 ? a / b : null

function searchRow(row: SearchRow): AnswerRow {
  const { hash, name, target, metric, seed, verdict, confirmed, confirmedLow, confirmedHigh, selected } = row
  const bytes = row.winnerBytes
  return {
    ...{ hash, name, target, metric, seed, tried: row.tried, broken: row.broken, seconds: row.seconds },
    ...Object.fromEntries(BUDGETS.map(n => [`at_${n}`, row.metric === 'size' ? (at(row, n) ?? null) : null])),
    ...{ bytes, oz_bytes: row.oz, o3_bytes: row.o3, xla_bytes: row.xla },
    ...{ vs_oz: ratio(bytes, row.oz), vs_o3: ratio(bytes, row.o3), vs_xla: ratio(bytes, row.xla) },
    with_data_vs_oz: ratio(bytes === null ? null : bytes + (row.winnerRodata ?? 0), row.oz + row.ozRodata),
    ...{
      verdict,
      passed_over: row.passedOver,
      selected,
      confirmed,
      confirmed_low: confirmedLow,
      confirmed_high: confirmedHigh,
    },
    ...{ xla_ns: row.xlaNs, calls: row.calls },
    luck: selected !== null && confirmed !== null ? confirmed / selected : null,
    ...settings(row.winner),
  }
}

/** Time of all timed kernels over XLA's, each run as often as `calls` says; one without a winner keeps XLA's time. */
function weighted(
  rows: readonly SearchRow[],
  figure: 'selected' | 'confirmed',
  calls: (row: SearchRow) => number,
): number | null {
  const xla = rows.reduce((sum, row) => sum + (row.xlaNs ?? 0) * calls(row), 0)
  const ours = rows.reduce((sum, row) => sum + (row.xlaNs ?? 0) * calls(row) * (row[figure] ?? 1), 0)
  return xla > 0 ? ours / xla : null
}
const once = (): number => 1
const asModulesDo = (row: SearchRow): number => row.calls ?? 0

/** The mean of every column that holds ratios; a kernel without a winner counts as its baseline, which is no gain. */
function allRow(rows: readonly SearchRow[]): AnswerRow {
  const [first] = rows
  const each = rows.map(searchRow)
  const mean = (name: string, missing?: number): number | null =>
    geomean(each.map(row => (row[name] as number | null) ?? missing))
  const sum = (pick: (row: SearchRow) => number): number => rows.reduce((total, row) => total + pick(row), 0)
  const size = first?.metric === 'size'
  return {
    ...Object.fromEntries(COLUMNS.map(({ name }) => [name, null])),
    ...{ hash: null, name: ALL, target: first?.target, metric: first?.metric, seed: first?.seed },
    ...{ tried: sum(row => row.tried), broken: sum(row => row.broken), seconds: sum(row => row.seconds) },
    ...Object.fromEntries(BUDGETS.map(n => [`at_${n}`, mean(`at_${n}`)])),
    ...(size && {
      vs_oz: mean('vs_oz', 1),
      vs_o3: mean('vs_o3'),
      vs_xla: mean('vs_xla'),
      with_data_vs_oz: mean('with_data_vs_oz', 1),
    }),
    verdict: `${rows.filter(row => row.winner !== null).length} of ${rows.length} verified`,
    passed_over: sum(row => row.passedOver),
    ...(!size && {
      selected: mean('selected', 1),
      confirmed: mean('confirmed', 1),
      luck: mean('luck'),
      weighted_selected: weighted(rows, 'selected', once),
      weighted: weighted(rows, 'confirmed', once),
      weighted_by_calls_selected: weighted(rows, 'selected', asModulesDo),
      weighted_by_calls: weighted(rows, 'confirmed', asModulesDo),
    }),
  }
}

export const SEARCH_QUERY: NamedQuery = {
  name: 'search',
  summary:
    'what the search found: best code size over fair -Oz after 1, 10, 100, 1000 candidates, the verified winner, its time as selected and as confirmed',
  columns: COLUMNS,
  filters: true,
  rows: (store, filter) =>
    [
      ...Map.groupBy(readSearches(store, filter), row => `${row.metric} ${row.target} ${row.seed}`).values(),
    ].flatMap(rows => [allRow(rows), ...rows.map(searchRow)]),
}
