/**
 * LLVM's command line options, which are global to a process (llvm/Support/CommandLine.h). `opt` and `llc` read them
 * once; here every phase of every candidate gets its own, by the C++ functions those programs call themselves.
 */
import koffi from 'koffi'
import type { Library, Pointer } from './api.ts'

/**
 * Code generator's options that LLVM reads anew for each module: a test makes builds with, without and with each of
 * them in one process. Any other may leave something behind, as a choice made once, and is for `llc` alone.
 */
export const REREAD_OPTIONS: readonly string[] = [
  ...['align-all-blocks', 'align-all-functions', 'align-all-nofallthru-blocks', 'align-loops'],
  ...['disable-block-placement', 'disable-branch-fold', 'disable-cgp', 'disable-copyprop'],
  ...['disable-early-taildup', 'disable-lsr', 'disable-machine-cse'],
  ...['disable-machine-licm', 'disable-machine-sink', 'disable-peephole', 'disable-post-ra'],
  ...['disable-postra-machine-licm', 'disable-postra-machine-sink', 'disable-tail-duplicate'],
  ...[
    'enable-misched',
    'enable-post-misched',
    'enable-shrink-wrap',
    'frame-pointer',
    'pre-RA-sched',
    'regalloc',
  ],
  ...[
    'tail-dup-placement',
    'tail-dup-size',
    'x86-cmov-converter',
    'x86-early-ifcvt',
    'x86-pad-max-prefix-size',
  ],
]
const REREAD: ReadonlySet<string> = new Set(REREAD_OPTIONS)

export interface Options {
  /** Makes `args` the only options that are set; false if LLVM does not take them. Free when nothing changes. */
  set(args: readonly string[]): boolean
}

/** Whether options of the code generator can be set here at all. */
export const isReread = (args: readonly string[]): boolean =>
  args.every(arg => REREAD.has(/^-+([^=]*)/.exec(arg)?.[1] ?? ''))

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
  const setAllocator = openAllocatorChoice(lib)
  let current = ''
  return {
    set(args) {
      const key = args.join('\0')
      if (key === current) return true
      reset()
      current = key
      const taken =
        args.length === 0 ||
        (parse(args.length + 1, ['xlab', ...args], '', 0, nowhere, null, null, false) as boolean)
      if (taken) setAllocator(args.findLast(arg => /^-+regalloc=/.test(arg))?.split('=')[1] ?? 'default')
      else {
        reset()
        current = ''
      }
      return taken
    },
  }
}

/**
 * `-regalloc` is the one option above that LLVM reads only once: its value becomes the default of a registry
 * (llvm/CodeGen/MachinePassRegistry.h: head of a list, default, listener; a node: next, name, description,
 * constructor). That default is what is set here.
 */
function openAllocatorChoice(lib: Library): (name: string) => void {
  const StringRef = koffi.struct({ data: 'void *', length: 'size_t' })
  const Node = koffi.struct({ next: 'void *', name: StringRef, about: StringRef, create: 'void *' })
  const Registry = koffi.struct({ list: 'void *', chosen: 'void *' })
  const registry = lib.symbol('_ZN4llvm20RegisterRegAllocBaseINS_16RegisterRegAllocEE8RegistryE', Registry)
  const known = new Map<string, Pointer>()
  const { list } = koffi.decode(registry, Registry)
  for (let at: Pointer = list; at !== null; ) {
    const node = koffi.decode(at, Node)
    known.set(String(koffi.decode(node.name.data, 'char', Number(node.name.length))), node.create)
    at = node.next
  }
  if (!known.has('default')) throw new Error('LLVM’s register allocators cannot be told apart')
  return name => {
    const chosen = known.get(name)
    if (chosen !== undefined) koffi.encode(registry, Registry, { list, chosen })
  }
}
