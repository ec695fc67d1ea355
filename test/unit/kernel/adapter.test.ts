/** Which functions run through an adapter, as what, and why others do not. */
import { expect, test } from 'vitest'
import { adapterIr, scalarInputBits, scalarReason, scalarSignature } from '../../../src/kernel/adapter.ts'

const multiply = 'define i32 @kernel(i32 %v0, i32 %v1) {\n  %v2 = mul i32 %v0, %v1\n  ret i32 %v2\n}\n'

test('a function of two i32 that returns one has three buffers of many elements', () => {
  const signature = scalarSignature(multiply, 'kernel', 8)
  expect(signature?.arguments.map(a => [a.dtype, a.shape, a.bytes, a.role, a.slot])).toEqual([
    ['s32', [8], 32, 'in', 0],
    ['s32', [8], 32, 'in', 1],
    ['s32', [8], 32, 'out', 2],
  ])
  expect(signature).toMatchObject({ workgroups: [1, 1, 1], flushDenormals: false })
  expect(scalarInputBits(multiply)).toBe(64)
})

test.each([
  ['define double @kernel(half %a, bfloat %b, i1 zeroext %c, i64 %d)', 'f16 bf16 pred s64 f64'],
  ['define internal fastcc noundef i8 @kernel(<4 x i16> noundef %a)', 's16 s8'],
  ['define range(i32 0, 10) i32 @kernel(float nofpclass(nan inf) %0)', 'f32 s32'],
])('%s', (head, dtypes) => {
  const signature = scalarSignature(`${head} {\n  unreachable\n}\n`)
  expect(signature?.arguments.map(a => a.dtype).join(' ')).toBe(dtypes)
})

test.each([
  ['define void @kernel(i32 %a)', 'it returns nothing'],
  ['define i32 @kernel()', 'it takes no parameters'],
  ['define i32 @kernel(i32 %a, ...)', 'it takes a variable number of arguments'],
  ['define i32 @kernel(ptr noalias %p)', 'parameter 0 is a pointer'],
  ['define i32 @kernel(i24 %a)', 'parameter a has type i24, which is no scalar xlab can pass'],
  ['define { i32, i1 } @kernel(i32 %a)', 'the result has type { i32, i1 }, which is no scalar xlab can pass'],
  ['define i32 @other(i32 %a)', 'there is no function @kernel'],
])('%s cannot: %s', (head, reason) => {
  const ir = `${head} {\n  unreachable\n}\n`
  expect(scalarReason(ir)).toBe(reason)
  expect(scalarSignature(ir)).toBeUndefined()
})

test('the adapter passes on what changes how values are passed', () => {
  const ir = adapterIr('define fastcc zeroext i8 @kernel(i1 zeroext %a, i16 signext %b) {\n  ret i8 0\n}\n')
  expect(ir).toContain('declare fastcc zeroext i8 @xlab_scalar(i1 zeroext, i16 signext)')
  expect(ir).toContain('call fastcc zeroext i8 @xlab_scalar(i1 zeroext %v.0, i16 signext %v.1)')
})

test('a guarded adapter leaves out calls the guard says are undefined', () => {
  const ir = adapterIr(multiply, { guarded: true, calls: 1 })
  expect(ir).toContain('declare i1 @xlab_guard(i32, i32)')
  expect(ir).toContain('%r = phi i32 [ %f, %defined ], [ zeroinitializer, %call ]')
})
