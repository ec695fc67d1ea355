/** Work that failed, and whose fault. Denominators never shrink: what was tried stays counted. */
import type { Store } from './open.ts'
import { cached } from './statements.ts'

/** `subject`: never retried. `environment`: always retried. `unclear`: retried until three tries failed. */
export type Fault = 'subject' | 'environment' | 'unclear'
export type Stage = 'harvest' | 'optimise' | 'verify' | 'bench'

export interface Attempt {
  readonly stage: Stage
  /** What it was about: a model, a kernel's hash, a build's hash. */
  readonly subject: string
  /** Which proposer, signature, host…: with stage and subject what makes the work one piece. */
  readonly detail: string
  readonly fault: Fault
  readonly reason: string
}

const KEY = 'stage = @stage AND subject = @subject AND detail = @detail'

/** Records a failure, or one more try of a known one. */
export function recordAttempt(store: Store, attempt: Attempt): void {
  cached(
    store,
    `INSERT INTO attempt (stage, subject, detail, fault, reason, tries, at)
     VALUES (@stage, @subject, @detail, @fault, @reason, 1, @at)
     ON CONFLICT (stage, subject, detail)
     DO UPDATE SET fault = @fault, reason = @reason, tries = tries + 1, at = @at`,
  ).run({ ...attempt, at: new Date().toISOString() })
}

/** Forgets a failure once the work has succeeded. */
export function clearAttempt(store: Store, key: Pick<Attempt, 'stage' | 'subject' | 'detail'>): void {
  cached(store, `DELETE FROM attempt WHERE ${KEY}`).run({ ...key })
}

/** SQL condition that holds for a row of `attempt` whose work is not to be tried again. */
export const GIVEN_UP = "(attempt.fault = 'subject' OR (attempt.fault = 'unclear' AND attempt.tries >= 3))"

/** True when the work failed before and is not to be tried again. */
export const givenUp = (store: Store, key: Pick<Attempt, 'stage' | 'subject' | 'detail'>): boolean =>
  cached(store, `SELECT 1 FROM attempt WHERE ${KEY} AND ${GIVEN_UP}`).get({ ...key }) !== undefined
