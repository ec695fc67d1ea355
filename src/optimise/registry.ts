/** Every proposer, keyed by the word the user types and the database stores. To add one: a file and a line here. */
import { unknownName, usageError } from '../errors.ts'
import { llmExplorer } from './llm/explorer.ts'
import { optLevels } from './opt/levels.ts'
import { passLists } from './opt/passes.ts'
import type { ExploreOptions, Explorer, Proposer, ProposerKind } from './proposer.ts'
import { randomLists } from './random/random.ts'
import { searchProposer } from './search/search.ts'
import { xlaIr, xlaObject } from './xla.ts'

export const PROPOSERS: readonly ProposerKind[] = [
  xlaObject,
  xlaIr,
  optLevels,
  passLists,
  randomLists,
  searchProposer,
  llmExplorer,
]

const DEFAULTS: ExploreOptions = { metric: 'size', budget: {}, seed: 1 }

const NAMES = PROPOSERS.flatMap(kind => kind.names)

/**
 * The proposers of `--with`, separated by commas. Commas within brackets or double quotes separate nothing, and a word
 * behind `passes:` that no proposer begins with is one more pass: `passes:gvn,dce,xla` is two proposers. A repeated
 * one counts once. Throws a usage error with the nearest names for an unknown word.
 */
export function parseProposers(text: string, options: ExploreOptions = DEFAULTS): (Proposer | Explorer)[] {
  const words: string[] = []
  for (const part of splitTopLevel(text)) {
    const last = words.at(-1)
    if (last?.startsWith(passLists.word) && kindOf(part) === undefined)
      words[words.length - 1] = `${last},${part}`
    else if (part !== '') words.push(part)
  }
  if (words.length === 0) throw usageError('--with names no proposer', `known: ${NAMES.join(', ')}`)
  const proposers = words.map(word => {
    const proposer = kindOf(word)?.create(word, options)
    if (proposer === undefined) throw unknownName('proposer', word, NAMES)
    return proposer
  })
  return [...new Map(proposers.map(proposer => [proposer.name, proposer])).values()]
}

/** The kind a word belongs to: its own word, or one that ends in a colon and begins it. */
const kindOf = (typed: string): ProposerKind | undefined =>
  PROPOSERS.find(({ word }) => (word.endsWith(':') ? typed.startsWith(word) : typed === word))

function splitTopLevel(text: string): string[] {
  const parts = ['']
  let depth = 0
  let quoted = false
  for (const char of text) {
    if (char === '"') quoted = !quoted
    if ('([<'.includes(char)) depth++
    if (')]>'.includes(char)) depth--
    if (char === ',' && depth <= 0 && !quoted) parts.push('')
    else parts.push(`${parts.pop() ?? ''}${char}`)
  }
  return parts.map(part => part.trim())
}
