import { expect, test } from 'vitest'
import { distance, featuresOf, shapelessKey } from '../../../../src/kernel/features/features.ts'
import { functionsOf, loopsOf } from '../../../../src/kernel/features/loops.ts'

/** Two nested loops that add one array to another, as canonical IR writes them. */
const nest = (outer: number, inner: number): string => `
define internal void @f0(ptr noalias align 64 dereferenceable(${outer * inner * 4}) %v0, ptr %v1) #0 {
v2:
  br label %v3
v3:
  %v4 = phi i64 [ %v5, %v6 ], [ 0, %v2 ]
  %v7 = icmp slt i64 %v4, ${outer}
  br i1 %v7, label %v8, label %v9
v8:
  br label %v10
v10:
  %v11 = phi i64 [ %v12, %v13 ], [ 0, %v8 ]
  %v14 = icmp slt i64 %v11, ${inner}
  br i1 %v14, label %v13, label %v6
v13:
  %v15 = getelementptr inbounds [${outer * inner} x float], ptr %v0, i32 0, i64 %v11
  %v16 = load float, ptr %v15, align 4, !invariant.load !0
  %v17 = getelementptr inbounds [${outer * inner} x float], ptr %v1, i32 0, i64 %v11
  %v18 = load float, ptr %v17, align 4
  %v19 = fadd float %v16, %v18
  %v20 = call float @llvm.sqrt.f32(float %v19)
  %v21 = call float @expf(float %v20)
  store float %v21, ptr %v17, align 4
  %v12 = add i64 %v11, 1
  br label %v10
v6:
  %v5 = add i64 %v4, 1
  br label %v3
v9:
  ret void
}

attributes #0 = { alwaysinline }
`

test('counts, loops and streams of a nest of loops', () => {
  const [blocks = []] = functionsOf(nest(16, 24))
  expect(loopsOf(blocks).map(({ depth, trips }) => [depth, trips])).toEqual([
    [1, 16],
    [2, 24],
  ])
  expect(featuresOf(nest(16, 24))).toMatchObject({
    ...{ blocks: 7, loads: 2, stores: 1, float_adds: 1, int_ops: 2, int_compares: 2 },
    ...{ math_calls: 1, outside_calls: 1, loops: 2, depth: 2, iterations: 384 },
    ...{ read_streams: 2, write_streams: 1 },
  })
})

test('shapes come from the signature', () => {
  const argument = (role: 'in' | 'out', shape: number[]) => ({
    ...{ name: role, dtype: 'f32' as const, shape, role, slot: 0 },
    bytes: 4 * shape.reduce((a, b) => a * b, 1),
  })
  const signature = {
    arguments: [argument('in', [16, 24]), argument('out', [24])],
    workgroups: [2, 3, 1] as const,
    flushDenormals: true,
  }
  expect(featuresOf(nest(16, 24), signature)).toMatchObject({
    ...{ in_bytes: 1536, out_bytes: 96, out_elements: 24, workgroups: 6, element_bits: 32 },
  })
})

test('kernels that differ in numbers alone are one family, and near; others are not', () => {
  const other = nest(16, 24).replace('fadd', 'fdiv')
  expect(shapelessKey(nest(16, 24))).toBe(shapelessKey(nest(100, 7)))
  expect(shapelessKey(nest(16, 24))).not.toBe(shapelessKey(other))
  const [a, b, c] = [nest(16, 24), nest(32, 24), other].map(ir => featuresOf(ir)) as [never, never, never]
  expect(distance(a, a)).toBe(0)
  expect(distance(a, b)).toBeLessThan(distance(a, c))
})
