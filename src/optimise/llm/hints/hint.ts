/** What a hint is: a region said to be worth improving, and the one thing to try there. */
import type { Target } from '../../../kernel/build.ts'
import { moduleLines } from '../../../kernel/compact/module-lines.ts'
import { pick, type Random } from '../../../kernel/random.ts'
import { type PassGrammar, parsePassList, passListText } from '../../../llvm/passes/grammar.ts'
import { spaceOf } from '../../search/space/settings.ts'

/** What can be wrong with a region. */
export const HINT_KINDS = [
  ...['missed-vectorisation', 'redundant-load', 'loop-invariant-work', 'needless-bounds-check', 'bad-unroll'],
  ...['strided-access', 'dead-code', 'missed-inlining', 'address-arithmetic', 'control-flow', 'other'],
] as const
export type HintKind = (typeof HINT_KINDS)[number]

export const TRY_KINDS = ['pass', 'flag', 'attribute'] as const
export type TryKind = (typeof TRY_KINDS)[number]

export interface Hint {
  readonly function: string
  /** Of the kernel's canonical IR, from 1. */
  readonly lines: readonly [first: number, last: number]
  readonly kind: HintKind
  readonly why: string
  readonly try: { readonly kind: TryKind; readonly text: string }
}

/** What can be tried, and where: models and chance choose from the same. */
export interface HintSpace {
  readonly functions: readonly { readonly name: string; readonly lines: readonly [number, number] }[]
  readonly tries: Readonly<Record<TryKind, readonly string[]>>
  /** The pass list a pass is tried as, or why it cannot be. */
  passList(text: string): string | { readonly problem: string }
}

export function hintSpace(
  ir: string,
  grammar: PassGrammar,
  { metric, target }: { readonly metric: 'size' | 'time'; readonly target: Target },
): HintSpace {
  const { attributes, codegenOptions } = spaceOf(metric, target)
  return {
    functions: moduleLines(ir).functions.flatMap(({ name, body, at }) =>
      body === undefined ? [] : [{ name, lines: [at[0] ?? 1, at.at(-1) ?? 1] as const }],
    ),
    tries: {
      pass: grammar.drawn.map(({ name }) => name),
      flag: codegenOptions.flat(),
      // Those every build for size has anyway are no suggestion.
      attribute: attributes.flat().filter(name => !/^(?:minsize|optsize)$/.test(name)),
    },
    passList: text => {
      const list = parsePassList(grammar, text)
      return 'problem' in list ? list : passListText(list)
    },
  }
}

/** `count` hints by chance, in a space a model had too: the bar for its own. */
export function randomHints(space: HintSpace, count: number, random: Random): Hint[] {
  const below = (n: number): number => Math.floor(random() * n)
  return Array.from({ length: count }, () => {
    const place = pick(random, space.functions)
    const [first, last] = place.lines
    const from = first + below(last - first + 1)
    const kind = pick(
      random,
      TRY_KINDS.filter(one => space.tries[one].length > 0),
    )
    return {
      function: place.name,
      lines: [from, from + below(last - from + 1)],
      kind: pick(random, HINT_KINDS),
      why: '',
      try: { kind, text: pick(random, space.tries[kind]) },
    }
  })
}
