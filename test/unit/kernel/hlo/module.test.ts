import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { backendConfig, namedComputations, parseHlo } from '../../../../src/kernel/hlo/module.ts'
import { bytesOf, leavesOf, parseShape } from '../../../../src/kernel/hlo/shape.ts'
import { sourceOf } from '../../../../src/kernel/hlo/source.ts'

const FIXTURES = join(import.meta.dirname, '../../../fixtures/hlo')
const read = (path: string) => readFileSync(join(FIXTURES, path), 'utf8')

const leaves = (text: string) => {
  const shape = parseShape(text, 0)?.shape
  return shape && leavesOf(shape).map(leaf => [leaf.index.join('.'), leaf.shape.dtype, bytesOf(leaf.shape)])
}

test.each([
  ['f32[64,28,28,1]{3,2,1,0}', [['', 'f32', 200704]]],
  ['pred[]', [['', 'pred', 1]]],
  ['bf16[3,0]{1,0:T(8,128)(2,1)}', [['', 'bf16', 0]]],
  ['c128[2]{0}', [['', 'c128', 32]]],
  ['f8e4m3fn[5]', [['', 'f8e4m3fn', 5]]],
  ['token[]', [['', 'token', undefined]]],
  ['s64[<=50,1]{1,0}', [['', 's64', undefined]]],
  [
    '(s32[], (f32[8]{0}, u8[3]{0}), /*index=2*/f64[2]{0})',
    [
      ['0', 's32', 4],
      ['1.0', 'f32', 32],
      ['1.1', 'u8', 3],
      ['2', 'f64', 16],
    ],
  ],
  ['()', []],
  ['what is this', undefined],
  ['('.repeat(100_000), undefined],
])('shape %s', (text, expected) => {
  expect(leaves(text)).toEqual(expected)
})

test('a real module: computations, operands, attributes', () => {
  const module = parseHlo(read('tf-2.21-infer/after.txt'))
  expect(module.problem).toBeUndefined()
  expect(module.name).toBe('a_inference_one_step_on_data_1127__.3')
  expect(module.entry?.root?.name).toBe('broadcast_add_fusion')
  expect(module.instructions.get('wrapped_reduce-window')).toMatchObject({
    opcode: 'fusion',
    operands: ['broadcast_maximum_fusion', 'MaxPool2d.2'],
    computation: module.entry?.name,
  })
  const fusion = module.instructions.get('broadcast_add_fusion')
  expect(fusion && namedComputations(fusion, 'calls')).toEqual(['fused_computation'])
  expect(module.instructions.get('MatMul.2')?.attributes.get('lhs_contracting_dims')).toBe('{1}')
})

test('names without a percent sign and operands with shapes, as TensorFlow 2.16 and 2.18 write them', () => {
  const module = parseHlo(
    [
      'HloModule m.3, entry_computation_layout={(f32[2]{0})->f32[2]{0}}',
      '',
      'ENTRY main.4 {',
      '  p.1 = f32[2]{0} parameter(0)',
      '  ROOT add.2 = f32[2]{0} add(f32[2]{0} p.1, /*index=1*/f32[2]{0} p.1)',
      '}',
    ].join('\n'),
  )
  expect(module.problem).toBeUndefined()
  expect(module.entry?.root?.operands).toEqual(['p.1', 'p.1'])
  for (const old of ['tf-2.16-infer', 'tf-2.18-infer']) {
    expect(parseHlo(read(`${old}/after.txt`)).problem).toBeUndefined()
  }
})

test('backend configuration as JSON, and as JSON in a string', () => {
  const config = (text: string) =>
    parseHlo(
      `HloModule m\nENTRY %e () -> f32[] {\n  ROOT %c = f32[] constant(1), backend_config=${text}\n}\n`,
    ).entry?.root
  for (const text of [
    '{"outer_dimension_partitions":["2"]}',
    '"{\\"outer_dimension_partitions\\":[\\"2\\"]}"',
  ]) {
    const root = config(text)
    expect(root && backendConfig(root)).toEqual({ outer_dimension_partitions: ['2'] })
  }
  const broken = config('{"outer')
  expect(broken && backendConfig(broken)).toBeUndefined()
})

test('source lines stand in the metadata, or in tables of stack frames', () => {
  const tensorflow = parseHlo(read('tf-2.21-infer/after.txt'))
  const matmul = tensorflow.instructions.get('MatMul.2')
  expect(matmul && sourceOf(tensorflow, matmul)).toEqual({
    opType: 'MatMul',
    opName: 'sequential_1/dense_1/MatMul',
    sourceFile: '/opt/venv/lib/python3.11/site-packages/tensorflow/python/framework/ops.py',
    sourceLine: 1221,
  })
  const jax = parseHlo(read('jax-0.10-loop/after.txt'))
  const slice = jax.instructions.get('slice_bitcast_fusion')
  expect(slice && sourceOf(jax, slice)).toEqual({
    opName: 'jit(loop)/slice',
    sourceFile: '/home/user/model.py',
    sourceLine: 12,
  })
})

test("a fusion without metadata has its root's", () => {
  const module = parseHlo(
    [
      'HloModule m',
      '%f (p: f32[2]) -> f32[2] {',
      '  %p = f32[2]{0} parameter(0), metadata={op_name="XLA_Args"}',
      '  %e = f32[2]{0} exponential(%p), metadata={op_type="Exp" op_name="a \\"quoted\\", name"}',
      '  ROOT %b = f32[2]{0} bitcast(%e)',
      '}',
      'ENTRY %main (a: f32[2]) -> f32[2] {',
      '  %a = f32[2]{0} parameter(0)',
      '  ROOT %fusion = f32[2]{0} fusion(%a), kind=kLoop, calls=%f',
      '}',
    ].join('\n'),
  )
  const root = module.entry?.root
  expect(root && sourceOf(module, root)).toEqual({ opType: 'Exp', opName: 'a "quoted", name' })
})

test.each([
  ['nothing', '', 'not HLO text: no HloModule line'],
  ['binary', '\0\u0001\ufffd{\n(((', 'not HLO text: no HloModule line'],
  ['a cut', read('tf-2.21-infer/after.txt').slice(0, 3000), 'HLO text is cut off inside a computation'],
  ['no entry', 'HloModule m\n', 'HLO text has no entry computation'],
  [
    'lines it cannot read',
    'HloModule m\nENTRY %e () -> f32[] {\n  %a = f32[\n  %b = f32[] add(%b, %c)\n  ROOT %c = f32[] constant(1)\n}\n',
    '2 HLO instructions could not be read',
  ],
])('of %s it says what is wrong', (_, text, problem) => {
  expect(parseHlo(text).problem).toBe(problem)
})

test('no cut of a real module throws', () => {
  const text = read('tf-2.21-cond/after.txt')
  for (let length = 0; length < text.length; length += 97) {
    expect(() => parseHlo(text.slice(0, length))).not.toThrow()
    expect(parseHlo(text.slice(0, length)).problem).toBeDefined()
  }
})
