/** What a language model's IR holds: functions with their instructions, and all else by name. Pure. */
import { depthOf, NoTokens, pastClosing, render, splitAtCommas, type Token, tokenise } from './tokens.ts'

/** One instruction or label of a body. */
export type Statement = readonly Token[]

export interface AnswerFunction {
  /** Without its `@`. */
  readonly name: string
  /** Types as LLVM prints them. */
  readonly result: string
  readonly parameters: readonly { readonly type: string; readonly name: string | undefined }[]
  readonly statements: readonly Statement[]
}

export interface AnswerModule {
  readonly functions: readonly AnswerFunction[]
  /** Values of `target triple` and `target datalayout`, where it says them. */
  readonly target: { readonly triple?: string; readonly datalayout?: string }
  /** Named types with their definitions. */
  readonly types: ReadonlyMap<string, string>
  /** Global variables, aliases and indirect functions it defines, with what kind of thing they are. */
  readonly globals: ReadonlyMap<string, string>
  /** Top-level things that no rewrite needs: `module asm`, comdats. */
  readonly others: readonly string[]
}

/** The text ends inside a function or bracket. */
export class CutShort extends Error {}

/** Splits `text`; throws CutShort, or NoTokens for what is no IR. */
export function readAnswer(text: string): AnswerModule {
  const tokens = tokenise(text)
  const functions: AnswerFunction[] = []
  const target: { triple?: string; datalayout?: string } = {}
  const types = new Map<string, string>()
  const globals = new Map<string, string>()
  const others: string[] = []
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at] as Token
    if (token.kind === 'newline') {
      at++
      continue
    }
    if (token.text === 'define') {
      const { end, found } = readFunction(tokens, at)
      functions.push(found)
      at = end
      continue
    }
    if (
      token.kind !== 'local' &&
      token.kind !== 'global' &&
      token.kind !== 'metadata' &&
      !TOP_LEVEL.has(token.text)
    )
      throw new NoTokens(`${JSON.stringify(token.text)} begins no line of LLVM IR`, token.line)
    const end = lineEnd(tokens, at)
    const line = tokens.slice(at, end)
    const [, second, third, fourth] = line
    if (token.text === 'target' && (second?.text === 'triple' || second?.text === 'datalayout'))
      target[second.text] = (fourth?.text ?? '""').slice(1, -1)
    else if (token.kind === 'local' && third?.text === 'type') types.set(token.text, render(line.slice(3)))
    else if (token.kind === 'global' && second?.text === '=') globals.set(token.text, kindOf(line))
    else if (token.text === 'module') others.push('module asm')
    else if (token.kind === 'local' || token.kind === 'global' || token.text === 'target')
      throw new NoTokens(`${JSON.stringify(render(line).slice(0, 40))} is not LLVM IR`, token.line)
    at = end
  }
  return { functions, target, types, globals, others }
}

/** What a line may begin with besides a name; all but `target` and `module` says nothing here. */
const TOP_LEVEL = new Set(
  'target module declare attributes source_filename uselistorder uselistorder_bb'.split(' '),
)

const kindOf = (line: readonly Token[]): string =>
  line.find(({ text }) => text === 'alias' || text === 'ifunc' || text === 'thread_local')?.text ?? 'variable'

/** Index of the newline that ends the entity at `at`: the first outside brackets. */
function lineEnd(tokens: readonly Token[], at: number): number {
  let depth = 0
  for (let i = at; i < tokens.length; i++) {
    const token = tokens[i] as Token
    depth += depthOf(token)
    if (token.kind === 'newline' && depth <= 0) return i
  }
  if (depth > 0) throw new CutShort('it ends in the middle of a definition')
  return tokens.length
}

function readFunction(tokens: readonly Token[], at: number): { end: number; found: AnswerFunction } {
  const name = tokens.findIndex((token, i) => i > at && token.kind === 'global')
  if (name < 0 || tokens[name + 1] === undefined) throw new CutShort('it ends in the head of a function')
  const list = name + 1
  if (tokens[list]?.text !== '(')
    throw new NoTokens(`${tokens[name]?.text} is followed by no list of parameters`, tokens[name]?.line ?? 0)
  const closed = pastClosing(tokens, list)
  const open = tokens.findIndex((token, i) => i >= closed && token.text === '{')
  if (open < 0) throw new CutShort('it ends in the head of a function')
  const end = pastClosing(tokens, open)
  if (tokens[end - 1]?.text !== '}') throw new CutShort('it ends inside a function')
  const parameters = splitAtCommas(
    tokens.slice(list + 1, closed - 1).filter(({ kind }) => kind !== 'newline'),
  )
  return {
    end,
    found: {
      name: (tokens[name]?.text ?? '').slice(1),
      result: render(typeAtEnd(tokens.slice(at + 1, name))),
      parameters: parameters.map(part => {
        const last = part.at(-1)
        return {
          type: render(typeAtStart(part)),
          name: last?.kind === 'local' && part.length > 1 ? last.text : undefined,
        }
      }),
      statements: statements(tokens.slice(open + 1, end - 1)),
    },
  }
}

/** The tokens of the type that a list begins with. */
export function typeAtStart(tokens: readonly Token[]): Token[] {
  const first = tokens[0]
  if (first === undefined) return []
  let end = depthOf(first) > 0 ? pastClosing(tokens, 0) : 1
  if (tokens[end]?.text === 'addrspace') end = pastClosing(tokens, end + 1)
  while (tokens[end]?.text === '*') end++
  return tokens.slice(0, end)
}

/** The result type: what stands last before a function's name. */
function typeAtEnd(tokens: readonly Token[]): Token[] {
  let start = tokens.length - 1
  for (let depth = 0; start >= 0; start--) {
    const token = tokens[start] as Token
    depth -= depthOf(token)
    if (depth === 0 && token.text !== '*') break
  }
  return tokens.slice(Math.max(start, 0)).filter(({ kind }) => kind !== 'newline')
}

/** A body's labels and instructions: an instruction ends with its line, or the lines its brackets span. */
function statements(body: readonly Token[]): Statement[] {
  const all: Token[][] = []
  let current: Token[] = []
  let depth = 0
  const end = (): void => {
    if (current.length > 0) all.push(current)
    current = []
  }
  for (const token of body) {
    depth += depthOf(token)
    if (token.kind === 'newline') {
      if (depth <= 0) end()
    } else if (token.kind === 'label') {
      end()
      all.push([token])
    } else current.push(token)
  }
  end()
  return all
}
