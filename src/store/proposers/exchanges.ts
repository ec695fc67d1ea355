/** Exchanges with language models: stored as they come, found again so that none is paid for twice. */
import { sha256 } from '../../kernel/build.ts'
import { getText, putBlob } from '../blobs.ts'
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

/** Bytes of a reply that are kept. */
const REPLY_LIMIT = 1 << 20
/** A failure that may have been chance is asked again until it has happened this often. */
const MOST_TRIES = 3

/** A run's seeds lie together: its samples have the run's own seed times this, and on. */
export const SEEDS_OF_A_RUN = 100_000

/** What makes an exchange the same one. */
export interface ExchangeKey {
  readonly kernel: string
  readonly targetId: number
  readonly model: string
  readonly weightsHash: string | undefined
  readonly dialect: { readonly name: string; readonly version: string }
  readonly strategy: string
  readonly metric: string
  readonly system?: string | undefined
  readonly prompt: string
  /** Temperature, length, stops, hash of the grammar: all that shapes a reply but the seed. */
  readonly sampling: Readonly<Record<string, unknown>>
  readonly seed: number
  readonly sample: number
  readonly round: number
}

/** What came back from a model. */
export type Reply =
  | {
      readonly state: 'ok'
      readonly text: string
      readonly promptTokens: number
      readonly replyTokens: number
      /** Prompt tokens the server had from an earlier request. */
      readonly cachedTokens?: number
      readonly seconds: number
      readonly finish: 'stop' | 'length'
      /** The end of it is one piece, again and again. */
      readonly looping?: true
    }
  | {
      readonly state: 'failed'
      /** subject: the same request would fail again. environment: nothing else would fare better now. unclear: try again. */
      readonly fault: 'subject' | 'environment' | 'unclear'
      /** `timeout`, `refused`, `401`, `429`, `html`, `too-long`, … */
      readonly kind: string
      readonly message: string
      readonly seconds: number
    }

export interface NewExchange extends ExchangeKey {
  /** As the user named the model. */
  readonly llm: string
  /** How the kernel was shown. */
  readonly form: 'whole' | 'compacted' | 'sliced' | 'summarised' | 'refused'
  readonly reply: Reply
}

/** What became of a reply: `outcome` as the schema lists them. */
export interface Settlement {
  readonly outcome: 'none' | 'invalid' | 'broken' | 'unchanged' | 'built' | 'hints'
  readonly class?: string | undefined
  readonly reason?: string | undefined
  readonly build?: string | undefined
}

export interface Exchange {
  readonly id: number
  readonly outcome: Settlement['outcome'] | 'replied' | 'failed'
  readonly class: string | undefined
  readonly reason: string | undefined
  readonly build: string | undefined
  readonly reply: Reply
}

/**
 * Stores an exchange and returns its id. One that failed before is replaced and its tries counted. A reply over 1 MiB
 * is cut, which `reply_bytes` and `reason` tell.
 */
export function putExchange(store: Store, exchange: NewExchange): number {
  const { reply } = exchange
  const bytes = reply.state === 'ok' ? Buffer.from(reply.text) : undefined
  const cut = bytes !== undefined && bytes.length > REPLY_LIMIT
  const row = {
    ...keyColumns(exchange),
    system_hash: exchange.system === undefined ? null : putBlob(store, exchange.system),
    prompt_hash: putBlob(store, exchange.prompt),
    llm: exchange.llm,
    form: exchange.form,
    reply_hash: bytes ? putBlob(store, bytes.subarray(0, REPLY_LIMIT)) : null,
    reply_bytes: bytes?.length ?? null,
    prompt_tokens: reply.state === 'ok' ? reply.promptTokens : null,
    reply_tokens: reply.state === 'ok' ? reply.replyTokens : null,
    cached_tokens: reply.state === 'ok' ? (reply.cachedTokens ?? null) : null,
    seconds: reply.seconds,
    finish: reply.state === 'ok' ? reply.finish : null,
    outcome: reply.state === 'ok' ? 'replied' : 'failed',
    fault: reply.state === 'failed' ? reply.fault : null,
    tries: 1,
    class: reply.state === 'failed' ? reply.kind : null,
    reason: reply.state === 'failed' ? reply.message : cut ? `cut: ${bytes.length} bytes` : null,
    at: new Date().toISOString(),
  }
  const known = find(store, exchange)
  if (known === undefined) return insert(store, 'exchange', row)
  const columns = Object.keys(row).filter(column => column !== 'tries')
  const set = columns.map(column => `${column} = @${column}`).join(', ')
  cached(store, `UPDATE exchange SET ${set}, tries = tries + @tries WHERE id = @id`).run({
    ...row,
    id: known.id,
  })
  return known.id
}

/** Notes what became of a reply. */
export function settleExchange(store: Store, id: number, settlement: Settlement): void {
  cached(
    store,
    `UPDATE exchange SET outcome = @outcome, class = @class, reason = coalesce(@reason, reason), build_hash = @build
     WHERE id = @id`,
  ).run({
    id,
    outcome: settlement.outcome,
    class: settlement.class ?? null,
    reason: settlement.reason ?? null,
    build: settlement.build ?? null,
  })
}

/** The stored exchange of a key, unless its failure was of a kind that is asked again. */
export function findExchange(store: Store, key: ExchangeKey): Exchange | undefined {
  const row = find(store, key)
  if (row === undefined) return undefined
  const retried = row.fault === 'environment' || (row.fault === 'unclear' && row.tries < MOST_TRIES)
  return retried ? undefined : exchangeOf(store, row)
}

interface Row {
  readonly id: number
  readonly outcome: Exchange['outcome']
  readonly fault: 'subject' | 'environment' | 'unclear' | null
  readonly tries: number
  readonly class: string | null
  readonly reason: string | null
  readonly build: string | null
  readonly replyHash: string | null
  readonly promptTokens: number | null
  readonly replyTokens: number | null
  readonly cachedTokens: number | null
  readonly seconds: number
  readonly finish: 'stop' | 'length' | null
}

const find = (store: Store, key: ExchangeKey): Row | undefined =>
  cached(
    store,
    `SELECT id, outcome, fault, tries, class, reason, build_hash AS build, reply_hash AS replyHash,
       prompt_tokens AS promptTokens, reply_tokens AS replyTokens, cached_tokens AS cachedTokens, seconds, finish
     FROM exchange
     WHERE kernel_hash = @kernel_hash AND target_id = @target_id AND model = @model
       AND coalesce(weights_hash, '') = coalesce(@weights_hash, '') AND dialect = @dialect
       AND dialect_version = @dialect_version AND strategy = @strategy AND metric = @metric
       AND coalesce(system_hash, '') = coalesce(@system_hash, '') AND prompt_hash = @prompt_hash
       AND sampling = @sampling AND seed = @seed AND sample = @sample AND round = @round`,
  ).get(keyColumns(key)) as Row | undefined

const keyColumns = (key: ExchangeKey) => ({
  kernel_hash: key.kernel,
  target_id: key.targetId,
  model: key.model,
  weights_hash: key.weightsHash ?? null,
  dialect: key.dialect.name,
  dialect_version: key.dialect.version,
  strategy: key.strategy,
  metric: key.metric,
  system_hash: key.system === undefined ? null : sha256(key.system),
  prompt_hash: sha256(key.prompt),
  sampling: JSON.stringify(key.sampling),
  seed: key.seed,
  sample: key.sample,
  round: key.round,
})

function exchangeOf(store: Store, row: Row): Exchange {
  const { id, outcome, seconds } = row
  const reply: Reply =
    row.replyHash === null
      ? {
          ...{ state: 'failed', fault: row.fault ?? 'unclear', seconds },
          ...{ kind: row.class ?? '', message: row.reason ?? '' },
        }
      : {
          ...{ state: 'ok', text: getText(store, row.replyHash), seconds, finish: row.finish ?? 'stop' },
          ...{ promptTokens: row.promptTokens ?? 0, replyTokens: row.replyTokens ?? 0 },
          ...(row.cachedTokens !== null && { cachedTokens: row.cachedTokens }),
        }
  return {
    ...{ id, outcome, reply, class: row.class ?? undefined },
    ...{ reason: row.reason ?? undefined, build: row.build ?? undefined },
  }
}
