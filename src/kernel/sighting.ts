/** What a module's HLO and buffer assignment say of each kernel seen in it: where it comes from and how it is called. */

import { countOps, type OpCount } from './coverage.ts'
import { parseBufferAssignment } from './hlo/buffer-assignment.ts'
import { computationRuns } from './hlo/calls.ts'
import { type HloInstruction, type HloModule, parseHlo } from './hlo/module.ts'
import { sharedKernels } from './hlo/shared.ts'
import { type IrSizes, signatureOf } from './hlo/signature.ts'
import { sourceOf } from './hlo/source.ts'
import type { Signature } from './signature.ts'

export type { IrSizes } from './hlo/signature.ts'

/** A module's dump files as text; each may be missing. */
export interface ModuleTexts {
  /** `….cpu_after_optimizations.txt` */
  readonly hloAfter?: string
  /** `….before_optimizations.txt`; only gives the name where there is no other. */
  readonly hloBefore?: string
  /** `…-buffer-assignment.txt` */
  readonly bufferAssignment?: string
  /** `…-buffer-assignment-values.txt`, which newer XLA keeps apart. */
  readonly bufferValues?: string
}

export interface SightingFacts {
  readonly instruction?: string
  readonly opcode?: string
  readonly opType?: string
  readonly opName?: string
  readonly sourceFile?: string
  readonly sourceLine?: number
  /** Times the module runs it in one call, for equal fusions that share it too; 0 if it is not known to run. */
  readonly calls: number
  readonly signature?: Signature
  /** Why there is no signature. */
  readonly unrunnable?: string
  /** What does not fit together, or is not exact. */
  readonly findings: readonly string[]
}

export interface ModuleFacts {
  /** The HLO module's name; empty if no HLO was read. */
  readonly name: string
  readonly ops: readonly OpCount[]
  /** Why HLO could not be read, or not whole. */
  readonly problem?: string
  /** `mlir`: the kernel's own `…-pre-optimization.mlir`, where the dump has one. */
  sightingOf(kernelName: string, irSizes: IrSizes, mlir?: string): SightingFacts
}

/** `kernelNames`: exported functions found in the module's IR dumps. */
export function understandModule(texts: ModuleTexts, kernelNames: Iterable<string>): ModuleFacts {
  const module = parseHlo(texts.hloAfter ?? '')
  const name = module.name || parseHlo(texts.hloBefore ?? '').name
  const find = kernelFinder(module)
  const names = [...kernelNames]
  const kernels = new Set(names.map(kernel => find(kernel)))
  const isKernel = (instruction: HloInstruction) => kernels.has(instruction)
  const runs = computationRuns(module, isKernel)
  const shared = sharedKernels(module, isKernel)
  const callers = new Map<HloInstruction, HloInstruction[]>()
  for (const [fusion, owner] of shared) callers.set(owner, [...(callers.get(owner) ?? []), fusion])
  const compiledWhole = names.some(kernel => kernel === module.name || kernel === module.entry?.name)
  const buffers =
    texts.bufferAssignment === undefined
      ? undefined
      : parseBufferAssignment(texts.bufferAssignment, texts.bufferValues)

  const sightingOf = (kernelName: string, irSizes: IrSizes, mlir?: string): SightingFacts => {
    const instruction = find(kernelName)
    if (instruction === undefined) {
      const unrunnable = module.problem ?? `no HLO instruction is called ${kernelName}`
      return { calls: 0, unrunnable, findings: [] }
    }
    const ran = [instruction, ...(callers.get(instruction) ?? [])].flatMap(i => runs.get(i.computation) ?? [])
    const notes = new Set(ran.flatMap(run => run.note ?? []))
    const called = signatureOf({ module, instruction, buffers, irSizes, mlir })
    return {
      instruction: instruction.name,
      opcode: instruction.opcode,
      ...sourceOf(module, instruction),
      calls: ran.reduce((sum, run) => sum + run.times, 0),
      ...(called.state === 'ok' ? { signature: called.signature } : { unrunnable: called.reason }),
      findings: [...called.findings, ...notes],
    }
  }
  const ops = countOps(module, runs, i => isKernel(i) || shared.has(i), compiledWhole)
  return { name, ops, sightingOf, ...(module.problem === undefined ? {} : { problem: module.problem }) }
}

/**
 * A kernel has its instruction's name, with `_kernel` behind it from some emitters; under
 * `xla_cpu_generate_unique_c_style_kernel_entry_points` the module's name stands before it and all is a C identifier
 * (openxla/xla, xla/backends/cpu/codegen/kernel_api_ir_builder.cc, GetKernelName).
 */
function kernelFinder(module: HloModule): (kernelName: string) => HloInstruction | undefined {
  let identifiers: Map<string, HloInstruction> | undefined
  const identifier = (name: string) => name.replace(/[^A-Za-z0-9]/g, '_')
  const byIdentifier = (name: string) => {
    identifiers ??= new Map(
      [...module.instructions.values()].map(i => [identifier(`${module.name}_${i.name}`), i]),
    )
    return identifiers.get(name)
  }
  return kernelName => {
    const plain = kernelName.replace(/_kernel$/, '')
    const { instructions } = module
    return (
      instructions.get(kernelName) ??
      instructions.get(plain) ??
      byIdentifier(kernelName) ??
      byIdentifier(plain)
    )
  }
}
