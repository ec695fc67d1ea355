/** What failed and what was not measured: said as plainly as what was. */
import type { Store } from '../store/open.ts'
import type { Row } from './format.ts'

export const CAVEAT =
  'Kernels were run alone on seeded random inputs, with data in cache: inside a model their inputs may come from memory.'

/** Failures by reason, most frequent first, with one example each. */
export const failureRows = (store: Store): Row[] =>
  store
    .prepare(
      `SELECT stage, state, CASE WHEN stage IN ('optimise', 'verify') THEN detail ELSE '' END AS proposer,
        count(*) AS count, min(subject) AS example, coalesce(reason, 'see xlab show') AS reason
       FROM failure GROUP BY stage, state, proposer, reason ORDER BY count DESC, stage, reason LIMIT 100`,
    )
    .all() as Row[]

/** Builds without a time: why, how many, of how many kernels. */
export const unmeasuredRows = (store: Store): Row[] =>
  store
    .prepare(
      `SELECT CASE WHEN signature_hash IS NULL THEN 'kernel cannot be run alone'
          WHEN build <> 'ok' THEN 'did not build' WHEN verdict IS NULL THEN 'no verdict yet'
          WHEN verdict NOT IN ('same', 'agreed', 'exhausted') THEN 'verdict: ' || verdict ELSE 'passed, not yet benched' END AS why,
        count(*) AS builds, count(DISTINCT hash) AS kernels
       FROM result WHERE time_ns IS NULL GROUP BY why ORDER BY builds DESC`,
    )
    .all() as Row[]

/** Ops that ran as library calls, with their number: `dot (12), convolution (3)`. Empty when there are none. */
export function libraryCalls(store: Store): string {
  const rows = store
    .prepare(
      `SELECT o.opcode, sum(o.count) AS count FROM op o WHERE o.runs_as = 'library' GROUP BY o.opcode ORDER BY count DESC`,
    )
    .all() as { opcode: string; count: number }[]
  return rows.map(({ opcode, count }) => `${opcode} (${count})`).join(', ')
}

/** A module's name without what changes from run to run and what TensorFlow appends. */
export const shortModule = (name: string): string =>
  name.replace(/^module_\d+\./, '').replace(/__XlaMustCompile_.*$/, '')
