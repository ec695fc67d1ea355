/** `query search`, `search-curve`, `portfolio`, `features`, `findings` and `bytes`. */
import { FEATURE_RULE } from '../../kernel/features.ts'
import { geometricMean } from '../../measure/statistics.ts'
import { kernelFilter } from '../../store/kernel-filter.ts'
import { type AnswerRow, type NamedQuery, parseColumn } from '../../store/named-queries.ts'
import type { Store } from '../../store/open.ts'
import { BYTES_QUERY } from './bytes.ts'
import { bestOf, chanceAt, expectedBest, greedyPortfolio, type Tried, worthOfRandomTries } from './curve.ts'
import { readSearches, type SearchRow, tried } from './read.ts'

const columns = (text: string): NamedQuery['columns'] => text.split(' ').map(parseColumn)
const geomean = (values: readonly (number | undefined | null)[]): number | null => {
  const known = values.filter(value => typeof value === 'number')
  return known.length === 0 ? null : geometricMean(known)
}

const BUDGETS = [1, 10, 100, 1000] as const
const ALL = '(all, geometric mean)'
const BASELINES = ['oz', 'o3', 'xla'] as const

/** What a stored candidate says, in columns. */
function settings(candidate: string | null): AnswerRow {
  if (candidate === null) return { passes: null, attributes: null, codegen: null, without: null }
  const [passes, attributes, level, options, without] = JSON.parse(candidate) as [
    string,
    string[],
    number,
    string[],
    string[],
  ]
  return {
    passes,
    attributes: attributes.join(' '),
    codegen: [`-O${level}`, ...options].join(' '),
    without: without.join(' '),
  }
}

const at = (row: SearchRow, n: number): number | undefined => {
  const of = tried(row, 'oz')
  return of === undefined || row.tried < Math.min(n, 2) ? undefined : bestOf(of, n)
}

const ratio = (a: number | null, b: number | null): number | null =>
  a !== null && b !== null && b > 0 ? a / b : null

function searchRow(row: SearchRow): AnswerRow {
  const { hash, name, target, metric, seed, verdict, confirmed, confirmedLow, confirmedHigh, selected } = row
  const bytes = row.winnerBytes
  return {
    ...{ hash, name, target, metric, seed, tried: row.tried, broken: row.broken, seconds: row.seconds },
    ...Object.fromEntries(
      BUDGETS.map(n => [`at_${n}`, row.tried >= n || n === 1 ? (at(row, n) ?? null) : null]),
    ),
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
    luck: selected !== null && confirmed !== null ? confirmed / selected : null,
    ...settings(row.winner),
  }
}

/** The mean of every column that holds ratios; a kernel without a winner counts as its baseline, which is no gain. */
function allRow(rows: readonly SearchRow[]): AnswerRow {
  const [first] = rows
  const each = rows.map(searchRow)
  const mean = (name: string, missing?: number): number | null =>
    geomean(each.map(row => (row[name] as number | null) ?? missing))
  const sum = (pick: (row: SearchRow) => number): number => rows.reduce((total, row) => total + pick(row), 0)
  const size = first?.metric === 'size'
  return {
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
    ...(!size && { selected: mean('selected', 1), confirmed: mean('confirmed', 1), luck: mean('luck') }),
  }
}

const SEARCH: NamedQuery = {
  name: 'search',
  summary:
    'what the search found: best code size over fair -Oz after 1, 10, 100, 1000 candidates, the verified winner, its time as selected and as confirmed',
  columns: columns(
    'name metric tried at_1.3 at_10.3 at_100.3 at_1000.3 bytes vs_oz.3 vs_o3.3 vs_xla.3 with_data_vs_oz.3 verdict passed_over selected.3 confirmed.3 confirmed_low.3 confirmed_high.3 luck.3 passes attributes codegen without oz_bytes o3_bytes xla_bytes broken seconds.1 target seed hash',
  ),
  filters: true,
  rows: (store, filter) =>
    [
      ...Map.groupBy(readSearches(store, filter), row => `${row.metric} ${row.target} ${row.seed}`).values(),
    ].flatMap(rows => [allRow(rows), ...rows.map(searchRow)]),
}

/** Budgets at which the curve is drawn. */
const STEPS = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 3000, 5000, 10_000] as const

/** Searches for size that went equally far can be put on one curve; kernels without the baseline are left out. */
function onCurve(rows: readonly SearchRow[], baseline: (typeof BASELINES)[number]): Tried[] {
  return rows.map(row => tried(row, baseline)).filter(one => one !== undefined)
}

const sizeSearches = (store: Store, filter: string | undefined): SearchRow[][] => [
  ...Map.groupBy(
    readSearches(store, filter).filter(row => row.metric === 'size'),
    row => `${row.target} ${row.seed}`,
  ).values(),
]

const CURVE: NamedQuery = {
  name: 'search-curve',
  summary:
    'the gain in code size as candidates grow, over all kernels: of the search and of pure chance, over fair -Oz, -O3 and XLA, before verification',
  columns: columns(
    'candidates kernels search_vs_oz.4 search_vs_o3.4 search_vs_xla.4 random_vs_oz.4 random_vs_oz_alone.4 target seed',
  ),
  filters: true,
  rows: (store, filter) =>
    sizeSearches(store, filter).flatMap(rows => {
      const least = Math.min(...rows.map(row => row.tried))
      return STEPS.filter(n => n <= least).map(candidates => {
        const over = (baseline: (typeof BASELINES)[number]): number | null =>
          geomean(onCurve(rows, baseline).map(one => bestOf(one, candidates)))
        const oz = onCurve(rows, 'oz')
        const alone = oz.map(one => expectedBest(one, candidates, 'without'))
        return {
          ...{ candidates, kernels: rows.length, target: rows[0]?.target, seed: rows[0]?.seed },
          ...{ search_vs_oz: over('oz'), search_vs_o3: over('o3'), search_vs_xla: over('xla') },
          random_vs_oz: chanceAt(oz, candidates) ?? null,
          random_vs_oz_alone: alone.every(one => one !== undefined) ? geomean(alone) : null,
        }
      })
    }),
}

/** Random tries per kernel that lead as far as a result over fair -Oz, with -Oz as the fallback; see curve.ts. */
export function worthInDatabase(
  store: Store,
  ratioToOz: number,
  filter?: string,
): ReturnType<typeof worthOfRandomTries> {
  const [rows] = sizeSearches(store, filter)
  return rows === undefined ? undefined : worthOfRandomTries(onCurve(rows, 'oz'), ratioToOz)
}

const MOST_LISTS = 12

const PORTFOLIO: NamedQuery = {
  name: 'portfolio',
  summary:
    'the few candidates that together serve all kernels best, each adding most to those before it; code size over fair -Oz',
  columns: columns('place serves kernels ratio_so_far.4 passes attributes codegen without target'),
  filters: true,
  rows(store, filter) {
    const { where, parameters } = kernelFilter(filter, 'hash')
    const chosen = new Set(
      store
        .prepare(`SELECT hash FROM kernel WHERE ${where}`)
        .pluck()
        .all(...parameters),
    )
    const baselines = new Map(
      sizeSearches(store, filter).flatMap(rows =>
        rows.flatMap(row => (row.oz > 0 ? [[row.hash, row.oz] as const] : [])),
      ),
    )
    const rows = store
      .prepare(
        'SELECT p.candidate, p.kernels, t.name AS target FROM portfolio p JOIN target t ON t.id = p.target_id ORDER BY p.candidate',
      )
      .all() as { candidate: string; kernels: string; target: string }[]
    return [...Map.groupBy(rows, row => row.target)].flatMap(([target, own]) => {
      const lists = new Map(
        own.map(row => [row.candidate, JSON.parse(row.kernels) as Record<string, number>]),
      )
      const known = new Map([...baselines].filter(([hash]) => chosen.has(hash)))
      return greedyPortfolio(lists, known, MOST_LISTS).map(({ candidate, serves, ratio }, i) => ({
        ...{ place: i + 1, serves, kernels: known.size, ratio_so_far: ratio, target },
        ...settings(candidate),
      }))
    })
  },
}

const FEATURES: NamedQuery = {
  name: 'features',
  summary:
    'what each kernel is like, in numbers: instruction mix, loops, iterations, streams of memory; family: equal but for numbers',
  columns: columns(
    'name op family instructions loops depth iterations read_streams write_streams loads stores float_adds float_muls float_divs math_calls outside_calls int_ops selects casts in_bytes out_bytes out_elements workgroups element_bits hash',
  ),
  filters: true,
  rows(store, filter) {
    const { where, parameters } = kernelFilter(filter, 'k.hash')
    const rows = store
      .prepare(
        `SELECT k.hash, k.name, coalesce(o.op_type, o.opcode) AS op, f.shapeless, f.vector FROM feature f
         JOIN kernel k ON k.hash = f.kernel_hash JOIN kernel_origin o ON o.hash = k.hash
         WHERE f.rule = ? AND ${where} ORDER BY f.shapeless, k.name, k.hash`,
      )
      .all(FEATURE_RULE, ...parameters) as {
      hash: string
      name: string
      op: string | null
      shapeless: string
      vector: string
    }[]
    return rows.map(({ shapeless, vector, ...row }) => ({
      ...row,
      family: shapeless.slice(0, 8),
      ...(JSON.parse(vector) as Record<string, number>),
    }))
  },
}

const FINDINGS: NamedQuery = {
  name: 'findings',
  summary: 'pass lists that led LLVM to wrong code, or to other code each time, reduced to what is needed',
  columns: columns(
    'name kind steps reduced_steps passes attributes codegen without reason counterexample reduced_build build at',
  ),
  filters: true,
  rows(store, filter) {
    const { where, parameters } = kernelFilter(filter, 'f.kernel_hash')
    const rows = store
      .prepare(
        `SELECT k.name, f.kind, f.steps, f.reduced_steps, f.reduced, f.reason, f.counterexample,
           f.reduced_hash AS reduced_build, f.build_hash AS build, f.at
         FROM finding f JOIN kernel k ON k.hash = f.kernel_hash WHERE ${where} ORDER BY f.id`,
      )
      .all(...parameters) as (AnswerRow & { reduced: string | null })[]
    return rows.map(({ reduced, ...row }) => ({ ...row, ...settings(reduced) }))
  },
}

export const SEARCH_QUERIES: readonly NamedQuery[] = [
  SEARCH,
  CURVE,
  PORTFOLIO,
  FEATURES,
  FINDINGS,
  BYTES_QUERY,
]
