/** `query worth`: how many random tries a kernel each proposer's result is worth. */

import { TRIED } from '../../store/proposers/searches.ts'
import type { AnswerRow, NamedQuery } from '../../store/queries/named-queries.ts'
import { columns, geomean } from './columns.ts'
import { type Worth, worthOfRandomTries } from './curve.ts'
import { onCurve, sizeSearches } from './curve-query.ts'

/** As a cell or a sentence says it. */
export const said = (worth: Worth | undefined): string | null => {
  if (worth === undefined) return null
  if (worth.state === 'none') return 'none'
  const tries = worth.tries < 10 ? worth.tries.toFixed(1) : worth.tries.toFixed(0)
  return worth.state === 'more than' ? `more than ${tries}` : tries
}

export const WORTH_QUERY: NamedQuery = {
  name: 'worth',
  summary:
    'each proposer on the curve of chance over the kernels it was tried on: its smallest verified builds over fair -Oz (-Oz where it has none), and how many random tries a kernel lead as far',
  columns: columns('proposer kernels verified vs_oz.4 random_tries target'),
  filters: true,
  rows: (store, filter) =>
    sizeSearches(store, filter).flatMap(rows => {
      const oz = new Map(rows.flatMap(row => (row.oz > 0 ? [[row.hash, row.oz] as const] : [])))
      const [{ target } = { target: '' }] = rows
      const builds = store
        .prepare(
          `SELECT proposer, hash, min(code_bytes) FILTER (WHERE verdict IN ('same', 'agreed', 'exhausted')) AS bytes
           FROM result WHERE target = ? AND proposer <> ? GROUP BY proposer, hash
           UNION ALL SELECT proposer, hash, NULL FROM unanswered WHERE target = ?
           ORDER BY proposer`,
        )
        .all(target, TRIED, target) as { proposer: string; hash: string; bytes: number | null }[]
      return [
        ...Map.groupBy(
          builds.filter(build => oz.has(build.hash)),
          build => build.proposer,
        ),
      ].map(([proposer, own]): AnswerRow => {
        const tried = new Set(own.map(({ hash }) => hash))
        const curve = onCurve(
          rows.filter(({ hash }) => tried.has(hash)),
          'oz',
        )
        const ratios = own.map(({ hash, bytes }) => Math.min(1, (bytes ?? Infinity) / (oz.get(hash) ?? 0)))
        const ratio = geomean(ratios)
        return {
          ...{ proposer, kernels: own.length, verified: own.filter(({ bytes }) => bytes !== null).length },
          ...{ vs_oz: ratio, target },
          random_tries: ratio === null ? null : said(worthOfRandomTries(curve, ratio)),
        }
      })
    }),
}
