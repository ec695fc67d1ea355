/** `query portfolio`, `features` and `findings`, and the list of all queries about searches. */
import { kernelFeatures } from '../../store/kernels/features.ts'
import { kernelFilter } from '../../store/kernels/kernel-filter.ts'
import type { AnswerRow, NamedQuery } from '../../store/queries/named-queries.ts'
import { BYTES_QUERY } from './bytes.ts'
import { columns, settings } from './columns.ts'
import { greedyPortfolio } from './curve.ts'
import { CURVE_QUERY, sizeSearches } from './curve-query.ts'
import { SEARCH_QUERY } from './search-query.ts'
import { WORTH_QUERY } from './worth.ts'

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
        `SELECT k.hash, k.name, coalesce(o.op_type, o.opcode) AS op FROM kernel k
         JOIN kernel_origin o ON o.hash = k.hash WHERE ${where} ORDER BY k.name, k.hash`,
      )
      .all(...parameters) as { hash: string; name: string; op: string | null }[]
    const all = kernelFeatures(store)
    return rows
      .map(row => {
        const known = all.get(row.hash)
        return { ...row, family: known?.shapeless.slice(0, 8) ?? '', ...known?.features }
      })
      .sort((a, b) => (a.family < b.family ? -1 : a.family > b.family ? 1 : 0))
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
  SEARCH_QUERY,
  CURVE_QUERY,
  WORTH_QUERY,
  PORTFOLIO,
  FEATURES,
  FINDINGS,
  BYTES_QUERY,
]
