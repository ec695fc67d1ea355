/**
 * How a kernel is called: XLA's CPU kernel ABI, `ptr kernel(const CallFrame*)`
 * (openxla/xla, xla/backends/cpu/runtime/kernel_c_api.h).
 */

/** XLA's element types as HLO text writes them, with their size in bits as they lie in memory. */
export const DTYPE_BITS = {
  pred: 8,
  s2: 8,
  s4: 8,
  s8: 8,
  s16: 16,
  s32: 32,
  s64: 64,
  u2: 8,
  u4: 8,
  u8: 8,
  u16: 16,
  u32: 32,
  u64: 64,
  f8e5m2: 8,
  f8e4m3: 8,
  f8e4m3fn: 8,
  f8e4m3b11fnuz: 8,
  f8e5m2fnuz: 8,
  f8e4m3fnuz: 8,
  f8e3m4: 8,
  f16: 16,
  bf16: 16,
  f32: 32,
  f64: 64,
  c64: 64,
  c128: 128,
} as const
export type Dtype = keyof typeof DTYPE_BITS

/** One entry of the call frame's argument array. */
export interface Argument {
  /** The HLO operand or result it stands for, or the parameter's name. */
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Size in bytes as the kernel may touch it. */
  readonly bytes: number
  readonly role: 'in' | 'out'
  /** Arguments with equal slots are one piece of memory (XLA's buffer assignment shares operand and result). */
  readonly slot: number
}

export interface Signature {
  readonly arguments: readonly Argument[]
  /** Workgroups the caller runs, looped z, y, x with x innermost. */
  readonly workgroups: readonly [x: number, y: number, z: number]
  /** True for XLA's kernels: denormals are flushed to zero while they run. */
  readonly flushDenormals: boolean
}

export const elementCount = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** The element type a scalar type of LLVM IR is read as; IR does not say whether an integer has a sign. */
export const IR_DTYPES: Readonly<Record<string, Dtype>> = {
  i1: 'pred',
  i8: 's8',
  i16: 's16',
  i32: 's32',
  i64: 's64',
  half: 'f16',
  bfloat: 'bf16',
  float: 'f32',
  double: 'f64',
}
