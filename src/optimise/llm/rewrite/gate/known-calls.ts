/** The closed list of what a rewrite may call beyond what its kernel calls: pure maths, by LLVM's names and libm's. */

const words = (text: string): string[] => text.trim().split(/\s+/)

/**
 * Intrinsics without effects but on the memory their arguments name (LangRef, "Intrinsic Functions"). Left out are all
 * that promise something (assume, invariant, noalias scopes), see the machine (counters, return addresses, registers,
 * the stack pointer), are of one CPU, or end the program.
 */
const INTRINSICS = new Set(
  words(`
  abs smax smin umax umin scmp ucmp bswap bitreverse ctpop ctlz cttz fshl fshr
  sadd.sat uadd.sat ssub.sat usub.sat sshl.sat ushl.sat sadd.with.overflow uadd.with.overflow ssub.with.overflow
  usub.with.overflow smul.with.overflow umul.with.overflow fptosi.sat fptoui.sat
  fabs sqrt sin cos tan asin acos atan atan2 sinh cosh tanh exp exp2 exp10 log log2 log10 pow powi fma fmuladd
  floor ceil trunc rint nearbyint round roundeven copysign minnum maxnum minimum maximum minimumnum maximumnum
  canonicalize is.fpclass ldexp
  vector.reduce.add vector.reduce.mul vector.reduce.and vector.reduce.or vector.reduce.xor vector.reduce.smax
  vector.reduce.smin vector.reduce.umax vector.reduce.umin vector.reduce.fadd vector.reduce.fmul vector.reduce.fmax
  vector.reduce.fmin vector.reduce.fmaximum vector.reduce.fminimum vector.insert vector.extract vector.reverse
  vector.splice vector.interleave2 vector.deinterleave2 masked.load masked.store masked.gather masked.scatter
  memcpy memmove memset memcpy.inline memset.inline lifetime.start lifetime.end expect donothing`),
)

/** Functions of libm that only compute: floats or doubles in, the same out. */
const UNARY = new Set(
  words(`acos acosh asin asinh atan atanh cbrt ceil cos cosh erf erfc exp exp2 expm1 fabs floor log log10 log1p log2
  nearbyint rint round roundeven sin sinh sqrt tan tanh trunc`),
)
const BINARY = new Set(words('atan2 copysign fdim fmax fmin fmod hypot pow'))

/** Calls that mean nothing to the code and are left out: debug information and declarations of alias scopes. */
export const DROPPED_CALL = /^llvm\.(?:dbg\.|experimental\.noalias\.scope\.decl$)/

/** The intrinsic's name without the types behind it: `llvm.vector.reduce.add` of `llvm.vector.reduce.add.v4i32`. */
export function isKnownIntrinsic(name: string): boolean {
  if (!name.startsWith('llvm.')) return false
  const parts = name.slice('llvm.'.length).split('.')
  while (parts.length > 1 && /^(?:(?:nx)?v\d+)?(?:[ipf]\d+|bf16)$/.test(parts.at(-1) ?? '')) parts.pop()
  return INTRINSICS.has(parts.join('.'))
}

/** Whether libm's `name` is called as it is declared: every type a float with an `f` behind the name, else a double. */
export function isKnownMath(name: string, result: string, parameters: readonly string[]): boolean {
  const single = result === 'float'
  if (single ? !name.endsWith('f') : result !== 'double') return false
  const plain = single ? name.slice(0, -1) : name
  const arity = UNARY.has(plain) ? 1 : BINARY.has(plain) ? 2 : 0
  return arity === parameters.length && parameters.every(type => type === result)
}
