/** What the parts of the gate share: how it refuses, what it keeps in mind, and which operands it lets through. Pure. */
import type { Statement } from './answer-module.ts'
import type { Habits, KernelModule } from './kernel-module.ts'
import { render, type Token } from './tokens.ts'
import { FAST_MATH, isType, KEPT_OPCODES, REFUSED_WORDS, SMALL_WORDS } from './vocabulary.ts'

/** Why a rewrite is refused: a class of the table in classes.ts, and a sentence for the model. */
export class Refused extends Error {
  readonly class: string
  constructor(kind: string, message: string) {
    super(message)
    this.class = kind
  }
}

/** What the gate keeps in mind while it goes through one function. */
export interface GateState {
  readonly module: KernelModule
  /** Name of the function that is replaced. */
  readonly replaces: string
  readonly habits: Habits
  /** Declarations of libm's functions that the module lacks. */
  readonly declarations: Map<string, string>
  /** Bytes on the stack so far. */
  stack: number
  /** Whether the current block is the first. */
  entry: boolean
}

/** One operand token: a known word, a plain name, a number or punctuation, and no second instruction. */
export function checkToken(
  token: Token,
  next: Token | undefined,
  statement: Statement,
  state: GateState,
): void {
  const { kind, text } = token
  const { module, habits } = state
  if (kind === 'string' || text.includes('"'))
    throw new Refused('gate:string', `quoted text is not allowed: ${show(statement)}`)
  if (kind === 'metadata' || kind === 'group' || text === '=' || text === '...')
    throw new Refused('gate:unknown word', `'${text}' is not allowed there: ${show(statement)}`)
  if (kind === 'global') {
    const name = text.slice(1)
    if (module.functions.has(name) || module.declared.has(name) || name.startsWith('llvm.'))
      throw new Refused('gate:indirect', `the address of function ${text} is taken: ${show(statement)}`)
    if (module.variables.has(text) && !habits.globals.has(name))
      throw new Refused('gate:global', `${text} is a variable the original function does not use`)
  }
  if (kind !== 'word') return
  const refused = REFUSED_WORDS.get(text)
  if (refused !== undefined) throw new Refused(refused, `'${text}' is not allowed: ${show(statement)}`)
  const constant = next?.text === '(' || next?.text === 'inbounds' || next?.text === 'nuw'
  if (text === 'getelementptr' && constant) return
  const kept = KEPT_OPCODES.get(text)
  if (kept !== undefined && !habits.opcodes.has(text))
    throw new Refused(kept, `'${text}' is not allowed, as the original function has none: ${show(statement)}`)
  const known = kept !== undefined || SMALL_WORDS.has(text) || FAST_MATH.has(text) || isType(text)
  if (!known) throw new Refused('gate:unknown word', `'${text}' is not allowed there: ${show(statement)}`)
}

export const show = (statement: Statement): string => {
  const text = render(statement.filter(({ kind }) => kind !== 'newline'))
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
