/** Where a candidate's time goes. */
import type { Spent } from '../protocol.ts'

export const nothingSpent = (): Spent => ({
  ...{ options: 0, parse: 0, clone: 0, passes: 0, print: 0, reparse: 0, emit: 0, count: 0 },
})

/** Does the work and adds its milliseconds. */
export function timed<T>(spent: Spent, what: keyof Spent, work: () => T): T {
  const started = performance.now()
  try {
    return work()
  } finally {
    spent[what] += performance.now() - started
  }
}

/** Why there is no object; thrown from any depth of one candidate's work. */
export class Unmade extends Error {
  readonly state: 'bad-passes' | 'elsewhere'
  constructor(why: string, state: 'bad-passes' | 'elsewhere' = 'elsewhere') {
    super(why)
    this.state = state
  }
}
