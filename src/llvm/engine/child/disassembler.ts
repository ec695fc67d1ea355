/** Counts machine instructions with LLVM's disassembler (llvm-c/Disassembler.h). */
import koffi from 'koffi'
import type { Machine } from '../protocol.ts'
import type { Library, Pointer } from './api.ts'

/** LLVM's names of a machine, and the length of bytes that are no instruction. */
const MACHINES = {
  'x86-64': { part: 'X86', triple: 'x86_64-unknown-linux-gnu', features: '', step: 1 },
  aarch64: { part: 'AArch64', triple: 'aarch64-unknown-linux-gnu', features: '+all', step: 4 },
} as const

/** Counts instructions in the bytes of one executable section; bytes that are none count as one each step. */
export type InstructionCounter = (machine: Machine, code: Uint8Array) => number

export function openCounter(lib: Library): InstructionCounter {
  const create = lib.func(
    'void *LLVMCreateDisasmCPUFeatures(const char *, const char *, const char *, void *, int, void *, void *)',
  )
  const next = lib.func(
    'size_t LLVMDisasmInstruction(void *, const uint8_t *, uint64_t, uint64_t, void *, size_t)',
  )
  const text = koffi.alloc('char', TEXT_BYTES)
  const opened = new Map<Machine, Pointer>()
  const open = (machine: Machine): Pointer => {
    const { part, triple, features } = MACHINES[machine]
    for (const what of ['TargetInfo', 'TargetMC', 'Disassembler'])
      lib.func(`void LLVMInitialize${part}${what}()`)()
    const disassembler = create(triple, '', features, null, 0, null, null) as Pointer
    if (disassembler === null) throw new Error(`this LLVM has no disassembler for ${machine}`)
    opened.set(machine, disassembler)
    return disassembler
  }
  return (machine, code) => {
    const disassembler = opened.get(machine) ?? open(machine)
    const { step } = MACHINES[machine]
    let count = 0
    for (let at = 0; at < code.length; count++)
      at += Number(next(disassembler, code.subarray(at), code.length - at, at, text, TEXT_BYTES)) || step
    return count
  }
}

/** Room for one instruction's text, which is not read. */
const TEXT_BYTES = 256
