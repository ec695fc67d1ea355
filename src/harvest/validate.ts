/** Kernels that are new are read by an LLVM once, however often and wherever they appear. */
import { setImmediate } from 'node:timers/promises'
import type { KernelText } from '../kernel/ir/extract.ts'
import type { Reader, ReadResult } from '../llvm/reading/reader.ts'
import { hasKernel } from '../store/kernels/kernels.ts'
import type { Store } from '../store/open.ts'

/** `known`: the store has it. */
export type Validity = ReadResult | { readonly state: 'known' }

export interface Validator {
  /** Reads a kernel unless the store has it, or it has no text because it is known. `raw` is the text it came from. */
  check(kernel: KernelText | undefined, raw: string): Promise<Validity>
  /** Lets others run, and resolves when there is room for another. */
  room(): Promise<void>
}

/** Texts given to LLVM and not answered yet; bounds memory. */
const AHEAD = 64

export function createValidator(store: Store, reader: Reader): Validator {
  const reading = new Map<string, Promise<ReadResult>>()
  const read = async ({ hash, ir }: KernelText, raw: string): Promise<ReadResult> => {
    try {
      const result = await reader.read(ir)
      if (result.state === 'ok') return result
      // The message about the text itself has the lines a person can look up.
      const original = await reader.read(raw)
      if (original.state === 'rejected') return original
      return {
        state: 'rejected',
        message: `its canonical form is not valid, a fault of xlab: ${result.message}`,
      }
    } finally {
      reading.delete(hash)
    }
  }
  return {
    check: async (kernel, raw) => {
      if (!kernel || hasKernel(store, kernel.hash)) return { state: 'known' }
      const running = reading.get(kernel.hash) ?? read(kernel, raw)
      reading.set(kernel.hash, running)
      return running
    },
    room: async () => {
      await setImmediate()
      while (reading.size >= AHEAD) await Promise.race(reading.values())
    },
  }
}
