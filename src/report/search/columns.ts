/** What the queries about searches share. */
import { geometricMean } from '../../measure/statistics.ts'
import { type AnswerRow, type NamedQuery, parseColumn } from '../../store/queries/named-queries.ts'

export const columns = (text: string): NamedQuery['columns'] => text.split(' ').map(parseColumn)
export const geomean = (values: readonly (number | undefined | null)[]): number | null => {
  const known = values.filter(value => typeof value === 'number')
  return known.length === 0 ? null : geometricMean(known)
}

/** What a stored candidate says, in columns. */
export function settings(candidate: string | null): AnswerRow {
  if (candidate === null) return { passes: null, attributes: null, codegen: null, without: null, start: null }
  const [passes, attributes, level, options, without, start] = JSON.parse(candidate) as [
    string,
    string[],
    number,
    string[],
    string[],
    string?,
  ]
  return {
    passes,
    attributes: attributes.join(' '),
    codegen: [`-O${level}`, ...options].join(' '),
    without: without.join(' '),
    start: start ?? 'kernel',
  }
}
