/** What the judge holds against a model's rewrite, and how the model is told. */
import type { Counterexample, VerdictState } from '../../../kernel/verdict.ts'
import type { Session } from '../strategy.ts'
import { classOfBroken } from './classes.ts'

/** What is wrong with a build: its class, and a sentence that shows it. */
export interface Fault {
  readonly class: string
  readonly message: string
}

interface Row {
  readonly state: VerdictState
  readonly reason: string | null
  readonly counterexample: string | null
}

/** What the latest verdicts hold against a build; undefined when nothing is known against it. */
export function faultOf(build: string, { store }: Pick<Session, 'store'>): Fault | undefined {
  const row = store
    .prepare(
      `SELECT state, reason, counterexample FROM current_verdict
       WHERE build_hash = ? AND state IN ('refuted', 'broken') ORDER BY signature_hash`,
    )
    .get(build) as Row | undefined
  if (row === undefined) return undefined
  if (row.state === 'broken') {
    const reason = row.reason ?? 'it does not run'
    return { class: classOfBroken(reason), message: `It ${reason}` }
  }
  return { class: 'refuted', message: refutation(row) }
}

function refutation({ reason, counterexample }: Row): string {
  if (counterexample === null) return `Its results are wrong: ${reason ?? 'they differ'}`
  const { argument, element, expected, actual, inputs, values, differing } = JSON.parse(
    counterexample,
  ) as Counterexample
  const where =
    values === undefined
      ? `for ${inputs} inputs, element ${element} of argument ${argument}`
      : `for arguments (${values.join(', ')}), the result`
  const more = differing > 1 ? `, and ${differing - 1} more differ` : ''
  return `Its results are wrong: ${where} must be ${expected} and is ${actual}${more}`
}
