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

/** Good candidates kept, of distinct content: more than are parents, since of these some may turn out wrong. */
const BEST_KEPT = 64
const PARENTS = 16
/** Of those that the judge has looked at, so many stay whatever is found beside them: a search ends with one that is right. */
const SURE_KEPT = 4

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
  /** Code that was refuted: its hash to the candidate, in the order found. It is no parent, however small or fast. */
  readonly wrong: Record<string, string>
  /** Keys of all candidates tried. */
  readonly seen: Set<number>
  settled: number
}

/** Those that moves start from. */
export const parentsOf = ({ best }: State): readonly Best[] => best.slice(0, PARENTS)

/** Candidates that gave no object, and code that was refuted. */
export const failuresOf = ({ broken, wrong }: State): number => broken + Object.keys(wrong).length

/** The state as stored, or that of a search that has not begun. */
export function openState(store: Store, key: SearchKey, grammar: PassGrammar): State {
  const stored = findSearch(store, key)
  if (stored === undefined)
    return {
      key,
      ...{ rounds: 0, tried: 0, broken: 0, seconds: 0, trials: Buffer.alloc(0), best: [], settled: 0 },
      ...{ shown: {}, wrong: {} },
      seen: new Set(),
    }
  return {
    ...stored,
    key,
    best: stored.best.map(best => ({ ...best, candidate: parseCandidate(grammar, best.candidate) })),
    shown: { ...stored.shown },
    wrong: { ...stored.wrong },
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
    if (state.wrong[contentHash] === undefined) state.best.push(entry)
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

/** Takes in what the judge said: those of `looked` stay among the best unless they are `wrong`. */
export function weed(
  state: State,
  looked: readonly { readonly contentHash: string; readonly candidate: Candidate }[],
  wrong: ReadonlySet<string>,
): void {
  for (const { contentHash, candidate } of looked)
    if (wrong.has(contentHash)) state.wrong[contentHash] ??= candidateText(candidate)
  const seen = new Set(looked.map(({ contentHash }) => contentHash))
  state.best = state.best
    .filter(({ contentHash }) => !wrong.has(contentHash))
    .map(best => (seen.has(best.contentHash) ? { ...best, looked: true } : best))
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
  const distinct = sorted.filter(({ contentHash }) => !contents.has(contentHash) && contents.add(contentHash))
  const sure = distinct.filter(({ looked }) => looked).slice(0, SURE_KEPT)
  return distinct.filter((best, i) => i < BEST_KEPT || sure.includes(best))
}

/** How much there is to read: passes and settings. */
export const lengthOf = (c: Candidate): number =>
  c.passes.length + c.attributes.length + c.codegenOptions.length + c.without.length
