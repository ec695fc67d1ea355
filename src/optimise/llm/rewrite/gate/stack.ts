/** What a rewrite may take on the stack: constant sizes, at the start of the function. Pure. */
import { splitCommas, takeType } from '../../../../kernel/ir/scan.ts'
import { type GateState, Refused } from './rules.ts'
import { render, type Token } from './tokens.ts'

/** Most bytes of all allocations of one function together. */
export const STACK_BYTES = 1 << 16

/** Checks `type[, type count][, align n]` and adds to the state's bytes. Throws Refused. */
export function gateAlloca(rest: readonly Token[], state: GateState): void {
  const text = render(rest)
  const parts = splitCommas(text).filter(part => !part.startsWith('align '))
  const bytes = sizeOf(parts[0] ?? '')
  const count = parts[1] === undefined ? 1 : Number(takeType(parts[1]).rest)
  const { allocas, allocasLater } = state.habits
  const original = allocas.has(parts.join(', '))
  if (!state.entry && !(original && allocasLater))
    throw new Refused('gate:stack', `stack is taken outside of the first block: alloca ${text}`)
  if (original && (bytes === undefined || !Number.isInteger(count))) return
  if (bytes === undefined || !Number.isInteger(count) || count < 0)
    throw new Refused('gate:stack', `the size is not known beforehand: alloca ${text}`)
  state.stack += bytes * count
}

const WORDS: Readonly<Record<string, number>> = { half: 2, bfloat: 2, float: 4, double: 8, ptr: 8 }

/** Bytes of a type of numbers, addresses, arrays, vectors and plain structures of them; undefined for others. */
function sizeOf(type: string): number | undefined {
  const known = WORDS[type]
  if (known !== undefined) return known
  const bits = /^i(\d+)$/.exec(type)?.[1]
  if (bits !== undefined) return Math.ceil(Number(bits) / 8)
  const [, count, element] = /^[[<](\d+) x (.+)[\]>]$/.exec(type) ?? []
  if (element !== undefined) {
    const one = sizeOf(element)
    return one === undefined ? undefined : one * Number(count)
  }
  const fields = /^\{(.*)\}$/.exec(type)?.[1]
  if (fields === undefined) return undefined
  const sizes = splitCommas(fields.trim()).map(sizeOf)
  return sizes.every(size => size !== undefined) ? sizes.reduce((a, b) => a + b + 8, 0) : undefined
}
