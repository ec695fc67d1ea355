/** What became of one proposer's work for one target. */

/** Counted in proposals: kernels, for a proposer that makes one each. */
export interface Tally {
  readonly proposer: string
  readonly target: string
  /** Builds made now. */
  made: number
  /** Proposed before, or equal to a build another proposer had made. */
  known: number
  broken: number
  /** Work that a limit ended, tried again next time, at most three times. */
  failed: number
  /** Nothing to build: the dump has no result of XLA's, … */
  none: number
  /** Why, of all that was not made, with how many proposals it stopped. */
  readonly reasons: Map<string, number>
}

export const newTally = (proposer: string, target: string): Tally => ({
  ...{ proposer, target, made: 0, known: 0, broken: 0, failed: 0, none: 0 },
  reasons: new Map(),
})

export function note(tally: Tally, what: 'broken' | 'failed' | 'none', why: string): void {
  tally[what]++
  tally.reasons.set(why, (tally.reasons.get(why) ?? 0) + 1)
}
