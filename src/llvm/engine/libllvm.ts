/**
 * The few functions of LLVM's C API that xlab calls (llvm-c/Core.h, IRReader.h, Analysis.h, BitWriter.h,
 * Disassembler.h). Only ever loaded in a child process: LLVM ends its process on internal errors.
 */
import koffi from 'koffi'

export type Parsed =
  | { readonly state: 'ok'; readonly bitcode?: Uint8Array }
  | { readonly state: 'rejected'; readonly message: string }

export interface LibLlvm {
  /** Parses text or bitcode and verifies it; gives it back as bitcode if asked. */
  read(ir: Uint8Array, name: string, wantBitcode: boolean): Parsed
  /** Machine instructions in the bytes of one executable section; bytes that are none count as one each. */
  countInstructions(machine: 'x86-64' | 'aarch64', code: Uint8Array): number
}

const RETURN_STATUS = 2
const KILLED = 9
const PR_SET_PDEATHSIG = 1

/** Opens `library` (libLLVM.so). Throws if it cannot be loaded. */
export function openLibLlvm(library: string): LibLlvm {
  const lib = koffi.load(library)
  const createContext = lib.func('void *LLVMContextCreate()')
  const disposeContext = lib.func('void LLVMContextDispose(void *)')
  const createBuffer = lib.func(
    'void *LLVMCreateMemoryBufferWithMemoryRangeCopy(const uint8_t *, size_t, const char *)',
  )
  const parse = lib.func('int LLVMParseIRInContext(void *, void *, _Out_ void **, _Out_ void **)')
  const verify = lib.func('int LLVMVerifyModule(void *, int, _Out_ void **)')
  const writeBitcode = lib.func('void *LLVMWriteBitcodeToMemoryBuffer(void *)')
  const bufferStart = lib.func('void *LLVMGetBufferStart(void *)')
  const bufferSize = lib.func('size_t LLVMGetBufferSize(void *)')
  const disposeBuffer = lib.func('void LLVMDisposeMemoryBuffer(void *)')
  const disposeMessage = lib.func('void LLVMDisposeMessage(void *)')
  const disassemblers = new Map<string, (code: Uint8Array) => number>()

  const takeMessage = (pointer: unknown): string => {
    if (pointer === null) return 'rejected without a message'
    const text = String(koffi.decode(pointer, 'char', -1))
    disposeMessage(pointer)
    return text.trim()
  }

  const bitcodeOf = (module: unknown): Uint8Array => {
    const buffer = writeBitcode(module)
    const bytes = Uint8Array.from(koffi.decode(bufferStart(buffer), 'uint8_t', Number(bufferSize(buffer))))
    disposeBuffer(buffer)
    return bytes
  }

  return {
    read(ir, name, wantBitcode) {
      const context = createContext()
      try {
        const module: unknown[] = [null]
        const message: unknown[] = [null]
        if (parse(context, createBuffer(ir, ir.length, name), module, message) !== 0)
          return { state: 'rejected', message: takeMessage(message[0]) }
        if (verify(module[0], RETURN_STATUS, message) !== 0)
          return { state: 'rejected', message: `does not verify: ${takeMessage(message[0])}` }
        if (message[0] !== null) disposeMessage(message[0])
        return wantBitcode ? { state: 'ok', bitcode: bitcodeOf(module[0]) } : { state: 'ok' }
      } finally {
        disposeContext(context)
      }
    },
    countInstructions(machine, code) {
      const count = disassemblers.get(machine) ?? openDisassembler(lib, machine)
      disassemblers.set(machine, count)
      return count(code)
    },
  }
}

function openDisassembler(
  lib: ReturnType<typeof koffi.load>,
  machine: 'x86-64' | 'aarch64',
): (code: Uint8Array) => number {
  const [name, triple, features, step] =
    machine === 'x86-64'
      ? (['X86', 'x86_64-unknown-linux-gnu', '', 1] as const)
      : (['AArch64', 'aarch64-unknown-linux-gnu', '+all', 4] as const)
  for (const part of ['TargetInfo', 'TargetMC', 'Disassembler'])
    lib.func(`void LLVMInitialize${name}${part}()`)()
  const create = lib.func(
    'void *LLVMCreateDisasmCPUFeatures(const char *, const char *, const char *, void *, int, void *, void *)',
  )
  const next = lib.func(
    'size_t LLVMDisasmInstruction(void *, const uint8_t *, uint64_t, uint64_t, void *, size_t)',
  )
  const disassembler = create(triple, '', features, null, 0, null, null)
  if (disassembler === null) throw new Error(`this LLVM has no disassembler for ${machine}`)
  const text = koffi.alloc('char', 256)
  return code => {
    let count = 0
    for (let at = 0; at < code.length; count++)
      at += Number(next(disassembler, code.subarray(at), code.length - at, at, text, 256)) || step
    return count
  }
}

/** Has the kernel end this process when its parent dies, so that a child busy in native code cannot be left behind. */
export function dieWithParent(): void {
  try {
    koffi.load('libc.so.6').func('int prctl(int, unsigned long)')(PR_SET_PDEATHSIG, KILLED)
  } catch {
    // Another libc: the closed channel ends the child as soon as it is idle.
  }
}
