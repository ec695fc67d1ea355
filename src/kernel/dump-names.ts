/**
 * What the files of an XLA dump folder are, from their names alone, for every producer:
 *
 * - TensorFlow 2.21: `P.K.ir-no-opt.ll`, `P.K.ir-with-opt.ll`, `P.obj-file.K.o`, `P.K-pre-optimization.mlir`, …
 * - TensorFlow 2.18: `P.ir-no-opt.part_NN.ll`, `P.ir-with-opt.part_NN.ll`, one `P.o`
 * - TensorFlow 2.16: `P.ir-no-opt.ll`, `P.ir-with-opt.ll`, `P.o`
 * - JAX 0.10: as 2.21, and a folder `P/` of what went into the compiler
 *
 * P is `module_NNNN.<module>`, K a kernel module; both may hold dots, so where P ends is learnt from the files of the
 * module itself (`P.before_optimizations.txt`), never from the dots.
 */

export type IrStage = 'noOpt' | 'withOpt'

/** One LLVM module XLA compiled, with one or more kernels in it. */
export interface DumpPart {
  /** Kernel module or part; empty where the module is one LLVM module. */
  readonly name: string
  readonly noOpt?: string
  readonly withOpt?: string
  readonly object?: string
  /** `pre-optimization`, `post-optimization`, `post-lowering`. */
  readonly mlir: readonly (readonly [kind: string, file: string])[]
}

export interface DumpModule {
  /** The prefix its files share, folder included. */
  readonly key: string
  readonly hloBefore?: string
  readonly hloAfter?: string
  readonly bufferAssignment?: string
  /** Positions of values, which newer XLA keeps apart from the assignment. */
  readonly bufferValues?: string
  readonly memoryUsage?: string
  readonly debugOptions?: string
  /** XLA's object where all parts share one. */
  readonly object?: string
  readonly parts: readonly DumpPart[]
  /** Files that belong to it and tell nothing of kernels: live ranges, the compiler's input. */
  readonly other: readonly string[]
}

export interface UnknownFile {
  readonly file: string
  readonly reason: string
}

type Draft<T> = { -readonly [K in keyof T]: T[K] }
type DraftPart = Draft<DumpPart> & { mlir: (readonly [string, string])[] }
type DraftModule = Draft<Omit<DumpModule, 'parts' | 'other'>> & {
  parts: Map<string, DraftPart>
  other: string[]
}

const MODULE_FILES = {
  '.before_optimizations.txt': 'hloBefore',
  '.cpu_after_optimizations.txt': 'hloAfter',
  '.cpu_after_optimizations-buffer-assignment.txt': 'bufferAssignment',
  '.cpu_after_optimizations-buffer-assignment-values.txt': 'bufferValues',
  '.cpu_after_optimizations-memory-usage-report.txt': 'memoryUsage',
  '.cpu_after_optimizations-live-range.txt': 'other',
  '.debug_options': 'debugOptions',
} as const

const IR = /^(?:\.(.+))?\.ir-(no|with)-opt(?:\.(.+))?\.ll$/
const OBJECT = /^\.obj-file\.(.+)\.o$/
const MLIR = /^(?:\.(.+))?-(pre-optimization|post-optimization|post-lowering)\.mlir$/
const KERNEL_FILE = /(?:\.ir-(?:no|with)-opt(?:\..+)?\.ll|-(?:pre|post)-(?:optimization|lowering)\.mlir)$/
const NUMBERED = /^(?:.*\/)?module_\d+\./

/** Files by module and kernel part, in the order given; every file is in exactly one place. */
export function groupDump(files: readonly string[]): { modules: DumpModule[]; unknown: UnknownFile[] } {
  const prefixes = knownPrefixes(files)
  const modules = new Map<string, DraftModule>()
  const unknown: UnknownFile[] = []
  for (const file of files) {
    const key = longestPrefix(file, prefixes)
    if (key === undefined) {
      unknown.push({ file, reason: 'not a name XLA gives to a file of a module' })
      continue
    }
    let module = modules.get(key)
    if (module === undefined) {
      module = { key, parts: new Map(), other: [] }
      modules.set(key, module)
    }
    const reason = place(module, file, file.slice(key.length))
    if (reason !== undefined) unknown.push({ file, reason })
  }
  return { modules: [...modules.values()].map(finish), unknown }
}

/** Puts a file where it belongs; otherwise says why not. */
function place(module: DraftModule, file: string, rest: string): string | undefined {
  const kind = Object.hasOwn(MODULE_FILES, rest) ? MODULE_FILES[rest as keyof typeof MODULE_FILES] : undefined
  const ir = IR.exec(rest)
  const object = OBJECT.exec(rest)
  const mlir = MLIR.exec(rest)
  if (kind === 'other' || rest.startsWith('/')) module.other.push(file)
  else if (kind !== undefined) module[kind] = file
  else if (rest === '.o') module.object = file
  else if (ir !== null) part(module, ir[1] ?? ir[3] ?? '')[ir[2] === 'no' ? 'noOpt' : 'withOpt'] = file
  else if (object !== null) part(module, object[1] ?? '').object = file
  else if (mlir !== null) part(module, mlir[1] ?? '').mlir.push([mlir[2] ?? '', file])
  else return 'a kind of file xlab does not know'
  return undefined
}

function part(module: DraftModule, name: string): DraftPart {
  const known = module.parts.get(name) ?? { name, mlir: [] }
  module.parts.set(name, known)
  return known
}

/** A module that is one LLVM module has one object, which is that part's. */
function finish(module: DraftModule): DumpModule {
  const whole = module.parts.get('')
  const { object, ...rest } = module
  if (whole !== undefined && object !== undefined) whole.object = object
  return {
    ...rest,
    ...(object === undefined || whole !== undefined ? {} : { object }),
    parts: [...module.parts.values()],
  }
}

/** The prefixes that files of modules themselves and objects show; for other modules, what all their files share. */
function knownPrefixes(files: readonly string[]): Set<string> {
  const prefixes = new Set<string>()
  const numbers = new Set<string>()
  const add = (prefix: string) => {
    prefixes.add(prefix)
    numbers.add(NUMBERED.exec(prefix)?.[0] ?? prefix)
  }
  for (const file of files) {
    const suffix = Object.keys(MODULE_FILES).find(ending => file.endsWith(ending))
    if (suffix !== undefined) add(file.slice(0, -suffix.length))
    else if (file.endsWith('.o') && file.includes('.obj-file.'))
      add(file.slice(0, file.indexOf('.obj-file.')))
  }
  const stems = new Map<string, string>()
  for (const file of files) {
    const number = NUMBERED.exec(file)?.[0]
    if (number === undefined || numbers.has(number) || !KERNEL_FILE.test(file)) continue
    const stem = file.replace(KERNEL_FILE, '')
    stems.set(number, sharedPrefix(stems.get(number) ?? stem, stem))
  }
  for (const prefix of stems.values()) prefixes.add(prefix)
  return prefixes
}

/** The longest prefix of `file` in the set that ends at a dot, a dash, or a folder. */
function longestPrefix(file: string, prefixes: ReadonlySet<string>): string | undefined {
  for (let end = file.length; end > 0; end--) {
    const code = file.charCodeAt(end)
    const boundary = code === 0x2e || code === 0x2f || code === 0x2d
    if (boundary && prefixes.has(file.slice(0, end))) return file.slice(0, end)
  }
  return undefined
}

/** What two names share, cut at a dot. */
function sharedPrefix(a: string, b: string): string {
  if (a === b) return a
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  const whole = (name: string) => length === name.length || name[length] === '.'
  return whole(a) && whole(b) ? a.slice(0, length) : a.slice(0, Math.max(0, a.lastIndexOf('.', length - 1)))
}
