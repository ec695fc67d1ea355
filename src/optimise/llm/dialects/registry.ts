/** Every dialect, keyed by the word the user types and the database stores. To add one: a file and a line here. */
import { unknownName } from '../../../errors.ts'
import type { Dialect } from './dialect.ts'
import { instruct } from './instruct.ts'
import { llmCompiler } from './llm-compiler.ts'
import { plain } from './plain.ts'

interface Known {
  readonly dialect: Dialect
  /** Names of models that speak it. */
  readonly models?: RegExp
}

const DIALECTS: readonly Known[] = [
  { dialect: llmCompiler, models: /llm[-_ ]?compiler/i },
  { dialect: plain },
  { dialect: instruct, models: /(?:)/ },
]

/** The dialect the user names, else the one for a model's name. Throws a usage error for an unknown word. */
export function dialectFor(model: string, typed: string | undefined): Dialect {
  const known = DIALECTS.find(({ dialect, models }) =>
    typed === undefined ? models?.test(model) : dialect.name === typed,
  )
  if (known !== undefined) return known.dialect
  const names = DIALECTS.map(({ dialect }) => dialect.name)
  throw unknownName('dialect', typed ?? model, names)
}
