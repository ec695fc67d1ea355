/** Which of a module's operations have IR, and which run as library calls and leave none. */

import type { Runs } from './hlo/calls.ts'
import { backendConfig, type HloInstruction, type HloModule } from './hlo/module.ts'

/**
 * `kernel`: a kernel of its own was dumped. `inlined`: compiled into the code of something larger, a called loop or the
 * whole module. `library`: no IR; XLA's runtime, Eigen, oneDNN, YNNPACK or a plain copy does it. `none`: nothing runs.
 */
export type RunsAs = 'kernel' | 'inlined' | 'library' | 'none'

export interface OpCount {
  /** HLO opcode; for a custom fusion or call followed by its kind: `fusion:__ynn_fusion`, `custom-call:TopK`. */
  readonly opcode: string
  readonly runsAs: RunsAs
  readonly count: number
}

/** Opcodes that only name, group or route values. */
const NOTHING_RUNS = new Set([
  'add-dependency',
  'after-all',
  'bitcast',
  'call',
  'conditional',
  'constant',
  'domain',
  'get-tuple-element',
  'opt-barrier',
  'parameter',
  'tuple',
  'while',
])

/** Opcodes that also a module compiled whole (TensorFlow 2.16) leaves to a library. */
const LIBRARY = new Set(['convolution', 'custom-call', 'dot', 'fft', 'sort', 'topk'])

/** Counts the operations of the computations that run, each once however often it runs. */
export function countOps(
  module: HloModule,
  runs: ReadonlyMap<string, Runs>,
  isKernel: (instruction: HloInstruction) => boolean,
  compiledWhole: boolean,
): OpCount[] {
  const counts = new Map<string, OpCount>()
  for (const [name, run] of runs) {
    for (const instruction of module.computations.get(name)?.instructions ?? []) {
      const runsAs = runsAsOf(instruction, isKernel(instruction), run.inlined, compiledWhole)
      const opcode = label(instruction)
      const count = (counts.get(`${opcode} ${runsAs}`)?.count ?? 0) + 1
      counts.set(`${opcode} ${runsAs}`, { opcode, runsAs, count })
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || a.opcode.localeCompare(b.opcode))
}

/** Operations with IR among those that run. */
export function coverageOf(ops: readonly OpCount[]): { readonly withIr: number; readonly run: number } {
  const total = (...kinds: RunsAs[]) =>
    ops.reduce((sum, op) => (kinds.includes(op.runsAs) ? sum + op.count : sum), 0)
  return { withIr: total('kernel', 'inlined'), run: total('kernel', 'inlined', 'library') }
}

function runsAsOf(
  instruction: HloInstruction,
  isKernel: boolean,
  inlined: boolean,
  compiledWhole: boolean,
): RunsAs {
  if (isKernel) return 'kernel'
  if (NOTHING_RUNS.has(instruction.opcode)) return 'none'
  return inlined || (compiledWhole && !LIBRARY.has(instruction.opcode)) ? 'inlined' : 'library'
}

function label(instruction: HloInstruction): string {
  const target = instruction.attributes.get('custom_call_target')
  if (target !== undefined) return `${instruction.opcode}:${target.replaceAll('"', '')}`
  const config = backendConfig(instruction)?.fusion_config
  const kind = typeof config === 'object' && config !== null && 'kind' in config ? config.kind : undefined
  return typeof kind === 'string' ? `${instruction.opcode}:${kind}` : instruction.opcode
}
