/**
 * Target machines and the marks of a target on functions, made by the C++ functions `opt` and `llc` use
 * (llvm/CodeGen/CommandFlags.h). Machines are kept: one a target, level and set of options.
 */
import koffi from 'koffi'
import type { MachineTarget, MakeRequest } from '../protocol.ts'
import type { Library, Pointer } from './api.ts'
import type { Options } from './options.ts'

export interface MachineWish {
  readonly target: KnownTarget
  readonly level: 0 | 1 | 2 | 3
  /** As on a command line, besides CPU and features: `-relocation-model=…`, code generator's options. */
  readonly args: readonly string[]
}

/** A target with a number of its own in this process, which stands for it where things are kept. */
export type KnownTarget = MachineTarget & { readonly id: number }

/** A request that says its target. */
export type Candidate = MakeRequest & { readonly target: KnownTarget }

export interface Machines {
  know(target: MachineTarget): KnownTarget
  /** The machine, or undefined if LLVM refuses its options or triple. */
  get(wish: MachineWish): Pointer | undefined
}

/** Machines kept at most: each has its own tables of subtargets. */
const KEPT = 64

/** Throws if the library does not export what is needed. */
export function openMachines(lib: Library, options: Options): Machines {
  for (const target of ['X86', 'AArch64'])
    for (const part of ['TargetInfo', 'Target', 'TargetMC', 'AsmPrinter', 'AsmParser'])
      lib.func(`void LLVMInitialize${target}${part}()`)()
  // What is returned is larger than two registers in both ABIs, so that memory for it is passed as C++ does for
  // Expected<unique_ptr<TargetMachine>>: the pointer, then a bit that is set for an error.
  const result = koffi.struct({ machine: 'void *', error: 'uint8_t', rest: koffi.array('uint8_t', 23) })
  const create = lib.func(
    '_ZN4llvm7codegen28createTargetMachineForTripleENS_9StringRefENS_15CodeGenOptLevelE',
    result,
    ['const char *', 'size_t', 'int'],
  )
  const dispose = lib.func('void LLVMDisposeTargetMachine(void *)')
  const kept = new Map<string, Pointer>()
  const targets = new Map<string, KnownTarget>()
  return {
    know(target) {
      const key = JSON.stringify(target)
      const known = targets.get(key) ?? { ...target, id: targets.size }
      targets.set(key, known)
      return known
    },
    get({ target, level, args }) {
      const key = [target.id, level, ...args].join('\0')
      const known = kept.get(key)
      if (known !== undefined) {
        kept.delete(key)
        kept.set(key, known)
        return known
      }
      if (!options.set([...machineArgs(target), ...args])) return undefined
      const { machine, error } = create(target.triple, Buffer.byteLength(target.triple), level)
      if ((error & 1) !== 0 || machine === null) return undefined
      kept.set(key, machine)
      const [oldest] = kept
      if (kept.size > KEPT && oldest !== undefined) {
        kept.delete(oldest[0])
        dispose(oldest[1])
      }
      return machine
    },
  }
}

/** CPU and features as options. */
const machineArgs = ({ cpu, features }: MachineTarget): string[] =>
  features === '' ? [`-mcpu=${cpu}`] : [`-mcpu=${cpu}`, `-mattr=${features}`]

/** CPU, features, and what is set as options now, on every function of a module. */
export type SetTarget = (module: Pointer, target: MachineTarget) => void

/** Throws if the library does not export what is needed. */
export function openSetTarget(lib: Library): SetTarget {
  const set = lib.func(
    'void _ZN4llvm7codegen21setFunctionAttributesENS_9StringRefES1_RNS_6ModuleE(const char *, size_t, const char *, size_t, void *)',
  )
  return (module, { cpu, features }) =>
    set(cpu, Buffer.byteLength(cpu), features, Buffer.byteLength(features), module)
}
