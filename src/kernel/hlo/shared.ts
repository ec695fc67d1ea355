/**
 * Fusions that run another fusion's kernel: XLA emits equal fusions once, under the name of the first
 * (openxla/xla, xla/service/cpu/thunk_emitter.h, kernel_spec_cache_).
 */

import { type HloComputation, type HloInstruction, type HloModule, namedComputations } from './module.ts'

/** Attributes that say nothing of what is computed, or name computations, which are compared by what they hold. */
const NOT_COMPARED = new Set(['metadata', 'calls', 'to_apply', 'frontend_attributes'])

/** For each fusion without a kernel of its own, the equal fusion whose kernel it runs. */
export function sharedKernels(
  module: HloModule,
  isKernel: (instruction: HloInstruction) => boolean,
): ReadonlyMap<HloInstruction, HloInstruction> {
  const fusions = [...module.instructions.values()].filter(instruction => instruction.opcode === 'fusion')
  const without = fusions.filter(fusion => !isKernel(fusion))
  if (without.length === 0) return new Map()
  const bodies = new Map<string, string>()
  for (const computation of module.computations.values())
    bodies.set(computation.name, bodyOf(module, computation, bodies))
  const owners = new Map(fusions.filter(isKernel).map(fusion => [describe(fusion, bodies), fusion]))
  return new Map(
    without.flatMap(fusion => {
      const owner = owners.get(describe(fusion, bodies))
      return owner === undefined ? [] : [[fusion, owner]]
    }),
  )
}

/** What an instruction computes, without names: its type, opcode, attributes and what the computations it calls do. */
function describe(instruction: HloInstruction, bodies: ReadonlyMap<string, string>): string {
  const attributes = [...instruction.attributes].filter(([key]) => !NOT_COMPARED.has(key))
  const called = ['calls', 'to_apply'].flatMap(attribute => namedComputations(instruction, attribute))
  return `${instruction.written} ${attributes.join(' ')} [${called.map(name => bodies.get(name) ?? name).join(';')}]`
}

/**
 * A computation's instructions in the order in which the root needs them, operands by number; `bodies` holds those of
 * the computations it calls, which stand before it in the text.
 */
function bodyOf(module: HloModule, computation: HloComputation, bodies: ReadonlyMap<string, string>): string {
  const numbers = new Map<string, number>()
  const lines: string[] = []
  const pending = computation.root === undefined ? [] : [computation.root]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (numbers.has(next.name)) continue
    const operands = next.operands.flatMap(name => module.instructions.get(name) ?? [])
    const open = operands.filter(operand => !numbers.has(operand.name))
    if (open.length > 0) {
      pending.push(next, ...open.reverse())
      continue
    }
    numbers.set(next.name, numbers.size)
    lines.push(`${describe(next, bodies)} ${operands.map(operand => numbers.get(operand.name))}`)
  }
  return lines.join('\n')
}
