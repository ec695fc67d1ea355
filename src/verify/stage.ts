/** The verify stage: everything in the database that has no verdict is judged, and each verdict stored as it comes. */
import { judgeStored, pendingOn, type StoredJudging } from '../judge/stored.ts'
import { PASSING, VERDICT_STATES, type Verdict, type VerdictState } from '../kernel/verdict.ts'
import { progress } from '../log.ts'
import type { Store } from '../store/open.ts'

export interface VerifySummary {
  /** Verdicts made in this run, by proposer and state. */
  readonly byProposer: ReadonlyMap<string, ReadonlyMap<VerdictState, number>>
  readonly judged: number
}

export interface VerifyOptions extends StoredJudging {
  readonly filter?: string | undefined
}

/** Judges what is pending; what was judged before an interruption stays. */
export async function verifyStage(options: VerifyOptions): Promise<VerifySummary> {
  const { store } = options
  const pending = await pendingOn(options, { filter: options.filter })
  const counts = new Map<string, Map<VerdictState, number>>()
  const bar = progress('verifying', pending.length)
  let wrong = 0
  try {
    await judgeStored(pending, options, (build, verdict) => {
      for (const proposer of proposersOf(store, build)) count(counts, proposer, verdict)
      if (verdict.state === 'refuted' || verdict.state === 'broken') bar.failures(++wrong)
      bar.step(PASSING.includes(verdict.state) ? undefined : `${verdict.state}: ${build.slice(0, 12)}`)
    })
  } finally {
    bar.done()
  }
  return { byProposer: counts, judged: pending.length }
}

const proposersOf = (store: Store, build: string): string[] =>
  store.prepare('SELECT DISTINCT proposer FROM proposal WHERE build_hash = ?').pluck().all(build) as string[]

function count(counts: Map<string, Map<VerdictState, number>>, proposer: string, { state }: Verdict): void {
  const states = counts.get(proposer) ?? new Map<VerdictState, number>()
  counts.set(proposer, states)
  states.set(state, (states.get(state) ?? 0) + 1)
}

/** One line a proposer: `opt:O3  412 agreed, 3 exhausted`. */
export function summaryLines(summary: VerifySummary): string[] {
  const width = Math.max(0, ...[...summary.byProposer.keys()].map(name => name.length))
  return [...summary.byProposer]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([proposer, states]) => {
      const parts = VERDICT_STATES.filter(state => states.has(state)).map(
        state => `${states.get(state)} ${state}`,
      )
      return `${proposer.padEnd(width)}  ${parts.join(', ')}`
    })
}
