/**
 * The static gate: what a rewritten function may hold at all, decided before LLVM does more than parse it. The text
 * that comes out is made anew from tokens of a closed vocabulary, with the head of the function it replaces; metadata,
 * attributes and other promises are left out, for LLVM would believe them. Pure.
 */
import type { AnswerFunction, Statement } from './answer-module.ts'
import { gateCall } from './call.ts'
import { habitsOf, type KernelModule } from './kernel-module.ts'
import { checkToken, type GateState, Refused, show } from './rules.ts'
import { gateAlloca, STACK_BYTES } from './stack.ts'
import { depthOf, render, type Token } from './tokens.ts'
import { KEPT_OPCODES, OPCODES, REFUSED_WORDS } from './vocabulary.ts'

export interface Gated {
  /** Body lines, braces apart. */
  readonly lines: readonly string[]
  readonly declarations: ReadonlyMap<string, string>
}

/** Longest load or store that may be claimed aligned, in bytes: XLA aligns buffers so, and no further. */
const BUFFER_ALIGNMENT = 64
const MOST_STATEMENTS = 20_000
const MOST_LANES = 1024

/** The body as it may go to LLVM. Throws Refused. */
export function gateFunction(answer: AnswerFunction, original: AnswerFunction, module: KernelModule): Gated {
  if (answer.statements.length > MOST_STATEMENTS)
    throw new Refused('too long', `it has more than ${MOST_STATEMENTS} lines`)
  const declarations = new Map<string, string>()
  const habits = habitsOf(original)
  const state: GateState = { module, replaces: original.name, habits, declarations, stack: 0, entry: true }
  const lines: string[] = []
  for (const [i, statement] of answer.statements.entries()) {
    const label = statement[0]?.kind === 'label'
    if (label && lines.length > 0) state.entry = false
    const kept = label ? statement : gateStatement(statement, state)
    if (kept.length > 0) lines.push(label ? (statement[0]?.text ?? '') : `  ${render(kept)}`)
    // A block without a label begins behind a terminator.
    if (/^(?:ret|br|switch|unreachable)$/.test(statement[0]?.text ?? '') && i > 0) state.entry = false
  }
  if (state.stack > STACK_BYTES)
    throw new Refused(
      'gate:stack',
      `it takes ${state.stack} bytes of stack; at most ${STACK_BYTES} are allowed`,
    )
  return { lines, declarations }
}

/** The tokens of one instruction that stay; none when it means nothing. */
function gateStatement(all: Statement, state: GateState): readonly Token[] {
  const statement = withoutAttachments(all).filter(({ kind }) => kind !== 'newline')
  const at = statement[0]?.kind === 'local' && statement[1]?.text === '=' ? 2 : 0
  const opcode = opcodeOf(statement, at)
  checkVectors(statement)
  if (opcode === 'call') return gateCall(statement, at, state)
  checkOpcode(opcode, statement, state)
  const rest = statement.slice(at + 1)
  for (const [i, token] of rest.entries()) checkToken(token, rest[i + 1], statement, state)
  checkPointers(opcode, rest, statement, state)
  if (opcode === 'alloca') gateAlloca(rest, state)
  else checkAlignment(rest)
  return statement
}

const opcodeOf = (statement: Statement, at: number): string => {
  const text = statement[at]?.text ?? ''
  return (text === 'tail' || text === 'notail') && statement[at + 1]?.text === 'call' ? 'call' : text
}

function checkOpcode(opcode: string, statement: Statement, { habits }: GateState): void {
  const refused = REFUSED_WORDS.get(opcode)
  if (refused !== undefined) throw new Refused(refused, `'${opcode}' is not allowed: ${show(statement)}`)
  const kept = KEPT_OPCODES.get(opcode)
  if (kept !== undefined && !habits.opcodes.has(opcode))
    throw new Refused(
      kept,
      `'${opcode}' is not allowed, as the original function has none: ${show(statement)}`,
    )
  if (kept === undefined && !OPCODES.has(opcode))
    throw new Refused(
      'unknown instruction',
      `'${opcode}' is no instruction that is allowed: ${show(statement)}`,
    )
}

function checkPointers(opcode: string, rest: Statement, statement: Statement, { habits }: GateState): void {
  const refuse = (what: string): never => {
    throw new Refused('gate:address', `${what}, and the original function does not: ${show(statement)}`)
  }
  const ofPointers = (type: readonly Token[]): boolean => {
    const end = type.findIndex(({ text }) => text === ',')
    return type.slice(0, end < 0 ? type.length : end).some(({ text }) => text === 'ptr' || text === '*')
  }
  const null_ = rest.some(({ text }) => text === 'null')
  if (opcode === 'ret') {
    if (ofPointers(rest) && rest.at(-1)?.text !== 'null' && !habits.returnsPointers)
      refuse('it returns an address')
  } else if (null_ && !habits.namesNull) refuse('it uses null')
  if (opcode === 'store' && ofPointers(rest) && !habits.storesPointers) refuse('it stores an address')
  if (opcode === 'icmp' && ofPointers(rest) && !habits.comparesPointers) refuse('it compares addresses')
  const zeros = rest.some(({ text }) => text === 'zeroinitializer') && rest.some(({ text }) => text === 'ptr')
  if (zeros && opcode !== 'store') refuse('it uses a null address')
}

function checkAlignment(rest: Statement): void {
  for (const [i, token] of rest.entries())
    if (token.text === 'align' && Number(rest[i + 1]?.text) > BUFFER_ALIGNMENT)
      throw new Refused('gate:alignment', `no buffer is known to be aligned to ${rest[i + 1]?.text} bytes`)
}

/** LLVM splits a vector no machine has into as many as it takes, and its memory with it. */
function checkVectors(statement: Statement): void {
  for (const [i, { text }] of statement.entries())
    if (text === '<' && statement[i + 2]?.text === 'x' && Number(statement[i + 1]?.text) > MOST_LANES)
      throw new Refused('gate:vector', `a vector has more than ${MOST_LANES} lanes: ${show(statement)}`)
}

/** Without `, !range !3`, `, !dbg !7` and all behind: attachments come last. */
function withoutAttachments(statement: Statement): Statement {
  let depth = 0
  for (const [i, token] of statement.entries()) {
    depth += depthOf(token)
    if (depth === 0 && token.text === ',' && statement[i + 1]?.kind === 'metadata')
      return statement.slice(0, i)
  }
  return statement
}
