/** Answers of a language model, and random's proposals beside them, put into a database that filled.ts made. */
import { sha256 } from '../../../src/kernel/build.ts'
import { putProposal } from '../../../src/store/builds/builds.ts'
import type { Store } from '../../../src/store/open.ts'
import { putExchange, type Settlement, settleExchange } from '../../../src/store/proposers/exchanges.ts'
import { putShowing } from '../../../src/store/proposers/showings.ts'
import { insert } from '../../../src/store/statements.ts'

export interface Answered {
  readonly sample: number
  readonly round?: number
  /** A build of filled.ts by its proposer; none when there was no answer to build. */
  readonly build?: string
  readonly outcome: Settlement['outcome']
  readonly class?: string
  readonly seconds?: number
  readonly metric?: 'size' | 'time'
}

/** Stores a model's answers about one kernel, 100 tokens asked and 20 answered each. */
export function addAnswers(store: Store, kernel: string, answers: readonly Answered[]): void {
  for (const { sample, round = 0, build, outcome, seconds = 1, metric = 'size', ...more } of answers) {
    const id = putExchange(store, {
      ...{ kernel, targetId: 1, model: 'small', weightsHash: undefined, strategy: 'rewrite', metric },
      dialect: { name: 'instruct', version: '1' },
      ...{ prompt: `optimise ${kernel}`, sampling: {}, seed: 100_000 + sample, sample, round },
      ...{ llm: 'builtin', form: 'sliced' },
      reply: { state: 'ok', text: 'x', promptTokens: 100, replyTokens: 20, seconds, finish: 'stop' },
    })
    const hash = build === undefined ? undefined : sha256(`${kernel} ${build}`)
    settleExchange(store, id, { outcome, class: more.class, build: hash })
  }
}

/** Says that random proposed these builds of filled.ts, in this order. */
export function addRandom(
  store: Store,
  kernel: string,
  builds: readonly string[],
  metric: 'size' | 'time' = 'size',
): void {
  for (const [sample, build] of builds.entries()) {
    const hash = sha256(`${kernel} ${build}`)
    const parameters = { seed: 1, metric, lengths: '1-40' }
    putProposal(store, { kernel, targetId: 1, proposer: 'random', build: hash, sample, parameters })
  }
}

/** Says how a kernel was shown to the model, and one hint it gave. */
export function addShown(store: Store, kernel: string): void {
  putShowing(store, {
    ...{ kernel, model: 'small', contextTokens: 4096, dialect: 'instruct', strategy: 'rewrite' },
    ...{ form: 'sliced', notation: 'ir', lines: 60, tokensBefore: 1500, tokensAfter: 600, counted: 'exact' },
  })
  insert(store, 'hint', {
    ...{
      kernel_hash: kernel,
      target_id: 1,
      source: 'llm',
      position: 0,
      kind: 'bad-unroll',
      why: 'too far',
      metric: 'size',
    },
    exchange_id: store.prepare('SELECT min(id) FROM exchange WHERE kernel_hash = ?').pluck().get(kernel),
    ...{ try_kind: 'pass', try_text: 'licm', state: 'untried', at: '2026-01-01T00:00:00.000Z' },
  })
}
