/** What language models were asked about a kernel, what they answered, and their hints. */
import { getText } from '../../../store/blobs.ts'
import type { Store } from '../../../store/open.ts'
import { cached } from '../../../store/statements.ts'
import { rounded } from '../pack.ts'
import type { Texts } from './story.ts'

export interface Asked {
  readonly who: string
  readonly outcome: string
  readonly why: string
  readonly prompt: number
  readonly reply?: number
}

export interface Hinted {
  readonly who: string
  readonly function: string
  readonly first: number | null
  readonly last: number | null
  readonly kind: string
  readonly why: string
  readonly try: string
  readonly state: string
  readonly size: number | null
  readonly time: number | null
}

/** Longest prompt or reply a page carries; the database has them whole. */
const MOST_CHARACTERS = 8_000
const MOST_ASKED = 12

/** The exchanges about a kernel, those that led to a build first. */
export function exchangesOf(store: Store, kernel: string, texts: Texts): Asked[] {
  const rows = cached(
    store,
    `SELECT x.llm, x.model, x.strategy, x.metric, x.form, x.sample, x.round, x.outcome, x.class, x.reason, x.prompt_hash,
      x.reply_hash, x.reply_tokens, x.seconds, b.code_bytes AS bytes,
      (SELECT group_concat(DISTINCT v.state) FROM current_verdict v WHERE v.build_hash = b.hash) AS verdict
     FROM exchange x LEFT JOIN build b ON b.hash = x.build_hash
     WHERE x.kernel_hash = ? ORDER BY x.build_hash IS NULL, x.id LIMIT ${MOST_ASKED}`,
  ).all(kernel) as {
    llm: string
    model: string
    strategy: string
    metric: string
    form: string
    sample: number
    round: number
    outcome: string
    class: string | null
    reason: string | null
    prompt_hash: string
    reply_hash: string | null
    reply_tokens: number | null
    seconds: number
    bytes: number | null
    verdict: string | null
  }[]
  return rows.map(row => ({
    who: `${row.llm} (${row.model}), ${row.strategy} for ${row.metric}, ${row.form}, sample ${row.sample}${row.round > 0 ? `, repair ${row.round}` : ''}; ${row.reply_tokens ?? 0} tokens in ${row.seconds.toFixed(1)} s`,
    outcome: row.outcome,
    why: [
      [row.class, row.reason].filter(part => part !== null).join(': '),
      row.bytes === null ? '' : `${row.bytes} bytes of code, ${row.verdict ?? 'not judged'}`,
    ]
      .filter(part => part !== '')
      .join('; '),
    prompt: texts.put(shortened(getText(store, row.prompt_hash))),
    ...(row.reply_hash !== null && { reply: texts.put(shortened(getText(store, row.reply_hash))) }),
  }))
}

/** Hints for a kernel, by line of its IR as harvested. */
export function hintsOf(store: Store, kernel: string): Hinted[] {
  const rows = cached(
    store,
    `SELECT h.source, h.metric, x.llm, h.function, h.line_first, h.line_last, h.kind, h.why, h.try_kind, h.try_text, h.state,
      h.size_ratio, h.time_ratio FROM hint h LEFT JOIN exchange x ON x.id = h.exchange_id
     WHERE h.kernel_hash = ? ORDER BY h.state <> 'confirmed', h.line_first LIMIT 40`,
  ).all(kernel) as {
    source: string
    metric: string
    llm: string | null
    function: string | null
    line_first: number | null
    line_last: number | null
    kind: string
    why: string | null
    try_kind: string
    try_text: string
    state: string
    size_ratio: number | null
    time_ratio: number | null
  }[]
  return rows.map(row => ({
    who: `${row.llm ?? row.source}, for ${row.metric}`,
    function: row.function ?? '',
    first: row.line_first,
    last: row.line_last,
    kind: row.kind,
    why: (row.why ?? '').slice(0, 500),
    try: `${row.try_kind} ${row.try_text}`,
    state: row.state,
    size: rounded(row.size_ratio),
    time: rounded(row.time_ratio),
  }))
}

const shortened = (text: string): string =>
  text.length <= MOST_CHARACTERS
    ? text
    : `${text.slice(0, MOST_CHARACTERS)}\n… ${text.length - MOST_CHARACTERS} more characters are in the database\n`
