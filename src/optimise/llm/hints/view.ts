/** A kernel's IR with the line numbers hints refer to, in as many words as a model's window takes. */

import { neutral } from '../../../kernel/compact/neutral.ts'
import { functionNotation } from '../../../kernel/compact/notation.ts'
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
  yield { form: 'compacted', notation: 'ir', ir: numbered(defined, asIr), legend: NUMBERS }
  if (speaks === 'chat')
    for (const [form, shown] of [
      ['compacted', defined],
      ['sliced', inner],
    ] as const)
      yield { form, notation: 'own', ir: numbered(shown, functionNotation), legend: `${LEGEND} ${NUMBERS}` }
  yield { form: 'sliced', notation: 'ir', ir: numbered(inner, asIr), legend: NUMBERS }
}

const asIr = (head: string, body: readonly string[]): string[] => [head, ...body]

const numbered = (functions: readonly FunctionKey[], say: typeof asIr): string =>
  neutral(
    functions
      .flatMap(({ head, body = [] }) => {
        const lines = body.filter(({ shown }) => shown !== '')
        const said = say(
          head.shown,
          lines.map(({ shown }) => shown),
        )
        return [head, ...lines].map(({ at }, i) => `${at} ${said[i]}`)
      })
      .join('\n'),
  )
