/** For tests: one line of the corpus of bad answers. */
import type { SubjectName } from './subjects.ts'

export interface AnswerCase {
  /** What it is, unique within its subject. */
  readonly id: string
  readonly subject: SubjectName
  readonly reply: string
  /** What follows `reply` so often: answers too long to keep. */
  readonly more?: { readonly text: string; readonly times: number }
  /** The reply ended at its limit of tokens. */
  readonly cut?: true
  /** Outcome and class as stored with the exchange, `passes` for a build that must pass the judge. */
  readonly expected: string
  /** Why an answer that is not as asked may pass all the same. */
  readonly because?: string
}

export const replyOf = ({ reply, more }: AnswerCase): string =>
  more === undefined ? reply : reply + more.text.repeat(more.times)
