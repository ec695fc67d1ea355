/** How many times a loop runs, where HLO alone settles it. */

import { backendConfig, type HloInstruction, type HloModule, namedComputations } from './module.ts'

/** Integers and truth values; undefined where HLO alone does not settle them. */
type Scalar = number | undefined
type State = readonly Scalar[]
type Run = { readonly trips: number; readonly state: State }

/** What following a loop may cost; XLA names the count of longer counted loops itself. */
const MOST_STEPS = 50_000
const MOST_DEPTH = 64

const INTEGER = /^(?:pred|[su]\d+)\[\]/
const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  minimum: Math.min,
  maximum: Math.max,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
}
const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  LT: (a, b) => a < b,
  LE: (a, b) => a <= b,
  GT: (a, b) => a > b,
  GE: (a, b) => a >= b,
  EQ: (a, b) => a === b,
  NE: (a, b) => a !== b,
}

/**
 * XLA's own `known_trip_count`; else found by running the loop's integer scalars, which is how TensorFlow's loops over
 * time steps (a counter against constants) are bounded. Undefined if they depend on data.
 */
export function tripCount(module: HloModule, loop: HloInstruction): number | undefined {
  const known = backendConfig(loop)?.known_trip_count
  if (typeof known === 'object' && known !== null && 'n' in known) {
    const n = Number(known.n)
    if (Number.isSafeInteger(n) && n >= 0) return n
  }
  return interpreter(module).follow(loop, [], 0)?.trips
}

function interpreter(module: HloModule) {
  const { instructions, computations } = module
  const called = (instruction: HloInstruction, attribute: string) =>
    computations.get(namedComputations(instruction, attribute)[0] ?? '')?.root
  let steps = 0

  /** Runs a loop on its integer scalars: its trips and its final state. */
  function follow(loop: HloInstruction, outer: readonly State[], depth: number): Run | undefined {
    const init = instructions.get(loop.operands[0] ?? '')
    const goes = called(loop, 'condition')
    const next = called(loop, 'body')
    if (init?.opcode !== 'tuple' || next?.opcode !== 'tuple' || goes === undefined) return undefined
    let state: State = init.operands.map(name => evaluate(name, outer, depth + 1))
    for (let trips = 0; ; trips++) {
      const again = evaluate(goes.name, [state], depth + 1)
      if (again === undefined) return undefined
      if (again === 0) return { trips, state }
      const before = state
      state = next.operands.map(name => evaluate(name, [before], depth + 1))
    }
  }

  /** An integer scalar; `parameters` are those of its computation: the elements of a tuple, or a lone value. */
  function evaluate(name: string, parameters: readonly State[], depth: number): Scalar {
    const instruction = instructions.get(name)
    if (instruction === undefined || !INTEGER.test(instruction.written)) return undefined
    if (++steps > MOST_STEPS || depth > MOST_DEPTH) return undefined
    const operand = (i: number) => evaluate(instruction.operands[i] ?? '', parameters, depth + 1)
    switch (instruction.opcode) {
      case 'constant':
        return literal(instruction)
      case 'parameter':
        return parameters[parameterNumber(instruction)]?.[0]
      case 'copy':
      case 'convert':
      case 'bitcast':
        return operand(0)
      case 'get-tuple-element':
        return element(instruction, parameters, depth)
      case 'fusion': {
        const root = called(instruction, 'calls')
        const inputs = instruction.operands.map((_, i) => [operand(i)])
        return root && evaluate(root.name, inputs, depth + 1)
      }
      default:
        return binary(instruction, operand(0), operand(1))
    }
  }

  function element(instruction: HloInstruction, parameters: readonly State[], depth: number): Scalar {
    const from = instructions.get(instruction.operands[0] ?? '')
    const index = Number(instruction.attributes.get('index'))
    if (from?.opcode === 'parameter') return parameters[parameterNumber(from)]?.[index]
    if (from?.opcode === 'while') return follow(from, parameters, depth + 1)?.state[index]
    return from?.opcode === 'tuple' ? evaluate(from.operands[index] ?? '', parameters, depth + 1) : undefined
  }

  return { follow }
}

function binary(instruction: HloInstruction, a: Scalar, b: Scalar): Scalar {
  if (a === undefined || b === undefined) return undefined
  if (instruction.opcode !== 'compare') return BINARY[instruction.opcode]?.(a, b)
  const holds = COMPARE[instruction.attributes.get('direction') ?? '']
  return holds && Number(holds(a, b))
}

const inner = (instruction: HloInstruction): string =>
  instruction.written.slice(instruction.written.lastIndexOf('(') + 1)

const parameterNumber = (instruction: HloInstruction): number => Number(inner(instruction))

function literal(instruction: HloInstruction): Scalar {
  const text = inner(instruction)
  if (text === 'true' || text === 'false') return Number(text === 'true')
  const value = Number(text)
  return text !== '' && Number.isSafeInteger(value) ? value : undefined
}
