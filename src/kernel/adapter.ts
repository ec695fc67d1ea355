/**
 * Functions of scalar parameters made runnable. An adapter is a kernel of XLA's ABI that calls the function once for
 * each element of its argument buffers and stores each result, so that one run tries many inputs and one timing
 * sample is many calls. It is compiled apart and linked beside the function, whose own object stays as it is.
 */
import { functionHead, functionTexts, vectorOf } from './ir/scan.ts'
import { DTYPE_BITS, type Dtype, IR_DTYPES, type Signature } from './signature.ts'

/** The name an adapter calls the function by; the function's object is renamed to it. */
export const SCALAR_SYMBOL = 'xlab_scalar'

/** The name of a function that says whether a call is undefined, for guarded adapters. */
export const GUARD = 'xlab_guard'

/** Calls of the function in one run of its adapter. */
export const SCALAR_CALLS = 1024

/** A scalar or a fixed vector of scalars as it lies in a buffer. */
interface Slot {
  readonly type: string
  readonly dtype: Dtype
  readonly lanes: number
  readonly name: string
  /** Attributes that change how it is passed. */
  readonly abi: string
}

type Shape = { readonly inputs: readonly Slot[]; readonly result: Slot; readonly convention: string }

function slotOf(type: string, name: string, attributes: string): Slot | string {
  const vector = vectorOf(type)
  const dtype = IR_DTYPES[vector?.element ?? type]
  if (dtype === undefined) return `${name} has type ${type}, which is no scalar xlab can pass`
  if (vector !== undefined && dtype === 'pred') return `${name} is a vector of i1`
  const abi = attributes
    .split(/\s+/)
    .filter(word => /^(zeroext|signext|inreg)$/.test(word))
    .join(' ')
  return { type, dtype, lanes: vector?.lanes ?? 1, name, abi }
}

/** How `@name` of a module is called, or why it cannot be through scalars alone. */
function shapeOf(ir: string, name: string): Shape | string {
  const text = functionTexts(ir).find(f => f.name === name)
  if (text === undefined) return `there is no function @${name}`
  const head = functionHead(text.head)
  if (head.variadic) return 'it takes a variable number of arguments'
  if (head.result === 'void') return 'it returns nothing'
  if (head.parameters.length === 0) return 'it takes no parameters'
  const result = slotOf(head.result, 'the result', head.prefix)
  if (typeof result === 'string') return result
  const inputs: Slot[] = []
  for (const [i, parameter] of head.parameters.entries()) {
    const slot = slotOf(
      parameter.type,
      parameter.name?.slice(1).replaceAll('"', '') ?? `${i}`,
      parameter.attributes,
    )
    if (typeof slot === 'string')
      return /^ptr/.test(parameter.type) ? `parameter ${i} is a pointer` : `parameter ${slot}`
    inputs.push(slot)
  }
  return {
    inputs,
    result,
    convention: /\b(fastcc|coldcc|tailcc|swiftcc|cc \d+)\b/.exec(head.prefix)?.[0] ?? '',
  }
}

const signatureOf = (shape: Shape, calls: number): Signature => ({
  arguments: [...shape.inputs, shape.result].map((slot, i) => ({
    name: slot.name,
    dtype: slot.dtype,
    shape: slot.lanes > 1 ? [calls, slot.lanes] : [calls],
    bytes: calls * slotBytes(slot),
    role: i < shape.inputs.length ? ('in' as const) : ('out' as const),
    slot: i,
  })),
  workgroups: [1, 1, 1],
  flushDenormals: false,
})

const slotBytes = (slot: Slot): number => (slot.lanes * DTYPE_BITS[slot.dtype]) / 8

/** How the adapter of a module's `@kernel` is called: one buffer a parameter, and one for the result. */
export function scalarSignature(ir: string, name = 'kernel', calls = SCALAR_CALLS): Signature | undefined {
  const shape = shapeOf(ir, name)
  return typeof shape === 'string' ? undefined : signatureOf(shape, calls)
}

/** Why `scalarSignature` has nothing to say, in words for a person. */
export function scalarReason(ir: string, name = 'kernel'): string | undefined {
  const shape = shapeOf(ir, name)
  return typeof shape === 'string' ? shape : undefined
}

/** Bits of one tuple of scalar inputs: what an exhaustive trial has to count through. */
export function scalarInputBits(ir: string, name = 'kernel'): number | undefined {
  const shape = shapeOf(ir, name)
  if (typeof shape === 'string') return undefined
  return shape.inputs.reduce((sum, slot) => sum + (slot.dtype === 'pred' ? 1 : 8 * slotBytes(slot)), 0)
}

/**
 * IR of the adapter: defines the kernel `@kernel` and calls `@xlab_scalar`, which has the parameters of `name` in
 * `ir`. When `guarded`, calls for which `i1 @xlab_guard` of the same parameters says true are left out and yield zero. Throws when there is no such function; ask `scalarReason` first.
 */
export function adapterIr(
  ir: string,
  options: { readonly name?: string; readonly calls?: number; readonly guarded?: boolean } = {},
): string {
  const shape = shapeOf(ir, options.name ?? 'kernel')
  if (typeof shape === 'string') throw new Error(shape)
  const { inputs, result, convention } = shape
  const guarded = options.guarded === true
  const last = guarded ? 'after' : 'call'
  const types = inputs.map(slot => pass(slot, '')).join(', ')
  const values = inputs.map((slot, i) => pass(slot, `%v.${i}`)).join(', ')
  const layout = [...ir.matchAll(/^target (?:datalayout|triple) = .*$/gm)].map(match => match[0])
  const resultType = [convention, result.abi, result.type].filter(Boolean).join(' ')
  return [
    ...layout,
    `declare ${resultType} @${SCALAR_SYMBOL}(${types})`,
    ...(guarded ? [`declare i1 @${GUARD}(${types})`] : []),
    'define ptr @kernel(ptr %frame) {',
    'entry:',
    '  %args.at = getelementptr i8, ptr %frame, i64 24',
    '  %args = load ptr, ptr %args.at',
    ...[...inputs, result].flatMap((_, i) => [
      `  %at.${i} = getelementptr i8, ptr %args, i64 ${16 * i}`,
      `  %buffer.${i} = load ptr, ptr %at.${i}`,
    ]),
    '  br label %call',
    'call:',
    `  %i = phi i64 [ 0, %entry ], [ %next, %${last} ]`,
    ...inputs.flatMap((slot, i) => load(slot, i)),
    ...(guarded
      ? [
          `  %undefined = call i1 @${GUARD}(${values})`,
          '  br i1 %undefined, label %after, label %defined',
          'defined:',
          `  %f = call ${resultType} @${SCALAR_SYMBOL}(${values})`,
          '  br label %after',
          'after:',
          `  %r = phi ${result.type} [ %f, %defined ], [ zeroinitializer, %call ]`,
        ]
      : [`  %r = call ${resultType} @${SCALAR_SYMBOL}(${values})`]),
    ...store(result, inputs.length),
    '  %next = add i64 %i, 1',
    `  %more = icmp ult i64 %next, ${options.calls ?? SCALAR_CALLS}`,
    '  br i1 %more, label %call, label %done',
    'done:',
    '  ret ptr null',
    '}',
    '',
  ].join('\n')
}

const pass = (slot: Slot, value: string): string => [slot.type, slot.abi, value].filter(Boolean).join(' ')

const elementAt = (slot: Slot, i: number): string[] => [
  `  %offset.${i} = mul i64 %i, ${slotBytes(slot)}`,
  `  %element.${i} = getelementptr i8, ptr %buffer.${i}, i64 %offset.${i}`,
]

function load(slot: Slot, i: number): string[] {
  if (slot.type !== 'i1')
    return [...elementAt(slot, i), `  %v.${i} = load ${slot.type}, ptr %element.${i}, align 1`]
  return [
    ...elementAt(slot, i),
    `  %byte.${i} = load i8, ptr %element.${i}`,
    `  %v.${i} = trunc i8 %byte.${i} to i1`,
  ]
}

function store(slot: Slot, i: number): string[] {
  if (slot.type !== 'i1')
    return [...elementAt(slot, i), `  store ${slot.type} %r, ptr %element.${i}, align 1`]
  return [...elementAt(slot, i), '  %wide = zext i1 %r to i8', `  store i8 %wide, ptr %element.${i}`]
}
