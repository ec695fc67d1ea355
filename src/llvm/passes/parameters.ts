/** Parameters of passes, as `opt --print-passes` spells them: `no-pre;pre;max-iterations=N;O1;O2`. */

/** Words that exclude each other: `pre` and `no-pre`, levels, values of a number. At most one of them is written. */
export type Choice = readonly string[]

/**
 * Values worth trying of each number a pass takes. A number that is not here is not drawn: `lower-allow-check`'s
 * cutoffs, alignments of globals.
 */
const NUMBERS: Readonly<Record<string, readonly number[]>> = {
  'max-iterations': [1, 2, 4],
  'full-unroll-max': [0, 2, 4, 8, 16],
  'bonus-inst-threshold': [0, 1, 2, 4],
  'min-bits': [16, 32, 64],
  'max-offset': [64, 256],
}

/** InstCombine checks by default, on a build of LLVM with assertions, that it left nothing to do, and stops if it did. */
export const REQUIRED_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  instcombine: ['no-verify-fixpoint'],
}

/** What a pass is always written with, or ''. */
export const requiredOf = ({ name }: { readonly name: string }): string =>
  REQUIRED_PARAMETERS[name]?.join(';') ?? ''

/** Checks of the compiler itself, no work at all, and what only a linker knows. */
const NOT_DRAWN = new Set(['verify-fixpoint', 'no-verify-fixpoint', 'O0', 'vfe-linkage-unit-visibility'])

/** What the text between the brackets lets one choose. */
export function choicesOf(text: string): Choice[] {
  const words = text.split(';').filter(word => word !== '' && !NOT_DRAWN.has(word))
  const levels = words.filter(word => /^O[0-3sz]$/.test(word))
  const choices: Choice[] = levels.length > 0 ? [levels] : []
  for (const word of words) {
    const [name = '', value] = word.split('=')
    if (levels.includes(word)) continue
    if (value !== undefined) {
      const values = NUMBERS[name] ?? []
      if (values.length > 0) choices.push(values.map(number => `${name}=${number}`))
    } else if (!name.startsWith('no-')) {
      const not = `no-${name}`
      choices.push(words.includes(not) ? [name, not] : [name])
    } else if (!words.includes(name.slice('no-'.length))) choices.push([name])
  }
  return merged(choices)
}

/** Opposites that LLVM spells without `no-`. */
const OPPOSITES: readonly (readonly [string, string])[] = [
  ['preserve-cfg', 'modify-cfg'],
  ['trivial', 'no-trivial'],
]

function merged(choices: readonly Choice[]): Choice[] {
  const pair = OPPOSITES.find(words =>
    words.every(word => choices.some(choice => choice.length === 1 && choice[0] === word)),
  )
  if (pair === undefined) return [...choices]
  return [...choices.filter(choice => !pair.includes(choice[0] ?? '')), pair]
}

/** The words of a list's parameters, as typed between the brackets. */
export const wordsOf = (parameters: string): string[] => parameters.split(';').filter(word => word !== '')

/** Why a pass does not take these parameters, or undefined. A number may have any value. */
export function parametersProblem(
  name: string,
  parameters: string,
  choices: readonly Choice[],
  required: readonly string[],
): string | undefined {
  const known = new Set([...choices.flat(), ...required])
  const numbers = new Set([...known].map(word => word.split('=')[0]))
  for (const word of wordsOf(parameters)) {
    const [left, value] = word.split('=')
    if (value !== undefined ? !numbers.has(left ?? '') || !/^\d{1,9}$/.test(value) : !known.has(word))
      return `${name} takes no parameter '${word}'${known.size > 0 ? `; it takes ${[...known].join(', ')}` : ''}`
  }
  return undefined
}
