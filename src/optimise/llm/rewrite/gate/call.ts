/** Calls of a rewrite: to what its kernel calls, to pure intrinsics and to libm, and without promises. Pure. */
import type { Statement } from './answer-module.ts'
import { typeAtStart } from './answer-module.ts'
import { signatureText } from './kernel-module.ts'
import { DROPPED_CALL, isKnownIntrinsic, isKnownMath } from './known-calls.ts'
import { checkToken, type GateState, Refused, show } from './rules.ts'
import { pastClosing, render, splitAtCommas, type Token } from './tokens.ts'
import { FAST_MATH, PASSING, PROMISES, REFUSED_WORDS } from './vocabulary.ts'

/** The call as it may stay; nothing for calls that mean nothing. `at` is where its words begin. Throws Refused. */
export function gateCall(statement: Statement, at: number, state: GateState): Statement {
  const start = statement.findIndex(({ text }, i) => i >= at && text === 'call') + 1
  const callee = statement.findIndex(({ kind }, i) => i >= start && kind === 'global')
  const before = statement.slice(start, callee < 0 ? undefined : callee)
  refuseWords(before, statement)
  if (callee < 0 || statement[callee + 1]?.text !== '(')
    throw new Refused('gate:indirect', `only functions called by name are allowed: ${show(statement)}`)
  const name = (statement[callee]?.text ?? '').slice(1)
  if (DROPPED_CALL.test(name)) return []
  const closed = pastClosing(statement, callee + 1)
  const behind = statement.slice(closed)
  refuseWords(behind, statement)
  if (behind.some(({ text }) => text === '[' || text === ','))
    throw new Refused('gate:unknown word', `nothing may follow a call's arguments: ${show(statement)}`)
  const flags = before.filter(({ text }) => FAST_MATH.has(text))
  const result = withoutPromises(before.filter(({ text }) => !FAST_MATH.has(text)))
  const passed = splitAtCommas(statement.slice(callee + 2, closed - 1)).map(withoutPromises)
  for (const part of [result, ...passed])
    for (const [i, token] of part.entries())
      if (!PASSING.has(token.text)) checkToken(token, part[i + 1], statement, state)
  const types = passed.map(part => render(typeAtStart(part.filter(({ text }) => !PASSING.has(text)))))
  checkCallee(name, render(result.filter(({ text }) => !PASSING.has(text))), types, statement, state)
  checkEffects(name, passed, statement, state)
  const comma = { kind: 'punctuation', text: ',', line: 0 } as const
  return [
    ...statement.slice(0, at),
    ...[statement[start - 1] as Token, ...flags, ...result, statement[callee] as Token],
    statement[callee + 1] as Token,
    ...passed.flatMap((part, i) => (i === 0 ? part : [comma, ...part])),
    statement[closed - 1] as Token,
  ]
}

function refuseWords(tokens: readonly Token[], statement: Statement): void {
  for (const { text } of tokens) {
    const refused = REFUSED_WORDS.get(text)
    if (refused !== undefined) throw new Refused(refused, `'${text}' is not allowed: ${show(statement)}`)
  }
}

/** A result's or argument's tokens without `noundef`, `align 4`, `range(i32 0, 9)`, … */
function withoutPromises(tokens: readonly Token[]): Token[] {
  const kept: Token[] = []
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as Token
    if (token.kind !== 'word' || !PROMISES.has(token.text)) kept.push(token)
    else if (tokens[i + 1]?.text === '(') i = pastClosing(tokens, i + 1) - 1
    else if (token.text === 'align') i++
  }
  return kept
}

function checkCallee(
  name: string,
  result: string,
  types: readonly string[],
  statement: Statement,
  { module, habits, replaces, declarations }: GateState,
): void {
  // LLVM takes a call with other types than the function's, and would do anything.
  const own = module.functions.get(name)
  const known = own === undefined ? module.declared.get(name) : signatureText(own.result, own.parameters)
  const called = `${result} (${types.join(', ')})`
  if (known !== undefined && known !== called)
    throw new Refused('signature', `@${name} is ${known}, not ${called}: ${show(statement)}`)
  // No new edge between functions, so no recursion that was not there.
  if (own !== undefined && !habits.globals.has(name))
    throw new Refused('gate:call', `@${replaces} does not call @${name}: ${show(statement)}`)
  if (habits.globals.has(name) || isKnownIntrinsic(name)) return
  if (!isKnownMath(name, result, types))
    throw new Refused(
      'gate:call',
      `@${name} is not among the functions that may be called: ${show(statement)}`,
    )
  if (!module.declared.has(name)) declarations.set(name, `declare ${result} @${name}(${types.join(', ')})`)
}

function checkEffects(
  name: string,
  passed: readonly (readonly Token[])[],
  statement: Statement,
  { habits }: GateState,
): void {
  if (/^llvm\.mem(?:cpy|move|set)\./.test(name) && passed.at(-1)?.at(-1)?.text !== 'false')
    throw new Refused('gate:volatile', `volatile copies are not allowed: ${show(statement)}`)
  const isNull = (part: readonly Token[]): boolean =>
    part.some(({ text }) => text === 'ptr') &&
    part.some(({ text }) => text === 'null' || text === 'zeroinitializer')
  if (passed.some(isNull) && !habits.namesNull)
    throw new Refused('gate:address', `it uses a null address: ${show(statement)}`)
}
