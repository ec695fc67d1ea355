/** How far the times can be trusted: what the campaigns found when they compared identical code with itself. */
import type { Store } from '../../store/open.ts'

interface Checked {
  readonly host: string
  readonly pairs: number | null
  readonly wrong: number | null
  readonly state: string | null
  readonly resolution: number | null
  readonly disturbed: number
  readonly unfinished: number
}

/** A sentence for each host that timed builds. */
export function trust(store: Store): string[] {
  const rows = store
    .prepare(
      `SELECT o.name AS host, sum(c.aa_pairs) AS pairs, sum(c.aa_false) AS wrong,
        CASE WHEN sum(c.aa_state = 'failed') > 0 THEN 'failed' WHEN sum(c.aa_state = 'passed') > 0 THEN 'passed' END AS state,
        max(c.resolution) AS resolution, sum(c.disturbed) AS disturbed, sum(c.state <> 'complete') AS unfinished
       FROM campaign c JOIN host o ON o.id = c.host_id WHERE c.purpose <> 'select' GROUP BY o.name ORDER BY o.name`,
    )
    .all() as Checked[]
  return rows.map(row => `A/A on ${row.host}: ${[check(row), ...remarks(row)].join(' ')}`)
}

function check({ pairs, wrong, state, resolution }: Checked): string {
  if (!pairs || state === null)
    return 'these campaigns did not compare identical code with itself, so how often noise passes for a difference is not known.'
  const found = `identical code under two names was compared ${pairs} times and called different ${wrong ?? 0} times`
  const told =
    resolution === null
      ? ''
      : ` A difference of ${(100 * resolution).toFixed(1)} % is told nine times in ten; smaller ones mostly are not.`
  return state === 'passed'
    ? `passed: ${found}, no more than chance explains.${told}`
    : `FAILED: ${found}, more than chance explains. Do not trust small differences of this page.${told}`
}

const remarks = ({ disturbed, unfinished }: Checked): string[] => [
  ...(disturbed > 0 ? [`${disturbed} samples were kept although something disturbed every try.`] : []),
  ...(unfinished > 0 ? [`${unfinished} campaigns were cut short.`] : []),
]
