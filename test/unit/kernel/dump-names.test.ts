/** Names as each producer wrote them; only long run-dependent middles are cut. */
import { expect, test } from 'vitest'
import { groupDump } from '../../../src/kernel/dump-names.ts'

const under = (prefix: string, ...endings: string[]) => endings.map(ending => prefix + ending)

const P221 = 'module_0072.a_inference_one_step_on_data_1117__.16'
const TF221 = under(
  P221,
  '.__compute_module_transpose_copy_fusion.1-post-lowering.mlir',
  '.__compute_module_transpose_copy_fusion.1-pre-optimization.mlir',
  '.__compute_module_transpose_copy_fusion.1.ir-no-opt.ll',
  '.__compute_module_transpose_copy_fusion.1.ir-with-opt.ll',
  '.before_optimizations.txt',
  '.cpu_after_optimizations-buffer-assignment.txt',
  '.cpu_after_optimizations-memory-usage-report.txt',
  '.cpu_after_optimizations.txt',
  '.debug_options',
  '.obj-file.__compute_module_transpose_copy_fusion.1.o',
  '.obj-file.wrapped_reduce-window.1_kernel_module.o',
  '.wrapped_reduce-window.1_kernel_module.ir-no-opt.ll',
  '.wrapped_reduce-window.1_kernel_module.ir-with-opt.ll',
)

test('TensorFlow 2.21: kernel modules with dots in a module with dots', () => {
  const { modules, unknown } = groupDump(TF221)
  expect(unknown).toEqual([])
  expect(modules).toEqual([
    {
      key: P221,
      hloBefore: `${P221}.before_optimizations.txt`,
      hloAfter: `${P221}.cpu_after_optimizations.txt`,
      bufferAssignment: `${P221}.cpu_after_optimizations-buffer-assignment.txt`,
      memoryUsage: `${P221}.cpu_after_optimizations-memory-usage-report.txt`,
      debugOptions: `${P221}.debug_options`,
      other: [],
      parts: [
        {
          name: '__compute_module_transpose_copy_fusion.1',
          noOpt: `${P221}.__compute_module_transpose_copy_fusion.1.ir-no-opt.ll`,
          withOpt: `${P221}.__compute_module_transpose_copy_fusion.1.ir-with-opt.ll`,
          object: `${P221}.obj-file.__compute_module_transpose_copy_fusion.1.o`,
          mlir: [
            ['post-lowering', `${P221}.__compute_module_transpose_copy_fusion.1-post-lowering.mlir`],
            ['pre-optimization', `${P221}.__compute_module_transpose_copy_fusion.1-pre-optimization.mlir`],
          ],
        },
        {
          name: 'wrapped_reduce-window.1_kernel_module',
          noOpt: `${P221}.wrapped_reduce-window.1_kernel_module.ir-no-opt.ll`,
          withOpt: `${P221}.wrapped_reduce-window.1_kernel_module.ir-with-opt.ll`,
          object: `${P221}.obj-file.wrapped_reduce-window.1_kernel_module.o`,
          mlir: [],
        },
      ],
    },
  ])
})

test('TensorFlow 2.18: parts named behind the stage, one object for all', () => {
  const prefix = 'module_0073.a_inference_one_step_on_data_1127__.39'
  const { modules, unknown } = groupDump(
    under(
      prefix,
      '.cpu_after_optimizations.txt',
      '.ir-no-opt.part_00.ll',
      '.ir-no-opt.part_01.ll',
      '.ir-with-opt.part_00.ll',
      '.ir-with-opt.part_01.ll',
      '.o',
    ),
  )
  expect(unknown).toEqual([])
  expect(modules[0]?.object).toBe(`${prefix}.o`)
  expect(modules[0]?.parts).toEqual(
    ['part_00', 'part_01'].map(name => ({
      name,
      noOpt: `${prefix}.ir-no-opt.${name}.ll`,
      withOpt: `${prefix}.ir-with-opt.${name}.ll`,
      mlir: [],
    })),
  )
})

test('TensorFlow 2.16: one LLVM module, whose object is its own', () => {
  const prefix = 'module_0073.a_inference_one_step_on_data_1127__.39'
  const { modules } = groupDump(
    under(prefix, '.before_optimizations.txt', '.ir-no-opt.ll', '.ir-with-opt.ll', '.o'),
  )
  expect(modules[0]?.object).toBeUndefined()
  expect(modules[0]?.parts).toEqual([
    {
      name: '',
      noOpt: `${prefix}.ir-no-opt.ll`,
      withOpt: `${prefix}.ir-with-opt.ll`,
      object: `${prefix}.o`,
      mlir: [],
    },
  ])
})

test('JAX 0.10: a folder beside the files, values apart, comparators as parts', () => {
  const prefix = 'dump/module_0030.jit_srt'
  const { modules, unknown } = groupDump(
    under(
      prefix,
      '.before_optimizations.txt',
      '.cpu_after_optimizations-buffer-assignment-values.txt',
      '.cpu_after_optimizations-buffer-assignment.txt',
      '.cpu_after_optimizations-live-range.txt',
      '.part_00.ir-no-opt.ll',
      '.obj-file.part_00.o',
      '/compile_options.textproto',
      '/module.mlir',
    ),
  )
  expect(unknown).toEqual([])
  expect(modules).toHaveLength(1)
  expect(modules[0]).toMatchObject({
    key: prefix,
    bufferAssignment: `${prefix}.cpu_after_optimizations-buffer-assignment.txt`,
    bufferValues: `${prefix}.cpu_after_optimizations-buffer-assignment-values.txt`,
    parts: [
      { name: 'part_00', noOpt: `${prefix}.part_00.ir-no-opt.ll`, object: `${prefix}.obj-file.part_00.o` },
    ],
    other: [
      `${prefix}.cpu_after_optimizations-live-range.txt`,
      `${prefix}/compile_options.textproto`,
      `${prefix}/module.mlir`,
    ],
  })
})

test('a module whose name starts with that of another keeps its own files', () => {
  const { modules } = groupDump([
    'module_0001.f.before_optimizations.txt',
    'module_0001.f.1.before_optimizations.txt',
    'module_0001.f.1.add.ir-no-opt.ll',
    'module_0001.f.add.1.ir-no-opt.ll',
  ])
  expect(modules.map(({ key, parts }) => [key, parts.map(part => part.name)])).toEqual([
    ['module_0001.f', ['add.1']],
    ['module_0001.f.1', ['add']],
  ])
})

test("without the module's own files, what its kernels share is the module", () => {
  const { modules } = groupDump([
    'module_0007.jit_f.2.add_fusion.ir-no-opt.ll',
    'module_0007.jit_f.2.add_fusion.1.ir-no-opt.ll',
    'module_0007.jit_f.2.add_subtract_fusion.ir-no-opt.ll',
    'module_0008.whole.ir-no-opt.ll',
  ])
  expect(modules.map(({ key, parts }) => [key, parts.map(part => part.name)])).toEqual([
    ['module_0007.jit_f.2', ['add_fusion', 'add_fusion.1', 'add_subtract_fusion']],
    ['module_0008.whole', ['']],
  ])
})

test('every other file is listed with a reason', () => {
  const files = [...TF221, `${P221}.thunk_sequence.txt`, `${P221}.ir-no-opt-noconst.ll`, 'notes.txt', 'a.ll']
  const { unknown } = groupDump(files)
  expect(unknown).toEqual([
    { file: `${P221}.thunk_sequence.txt`, reason: 'a kind of file xlab does not know' },
    { file: `${P221}.ir-no-opt-noconst.ll`, reason: 'a kind of file xlab does not know' },
    { file: 'notes.txt', reason: 'not a name XLA gives to a file of a module' },
    { file: 'a.ll', reason: 'not a name XLA gives to a file of a module' },
  ])
})

test('ten thousand kernels are grouped in no time', () => {
  const files = Array.from({ length: 10_000 }, (_, i) => `${P221}.fusion.${i}_kernel_module.ir-no-opt.ll`)
  const start = performance.now()
  const { modules } = groupDump([`${P221}.before_optimizations.txt`, ...files])
  expect(modules[0]?.parts).toHaveLength(10_000)
  expect(performance.now() - start).toBeLessThan(1_000)
})
