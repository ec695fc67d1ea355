/** What comparing identical code with itself says of a host's figures. */
import type { Store } from '../store/open.ts'

interface Row {
  readonly id: number
  readonly host: string
  readonly aa_pairs: number
  readonly aa_false: number
  readonly resolution: number | null
}

/** A line for each host whose latest campaign called identical code different too often. Put it at the top. */
export function selfTestWarnings(store: Store): string[] {
  const rows = store
    .prepare(
      `SELECT c.id, o.name AS host, c.aa_pairs, c.aa_false, c.resolution FROM campaign c JOIN host o ON o.id = c.host_id
       WHERE c.aa_state = 'failed' AND c.id = (SELECT max(d.id) FROM campaign d
         WHERE d.host_id = c.host_id AND d.purpose = 'report' AND d.aa_pairs IS NOT NULL) ORDER BY c.id`,
    )
    .all() as Row[]
  return rows.map(
    ({ id, host, aa_pairs, aa_false }) =>
      `A/A FAILED on ${host}: campaign ${id} called identical code different in ${aa_false} of ${aa_pairs} comparisons; do not trust its times`,
  )
}
