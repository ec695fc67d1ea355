/** The grammar of pass lists in llama.cpp's notation, for a server that constrains what a model writes. */
import type { Level, Pass, PassGrammar } from './table.ts'

export interface GbnfOptions {
  /** Most places of a list: passes, or adaptors with passes in. */
  readonly maxLength?: number
  /** Most places within one adaptor; as many as it likes unless said. */
  readonly maxInner?: number
  /** Whether a list may hold `default<Oz>` and its like. */
  readonly pipelines?: 'with' | 'without'
}

/** Accepts exactly the lists that can be drawn, canonical or not in how neighbours share adaptors. Root: `root`. */
export function toGbnf(grammar: PassGrammar, options: GbnfOptions = {}): string {
  const { maxLength = 32, maxInner, pipelines = 'without' } = options
  const passes = [...grammar.passes.values()].filter(
    pass => pass.drawn === 'drawn' || (pipelines === 'with' && pass.levels.includes('module')),
  )
  const at = (level: Level): Pass[] => passes.filter(pass => pass.levels.includes(level))
  const more = `{0,${maxLength - 1}}`
  const inner = maxInner === undefined ? '*' : `{0,${maxInner - 1}}`
  const lines = [
    `root ::= item ("," item)${more}`,
    `item ::= module-pass | "cgscc(" cgscc-pass ("," cgscc-pass)${inner} ")" | "function(" function-item ("," function-item)${inner} ")"`,
    `function-item ::= function-pass | "loop(" loop-pass ("," loop-pass)${inner} ")" | "loop-mssa(" mssa-pass ("," mssa-pass)${inner} ")"`,
  ]
  const rules: readonly (readonly [string, Level])[] = [
    ['module-pass', 'module'],
    ['cgscc-pass', 'cgscc'],
    ['function-pass', 'function'],
    ['loop-pass', 'loop'],
    ['mssa-pass', 'loop-mssa'],
  ]
  for (const [rule, level] of rules) lines.push(`${rule} ::= ${at(level).map(passRule).join(' | ')}`)
  return `${lines.join('\n')}\n`
}

/** A pass: its name, and if it has choices, perhaps some of them, in order. */
function passRule({ name, choices, required }: Pass): string {
  const fixed = required.join(';')
  if (choices.length === 0) return quoted(fixed === '' ? name : `${name}<${fixed}>`)
  const one = choices.map(choice => `(${choice.map(quoted).join(' | ')})`)
  // After the first that is written each is optional: one alternative for each choice that can be first.
  const some =
    fixed === ''
      ? one.map((first, i) => `${first}${tail(one.slice(i + 1))}`).join(' | ')
      : `${quoted(fixed)}${tail(one)}`
  return fixed === '' ? `${quoted(name)} ("<" (${some}) ">")?` : `${quoted(`${name}<`)} ${some} ">"`
}

const tail = (choices: readonly string[]): string => choices.map(choice => ` (";" ${choice})?`).join('')
const quoted = (text: string): string => JSON.stringify(text)
