/** Where the search for one kernel stands, and how results change that: the same for any order they arrive in. */
import type { Trial } from '../../compile/builder.ts'
import type { PassGrammar } from '../../llvm/passes/grammar.ts'
import type { Store } from '../../store/open.ts'
import {
  findSearch,
  putSearch,
  readTrials,
  type SearchKey,
  type StoredBest,
  trialBytes,
} from '../../store/proposers/searches.ts'
import { type Candidate, candidateKey, candidateText, parseCandidate } from './space/candidate.ts'

/** Good candidates kept as parents, of distinct content. */
export const BEST_KEPT = 16

export interface Best extends Omit<StoredBest, 'candidate'> {
  readonly candidate: Candidate
}

export interface State {
  readonly key: SearchKey
  rounds: number
  tried: number
  broken: number
  seconds: number
  trials: Buffer
  /** Best first. */
  best: Best[]
  readonly shown: Record<string, string>
  /** Keys of all candidates tried. */
  readonly seen: Set<number>
  settled: number
}

/** The state as stored, or that of a search that has not begun. */
export function openState(store: Store, key: SearchKey, grammar: PassGrammar): State {
  const stored = findSearch(store, key)
  if (stored === undefined)
    return {
      key,
      ...{ rounds: 0, tried: 0, broken: 0, seconds: 0, trials: Buffer.alloc(0), best: [], settled: 0 },
      shown: {},
      seen: new Set(),
    }
  return {
    ...stored,
    key,
    best: stored.best.map(best => ({ ...best, candidate: parseCandidate(grammar, best.candidate) })),
    shown: { ...stored.shown },
    seen: new Set(readTrials(stored.trials).map(trial => trial.key)),
  }
}

export function saveState(store: Store, state: State): void {
  const best = state.best.map(one => ({ ...one, candidate: candidateText(one.candidate) }))
  putSearch(store, state.key, { ...state, best })
}

/** What a search has less of, as a whole number: for size, bytes of code. */
export type Score = (trial: Pick<Made, 'sizes' | 'contentHash' | 'instructions'>) => number

type Made = Extract<Trial, { state: 'ok' }>

/** Takes in a whole round. */
export function absorb(
  state: State,
  round: readonly { readonly candidate: Candidate; readonly trial: Trial }[],
  score: Score,
): void {
  const records: Buffer[] = []
  for (const [i, { candidate, trial }] of round.entries()) {
    const key = candidateKey(candidate)
    state.seen.add(key)
    state.seconds += trial.seconds
    if (trial.state === 'broken') {
      state.broken++
      records.push(trialBytes({ score: 0, codeBytes: 0, rodataBytes: 0, key }))
      continue
    }
    const { codeBytes, rodataBytes } = trial.sizes
    const { contentHash } = trial
    const entry = {
      candidate,
      number: state.tried + i,
      score: score(trial),
      codeBytes,
      rodataBytes,
      contentHash,
    }
    records.push(trialBytes({ ...entry, key }))
    state.best.push(entry)
  }
  state.best = leading(state.best)
  state.trials = Buffer.concat([state.trials, ...records])
  state.tried += round.length
  state.rounds++
}

/** Takes in what became known of candidates tried before: their scores are asked for anew. */
export function rescore(
  state: State,
  more: readonly {
    readonly candidate: Candidate
    readonly contentHash: string
    readonly instructions: number
  }[],
  score: (one: { readonly contentHash: string; readonly instructions: number }) => number,
): void {
  const contents = new Set(state.best.map(best => best.contentHash))
  const added = more.filter(({ contentHash }) => !contents.has(contentHash))
  const known = state.best.map(best => ({ ...best, score: score({ ...best, instructions: 0 }) }))
  const fresh = added.map(({ candidate, contentHash, instructions }) => ({
    ...{ candidate, contentHash, number: state.tried, codeBytes: 0, rodataBytes: 0 },
    score: score({ contentHash, instructions }),
  }))
  state.best = leading([...known, ...fresh])
}

/** The best of distinct content; of equal ones the shortest, then the first. */
function leading(all: readonly Best[]): Best[] {
  const sorted = all.toSorted(
    (a, b) =>
      a.score - b.score ||
      a.rodataBytes - b.rodataBytes ||
      lengthOf(a.candidate) - lengthOf(b.candidate) ||
      a.number - b.number,
  )
  const contents = new Set<string>()
  return sorted
    .filter(({ contentHash }) => !contents.has(contentHash) && contents.add(contentHash))
    .slice(0, BEST_KEPT)
}

/** How much there is to read: passes and settings. */
export const lengthOf = (c: Candidate): number =>
  c.passes.length + c.attributes.length + c.codegenOptions.length + c.without.length
