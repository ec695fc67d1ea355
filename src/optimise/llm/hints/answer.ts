/** A model's hints as it wrote them: JSON held to a grammar where the server can, and checked either way. Pure. */
import { HINT_KINDS, type Hint, type HintKind, type HintSpace, TRY_KINDS } from './hint.ts'

/** Hints of one answer that are looked at. */
export const MOST_HINTS = 4
const LONGEST_WHY = 400

export type ReadHint = { readonly hint: Hint } | { readonly problem: string; readonly said: string }

/** The hints in what a dialect found: a JSON array of anything. */
export function readHints(found: string, space: HintSpace): ReadHint[] {
  const values = JSON.parse(found) as unknown[]
  const seen = new Set<string>()
  return values.slice(0, MOST_HINTS).map(value => {
    const read = readHint(value, space)
    const key = typeof read === 'string' ? read : JSON.stringify([read.function, read.lines, read.try])
    const hint =
      typeof read !== 'string' && seen.has(key) ? 'it repeats an earlier hint of this answer' : read
    seen.add(key)
    return typeof hint === 'string'
      ? { problem: hint, said: JSON.stringify(value).slice(0, LONGEST_WHY) }
      : { hint }
  })
}

/** The hint, or what is wrong with it. */
function readHint(value: unknown, space: HintSpace): Hint | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no object'
  const { function: name, lines, kind, why, try: what } = value as Record<string, unknown>
  const named = String(name ?? '').replace(/^@/, '')
  const place = space.functions.find(one => one.name === named)
  if (place === undefined) return `there is no function ${JSON.stringify(name ?? null)?.slice(0, 60)}`
  const [first, last] = Array.isArray(lines) ? lines.map(Number) : [Number.NaN]
  const end = last ?? first ?? Number.NaN
  if (first === undefined || !(first >= place.lines[0] && end <= place.lines[1] && first <= end))
    return `${named} has lines ${place.lines.join(' to ')}, not ${JSON.stringify(lines ?? null)?.slice(0, 60)}`
  if (!HINT_KINDS.includes(kind as HintKind))
    return `${JSON.stringify(kind ?? null)?.slice(0, 60)} is no kind of hint`
  const tried = TRY_KINDS.flatMap(one => {
    const text = (what as Record<string, unknown> | undefined)?.[one]
    return typeof text === 'string' && text.trim() !== '' ? [{ kind: one, text: text.trim() }] : []
  })
  const [only] = tried
  if (only === undefined || tried.length > 1) return 'it does not say one thing to try'
  return {
    function: named,
    lines: [Math.trunc(first), Math.trunc(end)],
    kind: kind as HintKind,
    why: String(why ?? '').slice(0, LONGEST_WHY),
    try: only,
  }
}

/** llama.cpp's grammar of such an answer: one object a line, from exactly this space. */
export function hintGbnf(space: HintSpace): string {
  const words = (list: readonly string[]): string => list.map(word => JSON.stringify(word)).join(' | ')
  const tries = TRY_KINDS.filter(kind => space.tries[kind].length > 0)
  return [
    `root ::= hint ("\\n" hint){0,${MOST_HINTS - 1}}`,
    String.raw`hint ::= "{\"function\":\"" function "\",\"lines\":[" number "," number "],\"kind\":\"" kind "\",\"why\":\"" why "\",\"try\":{" try "}}"`,
    `function ::= ${words(space.functions.map(({ name }) => name))}`,
    'number ::= [1-9] [0-9]{0,3}',
    `kind ::= ${words(HINT_KINDS)}`,
    "why ::= [a-zA-Z0-9 ,.'()%-]{1,100}",
    `try ::= ${tries.map(kind => `"\\"${kind}\\":\\"" ${kind} "\\""`).join(' | ')}`,
    ...tries.map(kind => `${kind} ::= ${words(space.tries[kind])}`),
    '',
  ].join('\n')
}
