/** `query worth`: how many random tries a kernel each proposer's result is worth. */
import type { AnswerRow, NamedQuery } from '../../store/queries/named-queries.ts'
import { columns, geomean } from './columns.ts'
import { type Worth, worthOfRandomTries } from './curve.ts'
import { onCurve, sizeSearches } from './curve-query.ts'

const said = (worth: Worth | undefined): string | null => {
  if (worth === undefined) return null
  if (worth.state === 'none') return 'none'
  const tries = worth.tries < 10 ? worth.tries.toFixed(1) : worth.tries.toFixed(0)
  return worth.state === 'more than' ? `more than ${tries}` : tries
}

export const WORTH_QUERY: NamedQuery = {
  name: 'worth',
  summary:
    'each proposer on the curve of chance: its smallest verified builds over fair -Oz (-Oz where it has none), and how many random tries a kernel lead as far',
  columns: columns('proposer kernels verified vs_oz.4 random_tries target'),
  filters: true,
  rows: (store, filter) =>
    sizeSearches(store, filter).flatMap(rows => {
      const oz = new Map(rows.flatMap(row => (row.oz > 0 ? [[row.hash, row.oz] as const] : [])))
      const [{ target } = { target: '' }] = rows
      const builds = store
        .prepare(
          `SELECT proposer, hash, min(code_bytes) AS bytes FROM result
           WHERE verdict IN ('same', 'agreed', 'exhausted') AND target = ? GROUP BY proposer, hash ORDER BY proposer`,
        )
        .all(target) as { proposer: string; hash: string; bytes: number }[]
      const curve = onCurve(rows, 'oz')
      return [
        ...Map.groupBy(
          builds.filter(build => oz.has(build.hash)),
          build => build.proposer,
        ),
      ].map(([proposer, own]): AnswerRow => {
        const best = new Map(own.map(({ hash, bytes }) => [hash, bytes]))
        const ratio = geomean([...oz].map(([hash, bytes]) => Math.min(1, (best.get(hash) ?? bytes) / bytes)))
        return {
          ...{ proposer, kernels: oz.size, verified: best.size, vs_oz: ratio, target },
          random_tries: ratio === null ? null : said(worthOfRandomTries(curve, ratio)),
        }
      })
    }),
}
