/** How kernels were shown to language models. */
import type { Store } from '../open.ts'
import { insert } from '../statements.ts'

export interface Showing {
  readonly kernel: string
  readonly model: string
  readonly contextTokens: number
  readonly dialect: string
  readonly strategy: string
  readonly form: 'whole' | 'compacted' | 'sliced' | 'summarised' | 'refused'
  readonly notation: 'ir' | 'own' | 'none'
  /** Of the kernel's IR. */
  readonly lines: number
  readonly tokensBefore: number
  readonly tokensAfter: number
  readonly counted: 'exact' | 'estimated'
}

/** Stores it; what was shown last counts. */
export function putShowing(store: Store, showing: Showing): void {
  insert(
    store,
    'showing',
    {
      kernel_hash: showing.kernel,
      model: showing.model,
      context_tokens: showing.contextTokens,
      dialect: showing.dialect,
      strategy: showing.strategy,
      form: showing.form,
      notation: showing.notation,
      lines: showing.lines,
      tokens_before: showing.tokensBefore,
      tokens_after: showing.tokensAfter,
      counted: showing.counted,
    },
    `ON CONFLICT (kernel_hash, model, context_tokens, dialect, strategy) DO UPDATE SET
      form = excluded.form, notation = excluded.notation, lines = excluded.lines,
      tokens_before = excluded.tokens_before, tokens_after = excluded.tokens_after, counted = excluded.counted`,
  )
}
