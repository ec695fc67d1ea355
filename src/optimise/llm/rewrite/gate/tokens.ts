/**
 * A language model's text as tokens of LLVM's assembly language (LLVM's LLLexer). Only what stands in a token ever
 * reaches LLVM again, so that nothing hides in a comment, a quoted name or a character this reader takes otherwise.
 * Pure; linear in the text.
 */

export type TokenKind =
  | 'word'
  | 'number'
  | 'local'
  | 'global'
  | 'metadata'
  | 'group'
  | 'string'
  | 'label'
  | 'punctuation'
  | 'newline'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Of the text, from 1. */
  readonly line: number
}

/** What is no LLVM assembly at all, with its line. */
export class NoTokens extends Error {
  readonly line: number
  constructor(message: string, line: number) {
    super(`line ${line}: ${message}`)
    this.line = line
  }
}

const NAME = '[-a-zA-Z$._][-a-zA-Z$._0-9]*'
const RULES: readonly (readonly [TokenKind | 'blank', RegExp])[] = [
  ['blank', /[ \t\r]+|;[^\n]*/y],
  ['newline', /\n/y],
  ['label', new RegExp(`(?:${NAME}|[0-9]+|"[^"\\n]*"):`, 'y')],
  ['number', /[su]0x[0-9A-Fa-f]+|f?0x[KLMHR]?[0-9A-Fa-f]+|[-+]?[0-9]+(?:\.[0-9]*(?:[eE][-+]?[0-9]+)?)?/y],
  ['local', new RegExp(`%(?:${NAME}|[0-9]+|"[^"\\n]*")`, 'y')],
  ['global', new RegExp(`@(?:${NAME}|[0-9]+|"[^"\\n]*")`, 'y')],
  ['metadata', /!(?:[-a-zA-Z$._\\][-a-zA-Z$._\\0-9]*|[0-9]+|"[^"]*")?/y],
  ['group', /#[0-9]+/y],
  ['string', /c?"[^"]*"/y],
  ['word', /[a-zA-Z_][a-zA-Z_0-9.]*/y],
  ['punctuation', /\.\.\.|[=,*()[\]{}<>]/y],
]
const SIMPLE = new RegExp(`^${NAME}$`)

/** The tokens of `text`. Throws NoTokens at the first character that begins none. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = []
  let line = 1
  for (let at = 0; at < text.length; ) {
    const found = match(text, at)
    if (found === undefined) throw new NoTokens(`${excerpt(text, at)} is not LLVM IR`, line)
    const [kind, token] = found
    if (kind !== 'blank') tokens.push({ kind, text: plainName(kind, token), line })
    if (kind === 'newline' || kind === 'string') line += token.split('\n').length - 1
    at += token.length
  }
  return tokens
}

function match(text: string, at: number): [TokenKind | 'blank', string] | undefined {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = at
    const token = rule.exec(text)?.[0]
    if (token !== undefined) return [kind, token]
  }
  return undefined
}

/** Names lose quotes they do not need, as LLVM prints them. */
function plainName(kind: TokenKind, token: string): string {
  if (kind === 'label' && token.startsWith('"') && SIMPLE.test(token.slice(1, -2)))
    return `${token.slice(1, -2)}:`
  if ((kind === 'local' || kind === 'global') && token[1] === '"' && SIMPLE.test(token.slice(2, -1)))
    return `${token[0]}${token.slice(2, -1)}`
  return token
}

const excerpt = (text: string, at: number): string =>
  JSON.stringify((text.slice(at, at + 30).split('\n', 1)[0] ?? '').replace(/\p{Cc}/gu, '?'))

const TIGHT_BEFORE = new Set([',', ')', ']', '>', '*'])
const TIGHT_AFTER = new Set(['(', '[', '<'])

/** Tokens as one line of text, spaced as LLVM prints: `phi i64 [ 0, %a ]`, `[4 x i32]`. */
export function render(tokens: readonly Token[]): string {
  let text = ''
  const open: string[] = []
  for (const [i, token] of tokens.entries()) {
    const last = tokens[i - 1]
    const depth = depthOf(token)
    const next = tokens[i + 1]?.kind
    // Lists of values and labels stand apart from their brackets; types and what they hold do not.
    const list =
      token.text === '[' && (tokens[i + 2]?.text === ',' || last?.kind === 'local' || next === 'newline')
    const bracket = depth < 0 ? open.pop() : undefined
    const wide = bracket === 'list' || (last?.text === '[' && open.at(-1) === 'list')
    if (depth > 0) open.push(list ? 'list' : 'tight')
    const called = token.text === '(' && last?.kind === 'global'
    const tight = !wide && (TIGHT_BEFORE.has(token.text) || TIGHT_AFTER.has(last?.text ?? '') || called)
    text += last === undefined || tight ? token.text : ` ${token.text}`
  }
  return text
}

/** The parts between commas outside brackets; none of no tokens. */
export function splitAtCommas(tokens: readonly Token[]): Token[][] {
  if (tokens.length === 0) return []
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    depth += depthOf(token)
    if (token.text === ',' && depth === 0) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}

/** What a token does to the depth of brackets. */
export const depthOf = ({ kind, text }: Token): number =>
  kind !== 'punctuation' ? 0 : '([{<'.includes(text) ? 1 : ')]}>'.includes(text) ? -1 : 0

/** Index just past the bracket that closes the one at `open`; the number of tokens when none does. */
export function pastClosing(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let i = open; i < tokens.length; i++) {
    depth += depthOf(tokens[i] as Token)
    if (depth === 0) return i + 1
  }
  return tokens.length
}
