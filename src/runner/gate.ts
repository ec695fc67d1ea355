/**
 * Which objects may be linked into a bundle. The child that runs them is jailed, but the runner's parent, its start-up
 * code and its libc are in the same executable: nothing of an object may run, or be called, before the jail. Pure.
 */
import { ObjectError, type ObjectFile, parseObject, SHF } from '../llvm/object/elf.ts'
import { definedGlobals, undefinedSymbols } from '../llvm/object/object.ts'

export interface GateOptions {
  /** Our own instrumented reference: may use what the runner's instrument.c offers. */
  readonly trusted?: boolean
  /** Names that objects linked beside it define, or that it may define for them. */
  readonly beside?: readonly string[]
}

/** Why an object that should define the global `symbol` may not be linked, or undefined when it may. */
export function gateObject(
  object: Uint8Array,
  symbol: string,
  options: GateOptions = {},
): string | undefined {
  try {
    return gateParsed(parseObject(object), symbol, options)
  } catch (error) {
    if (error instanceof ObjectError) return `no object that can be linked: ${error.message}`
    throw error
  }
}

const TLS = 0x400
const IFUNC = 10
/** SHT_INIT_ARRAY, SHT_FINI_ARRAY, SHT_PREINIT_ARRAY, and the older sections known by name. */
const START_UP_TYPES: readonly number[] = [14, 15, 16]
const START_UP = /^\.(?:(?:pre)?init|fini|ctors|dtors)(?:_array)?(?:\.|$)/

/** The same for an object already parsed. */
export function gateParsed(object: ObjectFile, symbol: string, options: GateOptions): string | undefined {
  for (const { name, type, flags, size } of object.sections) {
    if ((START_UP.test(name) || START_UP_TYPES.includes(type)) && size > 0)
      return `has code that runs at start or end of the process (${name})`
    if ((flags & SHF.write) !== 0 && (flags & SHF.exec) !== 0)
      return `has a section both writable and executable (${name})`
    if ((flags & TLS) !== 0) return `has thread-local data (${name})`
  }
  if (object.symbols.some(({ type }) => type === IFUNC))
    return 'has an indirect function, which is resolved at start'
  const beside = new Set(options.beside)
  const defined = definedGlobals(object)
  if (symbol !== '' && !defined.includes(symbol)) return `does not define '${symbol}'`
  const extra = defined.filter(name => name !== symbol && !beside.has(name))
  if (extra.length > 0) return `defines more than '${symbol}': ${list(extra)}`
  const unknown = undefinedSymbols(object).filter(
    name => !ALLOWED.has(name) && !beside.has(name) && !(options.trusted && INSTRUMENTS.test(name)),
  )
  return unknown.length > 0 ? `needs what no bundle offers: ${list(unknown)}` : undefined
}

const list = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? `, and ${names.length - 5} more` : '')

const INSTRUMENTS = /^xlab_(?:perturb|probe|[a-z0-9]+)$/
const words = (text: string): string[] => text.trim().split(/\s+/)

/** Functions of libm, for f64 and with an `f` for f32: pure but for `errno`. */
const LIBM = words(`
  acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp10 exp2 expm1 fabs fdim floor fma
  fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nearbyint
  nextafter pow remainder remquo rint round roundeven scalbln scalbn sin sincos sinh sqrt tan tanh tgamma trunc`)
/** What LLVM's code generators call for types and operations a CPU lacks (compiler-rt, and the mem functions). */
const SUPPORT = words(`
  memcpy memmove memset memcmp bcmp _GLOBAL_OFFSET_TABLE_
  __truncsfhf2 __truncdfhf2 __truncsfbf2 __truncdfbf2 __extendhfsf2 __extendhfdf2
  __gnu_f2h_ieee __gnu_h2f_ieee
  __multi3 __divti3 __udivti3 __modti3 __umodti3 __ashlti3 __ashrti3 __lshrti3 __muloti4
  __fixsfti __fixdfti __fixunssfti __fixunsdfti __floattisf __floattidf __floatuntisf __floatuntidf
  __popcountdi2 __popcountsi2 __powisf2 __powidf2 __mulsc3 __muldc3 __divsc3 __divdc3`)
const ALLOWED = new Set([...LIBM, ...LIBM.map(name => `${name}f`), ...SUPPORT])

/** Every outside name an untrusted object may use; the runner must be able to offer them all. */
export const ALLOWED_SYMBOLS: ReadonlySet<string> = ALLOWED
