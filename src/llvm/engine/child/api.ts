/**
 * Functions of LLVM's C API (llvm-c/Core.h, IRReader.h, Analysis.h, BitWriter.h) as xlab's child processes call them.
 * Never loaded in the parent: LLVM ends its process on internal errors.
 */
import koffi from 'koffi'

/** An address; null where LLVM gives none. */
export type Pointer = bigint | null
/** Where a function puts a pointer. */
export type Out = [Pointer]

export type Library = ReturnType<typeof koffi.load>

/** Opens `library` (libLLVM.so). Throws if it cannot be loaded. */
export function openApi(library: string) {
  const lib = koffi.load(library)
  const createBuffer = lib.func(
    'void *LLVMCreateMemoryBufferWithMemoryRangeCopy(const uint8_t *, size_t, const char *)',
  )
  const parseIr = lib.func('int LLVMParseIRInContext(void *, void *, _Out_ void **, _Out_ void **)')
  const verifyModule = lib.func('int LLVMVerifyModule(void *, int, _Out_ void **)')
  const getVersion = lib.func('void LLVMGetVersion(_Out_ uint32_t *, _Out_ uint32_t *, _Out_ uint32_t *)')
  const bufferStart = lib.func('void *LLVMGetBufferStart(void *)')
  const bufferSize = lib.func('size_t LLVMGetBufferSize(void *)')
  const disposeBuffer = lib.func('void LLVMDisposeMemoryBuffer(void *)')
  const disposeMessage = lib.func('void LLVMDisposeMessage(void *)')

  const takeMessage = (pointer: Pointer): string => {
    if (pointer === null) return 'rejected without a message'
    const text = String(koffi.decode(pointer, 'char', -1))
    disposeMessage(pointer)
    return text.trim()
  }

  const copy = lib.func('void *memcpy(uint8_t *, const void *, size_t)')
  const copyBytes = (at: Pointer, length: number): Uint8Array => {
    const bytes = new Uint8Array(length)
    copy(bytes, at, length)
    return bytes
  }

  return {
    lib,
    /** The bytes at an address, copied: what is there may be freed. */
    copyBytes,
    version: (): string => {
      const [major, minor, patch] = [[0], [0], [0]]
      getVersion(major, minor, patch)
      return [major, minor, patch].map(part => part[0]).join('.')
    },
    createContext: lib.func('void *LLVMContextCreate()') as () => Pointer,
    disposeContext: lib.func('void LLVMContextDispose(void *)') as (context: Pointer) => void,
    /** Parses text or bitcode called `name`; the message of what does not parse. */
    parse(context: Pointer, ir: Uint8Array, name: string): { module: Pointer } | { message: string } {
      const module: Out = [null]
      const message: Out = [null]
      if (parseIr(context, createBuffer(ir, ir.length, name), module, message) !== 0)
        return { message: takeMessage(message[0]) }
      return { module: module[0] }
    },
    /** What is wrong with a module, or undefined. */
    verify(module: Pointer): string | undefined {
      const message: Out = [null]
      const wrong = verifyModule(module, RETURN_STATUS, message) !== 0
      const text = message[0] === null ? '' : takeMessage(message[0])
      return wrong ? text : undefined
    },
    writeBitcode: lib.func('void *LLVMWriteBitcodeToMemoryBuffer(void *)') as (module: Pointer) => Pointer,
    takeMessage,
    disposeMessage: disposeMessage as (text: Pointer) => void,
    /** A copy of a memory buffer's bytes; the buffer is freed. */
    takeBuffer(buffer: Pointer): Uint8Array {
      const bytes = copyBytes(bufferStart(buffer), Number(bufferSize(buffer)))
      disposeBuffer(buffer)
      return bytes
    },
  }
}

export type Api = ReturnType<typeof openApi>

const RETURN_STATUS = 2
