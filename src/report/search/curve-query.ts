/** `query search-curve`, and where a result stands on it. */

import type { Store } from '../../store/open.ts'
import type { NamedQuery } from '../../store/queries/named-queries.ts'
import { columns, geomean } from './columns.ts'
import { bestOf, chanceAt, expectedBest, type Tried } from './curve.ts'
import { readSearches, type SearchRow, tried } from './read.ts'

const BASELINES = ['oz', 'o3', 'xla'] as const

/** Budgets at which the curve is drawn. */
const STEPS = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 3000, 5000, 10_000] as const

/** Searches for size that went equally far can be put on one curve; kernels without the baseline are left out. */
export function onCurve(rows: readonly SearchRow[], baseline: (typeof BASELINES)[number]): Tried[] {
  return rows.map(row => tried(row, baseline)).filter(one => one !== undefined)
}

export const sizeSearches = (store: Store, filter: string | undefined): SearchRow[][] => [
  ...Map.groupBy(
    readSearches(store, filter).filter(row => row.metric === 'size'),
    row => `${row.target} ${row.seed}`,
  ).values(),
]

export const CURVE_QUERY: NamedQuery = {
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
