/** The report's question and its answer, in plain words with figures. */
import { plural } from '../log.ts'
import { geometricMean } from '../measure/statistics.ts'
import type { Store } from '../store/open.ts'
import type { AnswerRow } from '../store/queries/named-queries.ts'
import { namedQuery } from './queries.ts'
import type { Summary } from './summary.ts'

/** Text in pieces; a piece of code is a name as the user types it. Nothing is escaped yet: that is the page's part. */
export type Words = readonly (string | { readonly code: string })[]

export interface Answer {
  readonly question: string
  /** One for each proposer and one for the best of all; none when nothing was compared. */
  readonly sentences: readonly Words[]
}

/** The question, and one sentence or two for each proposer and for the best of all. */
export function answer(
  store: Store,
  summary: readonly Summary[],
  best: readonly AnswerRow[] = namedQuery('best').rows(store),
): Answer {
  const models = store
    .prepare("SELECT DISTINCT model FROM harvest WHERE state = 'complete' ORDER BY model")
    .pluck()
    .all() as string[]
  const kernels = store.prepare('SELECT count(*) FROM kernel').pluck().get() as number
  const from = models.length === 0 ? 'no model' : models.join(', ')
  return {
    question: `XLA compiled ${from} into ${plural(kernels, 'kernel')} of its own. Is its code for them the fastest, or the smallest, there is?`,
    sentences: [
      ...summary.filter(row => row.proposer !== 'xla').map(about),
      ...bestOf(best).map(text => [text]),
    ],
  }
}

function about(row: Summary): Words {
  const parts = [timeOf(row), sizeOf(row)].filter(part => part !== '')
  const tried = `${plural(row.attempted, 'kernel')} tried`
  const failed = row.failed > 0 ? `${row.failed} of them failed` : 'none failed'
  const where = row.host === null ? '' : ` on ${row.host}`
  return [{ code: row.proposer }, `${where}: ${[...parts, `${tried}, ${failed}`].join('; ')}.`]
}

function timeOf(row: Summary): string {
  const ratio = row.time_ratio
  if (typeof ratio !== 'number') return 'no times'
  const sure = between(row.time_low, row.time_high)
  const verdict = sure.decided ? (ratio < 1 ? 'faster than' : 'slower than') : 'not clearly different from'
  const total = typeof row.total_ratio === 'number' ? ` and ${row.total_ratio.toFixed(3)} × in all` : ''
  return `on average ${verdict} XLA's code, at ${ratio.toFixed(3)} × its time${sure.text}${total} over ${plural(Number(row.measured), 'kernel')} (${row.faster} faster, ${row.slower} slower, ${row.same} the same, ${row.twins} twins of XLA's, ${row.inconclusive} inconclusive)`
}

function sizeOf(row: Summary): string {
  const ratio = row.size_ratio
  if (typeof ratio !== 'number') return ''
  return `${ratio.toFixed(3)} × its code size${between(row.size_low, row.size_high).text} (${row.smaller} smaller, ${row.larger} larger)`
}

function between(low: unknown, high: unknown): { text: string; decided: boolean } {
  if (typeof low !== 'number' || typeof high !== 'number') return { text: '', decided: false }
  return { text: ` (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})`, decided: low > 1 || high < 1 }
}

/** What one would get by taking, for each kernel, the build that is surely fastest, and the smallest. */
function bestOf(rows: readonly AnswerRow[]): string[] {
  const times = numbers(rows.map(row => row.ratio))
  const again = numbers(rows.map(row => (row.comparison === 'faster' ? row.confirmed_ratio : 1)))
  const confirmed = rows.filter(row => row.confirmed !== null).length
  const sizes = numbers(rows.map(row => row.size_ratio))
  const parts: string[] = []
  if (times.length > 0) {
    const gains = rows.filter(row => row.comparison === 'faster').length
    parts.push(
      `the fastest that passes is ${geometricMean(times).toFixed(3)} × XLA's time (another build than XLA's is surely faster for ${gains} of ${times.length})`,
    )
  }
  if (sizes.length > 0)
    parts.push(`the smallest that passes is ${geometricMean(sizes).toFixed(3)} × XLA's code size`)
  const caution =
    times.length === 0
      ? ''
      : confirmed === 0
        ? ' None of these was confirmed yet: choosing and reporting on the same samples flatters.'
        : ` Measured again by a campaign that chose nothing (${plural(confirmed, 'kernel')}), that is ${geometricMean(again).toFixed(3)} ×, the figure to go by.`
  return parts.length === 0
    ? []
    : [`Choosing the best build for each kernel (geometric means): ${parts.join('; ')}.${caution}`]
}

const numbers = (values: readonly unknown[]): number[] =>
  values.filter((value): value is number => typeof value === 'number' && value > 0)
