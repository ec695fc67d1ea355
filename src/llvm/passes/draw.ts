/** Pass lists by chance: the bar that a search or a language model has to clear. */
import { below, pick, type Random } from '../../kernel/random.ts'
import { type Pass, type PassGrammar, type PassList, type PassStep, USUAL_NEST } from './table.ts'

/** Lengths are uniform between these; so are passes, and where a pass can run at two levels, levels. */
export const LENGTHS = { least: 1, most: 32 } as const

/** Of the passes that have choices, how many are written with parameters, and then of each choice. */
const WITH_PARAMETERS = 1 / 3

/** A list of uniform length, each pass uniform among those of the grammar. The same numbers give the same list. */
export function randomPassList(
  grammar: PassGrammar,
  random: Random,
  options: { readonly minLength?: number; readonly maxLength?: number } = {},
): PassList {
  const { minLength = LENGTHS.least, maxLength = Math.max(LENGTHS.most, minLength) } = options
  const length = minLength + below(random, maxLength - minLength + 1)
  return Array.from({ length }, () => randomStep(grammar, random))
}

/** One pass with its parameters, where it may stand. */
export const randomStep = (grammar: PassGrammar, random: Random): PassStep =>
  stepOf(pick(random, grammar.drawn), random)

/** A pass with newly drawn parameters. */
export function stepOf(pass: Pass, random: Random): PassStep {
  const nest = USUAL_NEST[pick(random, pass.levels)]
  const words = [...pass.required]
  if (pass.choices.length > 0 && random() < WITH_PARAMETERS)
    for (const choice of pass.choices)
      if (pass.choices.length === 1 || random() < WITH_PARAMETERS) words.push(pick(random, choice))
  return { name: pass.name, parameters: words.join(';'), nest }
}
