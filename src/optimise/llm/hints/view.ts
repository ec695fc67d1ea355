/** A kernel's IR with the line numbers hints refer to, in as many words as a model's window takes. */

import { neutral } from '../../../kernel/compact/neutral.ts'
import { encodeLine } from '../../../kernel/compact/notation-line.ts'
import { compact, type FunctionKey } from '../../../kernel/compact/plain.ts'
import { LEGEND } from '../../../kernel/compact/words.ts'
import type { View } from '../showing.ts'

const NUMBERS = 'Each line begins with its number.'

/** Never canonicalised: a line of what is shown must be a line of the kernel. */
export async function* numberedViews(ir: string, speaks: 'completion' | 'chat'): AsyncGenerator<View> {
  const lines = neutral(ir).trimEnd().split('\n')
  const whole = lines.flatMap((line, i) => (line === '' ? [] : [`${i + 1} ${line.trimEnd()}`])).join('\n')
  yield { form: 'whole', notation: 'ir', ir: whole, legend: NUMBERS }
  const { functions } = compact(ir).key
  const defined = functions.filter(({ body }) => body !== undefined)
  const inner = defined.toSorted((a, b) => (b.body?.length ?? 0) - (a.body?.length ?? 0)).slice(0, 1)
  yield { form: 'compacted', notation: 'ir', ir: numbered(defined, line => line), legend: NUMBERS }
  const ways =
    speaks === 'chat'
      ? ([
          ['compacted', defined],
          ['sliced', inner],
        ] as const)
      : []
  for (const [form, shown] of ways) {
    const types = new Map<string, string>()
    yield {
      form,
      notation: 'own',
      ir: numbered(shown, line => encodeLine(line, types)),
      legend: `${LEGEND} ${NUMBERS}`,
    }
  }
  yield { form: 'sliced', notation: 'ir', ir: numbered(inner, line => line), legend: NUMBERS }
}

const numbered = (functions: readonly FunctionKey[], say: (line: string) => string): string =>
  neutral(
    functions
      .flatMap(({ head, body = [] }) => [
        `${head.at} ${head.shown}`,
        ...body.flatMap(({ at, shown }) => (shown === '' ? [] : [`${at} ${say(shown)}`])),
      ])
      .join('\n'),
  )
