/** How often each computation of a module runs in one call of the module. */

import { type HloInstruction, type HloModule, namedComputations } from './module.ts'
import { tripCount } from './trips.ts'

export interface Runs {
  /** Times in one call of the module. */
  readonly times: number
  /** True where its instructions are compiled into the kernel of the `call` that reaches it. */
  readonly inlined: boolean
  /** Why `times` is not exact. */
  readonly note?: string
}

const CONDITIONAL = 'in a branch of a conditional: counted as taken once'
const UNKNOWN_TRIPS = 'in a loop whose trip count HLO does not settle: counted once'

/**
 * Computations reached from the entry through `while`, `call` and `conditional`; the bodies of fusions, reductions and
 * comparators are not among them. `isKernel` tells which calls are compiled whole into one kernel.
 */
export function computationRuns(
  module: HloModule,
  isKernel: (instruction: HloInstruction) => boolean,
): ReadonlyMap<string, Runs> {
  const runs = new Map<string, Runs>()
  const add = (computation: string | undefined, by: Runs) => {
    if (computation === undefined) return
    const had = runs.get(computation)
    const note = by.note ?? had?.note
    runs.set(computation, {
      times: (had?.times ?? 0) + by.times,
      inlined: by.inlined && had?.inlined !== false,
      ...(note === undefined ? {} : { note }),
    })
  }
  add(module.entry?.name, { times: 1, inlined: false })
  // What is called stands before what calls it, so backwards every caller comes before what it calls.
  for (const computation of [...module.computations.values()].reverse()) {
    const own = runs.get(computation.name)
    if (own === undefined) continue
    for (const instruction of computation.instructions) {
      if (instruction.opcode === 'while') {
        const trips = tripCount(module, instruction)
        const loop = trips === undefined ? { ...own, note: UNKNOWN_TRIPS } : own
        add(namedComputations(instruction, 'body')[0], { ...loop, times: own.times * (trips ?? 1) })
        add(namedComputations(instruction, 'condition')[0], {
          ...loop,
          times: own.times * ((trips ?? 0) + 1),
        })
      } else if (instruction.opcode === 'call') {
        const called = { ...own, inlined: own.inlined || isKernel(instruction) }
        add(namedComputations(instruction, 'to_apply')[0], called)
      } else if (instruction.opcode === 'conditional') {
        for (const branch of branches(instruction)) add(branch, { ...own, note: CONDITIONAL })
      }
    }
  }
  return runs
}

const branches = (instruction: HloInstruction): string[] =>
  ['branch_computations', 'true_computation', 'false_computation'].flatMap(attribute =>
    namedComputations(instruction, attribute),
  )
