import { expect, test } from 'vitest'
import { extractKernels } from '../../../../src/kernel/ir/extract.ts'
import { irSizes } from '../../../../src/kernel/ir/sizes.ts'
import { irFile, type Producer } from '../../../dumps.ts'

const sizes = (producer: Producer, ending: string) =>
  extractKernels(irFile(producer, ending)).kernels.map(kernel => irSizes(kernel.ir))

test('sizes on the loads of arguments (TensorFlow 2.18, words of structs)', () => {
  expect(sizes('tensorflow-2.18', 'ir-no-opt.part_02.ll')).toEqual([
    { arguments: 4, bytes: [120, 24, 48, 120] },
  ])
})

test('sizes on the loads, and on the parameters of the inner function (TensorFlow 2.21)', () => {
  const text = irFile('tensorflow-2.21', 'wrapped_scatter.ir-no-opt.ll')
  const [kernel] = extractKernels(text).kernels
  const expected = { arguments: 4, bytes: [3456, 3456, 864, 3456] }
  expect(irSizes(kernel?.ir ?? '')).toEqual(expected)
  const onlyParameters = (kernel?.ir ?? '').replace(/, !dereferenceable !\d+/g, '')
  expect(irSizes(onlyParameters)).toEqual(expected)
  const nothing = onlyParameters.replace(/ dereferenceable\(\d+\)/g, '')
  expect(irSizes(nothing)).toEqual({ arguments: 4, bytes: [undefined, undefined, undefined, undefined] })
})

test('byte offsets, as optimised IR has them; the last argument it never touches', () => {
  expect(sizes('tensorflow-2.21', 'wrapped_scatter.ir-with-opt.ll')).toEqual([
    { arguments: 3, bytes: [3456, 3456, 864] },
  ])
})

test('another ABI has no arguments', () => {
  expect(irSizes('define i32 @kernel(i32 %v0) {\nv1:\n  ret i32 %v0\n}\n')).toEqual({
    arguments: 0,
    bytes: [],
  })
  expect(sizes('tensorflow-2.16', 'ir-no-opt.ll')).toEqual([{ arguments: 0, bytes: [] }])
})
