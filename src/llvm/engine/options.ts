/**
 * LLVM's command line options, which are global to a process (llvm/Support/CommandLine.h). `opt` and `llc` read them
 * once; here every phase of every candidate gets its own, by the C++ functions those programs call themselves.
 */
import koffi from 'koffi'
import type { Library, Pointer } from './api.ts'

export interface Options {
  /** Makes `args` the only options that are set; false if LLVM does not take them. Free when nothing changes. */
  set(args: readonly string[]): boolean
}

/** Throws if the library does not export what is needed. */
export function openOptions(lib: Library): Options {
  const reset = lib.func('void _ZN4llvm2cl25ResetAllOptionOccurrencesEv()')
  const parse = lib.func(
    'bool _ZN4llvm2cl23ParseCommandLineOptionsEiPKPKcNS_9StringRefEPNS_11raw_ostreamEPNS_3vfs10FileSystemES2_b' +
      '(int, const char **, const char *, size_t, void *, void *, void *, bool)',
  )
  // Errors are not printed but returned; without a stream LLVM would end the process.
  const nowhere = lib.func('void *_ZN4llvm5nullsEv()')() as Pointer
  // The options that opt and llc share: -mcpu, -mattr, -relocation-model, -frame-pointer, …
  lib.func('void _ZN4llvm7codegen20RegisterCodeGenFlagsC1Ev(void *)')(koffi.alloc('uint64', 1))
  let current = ''
  return {
    set(args) {
      const key = args.join('\0')
      if (key === current) return true
      reset()
      current = key
      if (args.length === 0) return true
      const taken = parse(args.length + 1, ['xlab', ...args], '', 0, nowhere, null, null, false) as boolean
      if (!taken) {
        reset()
        current = ''
      }
      return taken
    },
  }
}
