/** Searches: all that one needs to go on where it was, and what came of it. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

/** Candidates of a round of rule 1: none of them depends on another of the same. */
export const ROUND = 20
/** Candidates by pure chance, the same lists as `random:N`: half of each round from the second on. */
export const CHANCE_TRIES = 100

/** How manieth by chance a candidate of this number was, from 0; undefined if it was something else. */
export function chanceIndex(number: number): number | undefined {
  const round = Math.floor(number / ROUND)
  const place = number % ROUND
  if (round === 0 || place >= ROUND / 2) return undefined
  const index = (round - 1) * (ROUND / 2) + place
  return index < CHANCE_TRIES ? index : undefined
}

/** What makes a search the same one. */
export interface SearchKey {
  readonly kernel: string
  readonly targetId: number
  readonly llvm: string
  readonly metric: string
  readonly seed: number
  readonly rule: number
}

/** A candidate among the best. */
export interface StoredBest {
  readonly candidate: string
  /** Its place among all tried, from 0. */
  readonly number: number
  readonly score: number
  readonly codeBytes: number
  readonly rodataBytes: number
  readonly contentHash: string
  /** The judge has looked at it, quickly, and not refuted it. */
  readonly looked?: true
}

export interface StoredSearch {
  readonly rounds: number
  readonly tried: number
  readonly broken: number
  readonly seconds: number
  /** {@link TRIAL_BYTES} a candidate; see {@link readTrials}. */
  readonly trials: Buffer
  readonly best: readonly StoredBest[]
  /** What relatives see of it, by round. */
  readonly shown: Readonly<Record<string, string>>
  /** What was refuted on the way: hash of the code to candidate, in the order found. */
  readonly wrong: Readonly<Record<string, string>>
  /** Candidates tried when the winner was settled. */
  readonly settled: number
}

export interface StoredTrial {
  /** 0: it gave no object. */
  readonly score: number
  readonly codeBytes: number
  readonly rodataBytes: number
  readonly key: number
}

export const TRIAL_BYTES = 16

export const trialBytes = (trial: StoredTrial): Buffer => {
  const bytes = Buffer.alloc(TRIAL_BYTES)
  for (const [i, value] of [trial.score, trial.codeBytes, trial.rodataBytes, trial.key].entries())
    bytes.writeUInt32LE(Math.min(Math.round(value), 2 ** 32 - 1), i * 4)
  return bytes
}

/** Every candidate of a search, in the order tried. */
export const readTrials = (bytes: Buffer): StoredTrial[] =>
  Array.from({ length: bytes.length / TRIAL_BYTES }, (_, i) => {
    const [score, codeBytes, rodataBytes, key] = [0, 4, 8, 12].map(at =>
      bytes.readUInt32LE(i * TRIAL_BYTES + at),
    ) as [number, number, number, number]
    return { score, codeBytes, rodataBytes, key }
  })

const WHERE = 'kernel_hash = ? AND target_id = ? AND llvm = ? AND metric = ? AND seed = ? AND rule = ?'
const valuesOf = (key: SearchKey): unknown[] => [
  ...[key.kernel, key.targetId, key.llvm, key.metric, key.seed, key.rule],
]

export function findSearch(store: Store, key: SearchKey): StoredSearch | undefined {
  const row = cached(store, `SELECT * FROM search WHERE ${WHERE}`).get(...valuesOf(key)) as
    | (Omit<StoredSearch, 'best' | 'shown' | 'wrong'> & { best: Buffer; shown: string; wrong: string })
    | undefined
  if (row === undefined) return undefined
  const best = JSON.parse(zstdDecompressSync(row.best).toString('utf8')) as StoredBest[]
  const objects = { shown: JSON.parse(row.shown), wrong: JSON.parse(row.wrong) } as Record<
    'shown' | 'wrong',
    Record<string, string>
  >
  return { ...row, best, ...objects }
}

/** Stores a search as it stands. What was settled stays until it is settled anew. */
export function putSearch(store: Store, key: SearchKey, search: Omit<StoredSearch, 'settled'>): void {
  insert(
    store,
    'search',
    {
      kernel_hash: key.kernel,
      target_id: key.targetId,
      ...{ llvm: key.llvm, metric: key.metric, seed: key.seed, rule: key.rule },
      ...{ rounds: search.rounds, tried: search.tried, broken: search.broken, seconds: search.seconds },
      trials: search.trials,
      best: zstdCompressSync(JSON.stringify(search.best)),
      shown: JSON.stringify(search.shown),
      wrong: JSON.stringify(search.wrong),
      settled: 0,
      updated_at: new Date().toISOString(),
    },
    `ON CONFLICT (kernel_hash, target_id, llvm, metric, seed, rule) DO UPDATE SET rounds = excluded.rounds,
      tried = excluded.tried, broken = excluded.broken, seconds = excluded.seconds, trials = excluded.trials,
      best = excluded.best, shown = excluded.shown, wrong = excluded.wrong, updated_at = excluded.updated_at`,
  )
}

/** Who proposes builds that the judge has yet to see, or has refused: they count nowhere as what a search found. */
export const TRIED = 'search:tried'

/** Whom a winner is proposed by. */
export const winnerName = (metric: string): string => (metric === 'size' ? 'search' : `search:${metric}`)

/** Makes a build that was tried the search's own proposal; an earlier one, of fewer candidates, is tried from then on. */
export function promote(store: Store, { kernel, targetId, metric, seed }: SearchKey, build: string): void {
  const parameters = JSON.stringify({ metric, seed })
  const rename = cached(
    store,
    `UPDATE OR REPLACE proposal SET proposer = ? WHERE kernel_hash = ? AND target_id = ? AND parameters = ?
       AND proposer = ? AND (build_hash = ?) = ?`,
  )
  const name = winnerName(metric)
  rename.run(TRIED, kernel, targetId, parameters, name, build, 0)
  rename.run(name, kernel, targetId, parameters, TRIED, build, 1)
}

/** A winner's time over that of XLA's own build. */
export interface Timed {
  /** In the samples that chose it: flattered by having won. */
  readonly selected: number
  /** In samples that chose nothing, with the 95 % interval. */
  readonly confirmed: number
  readonly low: number
  readonly high: number
}

/** Stores what a search ended in, for the candidates tried so far. */
export function settleSearch(
  store: Store,
  key: SearchKey,
  outcome: {
    readonly tried: number
    readonly winner: { readonly candidate: string; readonly build: string } | undefined
    readonly passedOver: number
    readonly timed?: Timed | undefined
    /** Nanoseconds of XLA's own build, where it was timed. */
    readonly referenceNs?: number | undefined
  },
): void {
  cached(
    store,
    `UPDATE search SET settled = ?, winner = ?, winner_hash = ?, passed_over = ?, selected = ?,
       confirmed = ?, confirmed_low = ?, confirmed_high = ?, xla_ns = ? WHERE ${WHERE}`,
  ).run(
    outcome.tried,
    outcome.winner?.candidate ?? null,
    outcome.winner?.build ?? null,
    outcome.passedOver,
    outcome.timed?.selected ?? null,
    ...[outcome.timed?.confirmed ?? null, outcome.timed?.low ?? null, outcome.timed?.high ?? null],
    outcome.referenceNs ?? null,
    ...valuesOf(key),
  )
}

/** Candidates that won on some kernel, the commonest first. */
export const winnersOf = (store: Store, key: Pick<SearchKey, 'targetId' | 'llvm' | 'metric'>): string[] =>
  cached(
    store,
    `SELECT winner FROM search WHERE target_id = ? AND llvm = ? AND metric = ? AND winner IS NOT NULL
     GROUP BY winner ORDER BY count(*) DESC, length(winner), winner`,
  )
    .pluck()
    .all(key.targetId, key.llvm, key.metric) as string[]
