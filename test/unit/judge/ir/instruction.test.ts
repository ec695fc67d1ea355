/** Lines of textual IR, read and written back. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readInstruction } from '../../../../src/judge/ir/instruction.ts'
import { readFunctions, rewriteFunctions } from '../../../../src/judge/ir/module-text.ts'
import { dumpKernels } from '../../../dump-kernels.ts'

const FIXTURES = join(import.meta.dirname, '../../../fixtures/dumps')

test('every instruction of recorded kernels is written back as it was', () => {
  const texts = ['tensorflow-2.21', 'tensorflow-2.18', 'jax-0.10'].flatMap(folder =>
    dumpKernels(join(FIXTURES, folder)).flatMap(kernel => [kernel.ir, kernel.xlaIr ?? '']),
  )
  expect(texts.length).toBeGreaterThan(100)
  let instructions = 0
  for (const text of texts) {
    const functions = readFunctions(text)
    const again = rewriteFunctions(text, functions, f =>
      f.lines.map(({ text: line, instruction: i }) => {
        if (i === undefined) return line
        instructions++
        expect(i.result === undefined || i.type !== 'void' || i.opcode === 'alloca', line).toBe(true)
        return i.rebuild(i.operands.map(operand => operand.value))
      }),
    )
    expect(again.trimEnd()).toBe(text.trimEnd())
  }
  expect(instructions).toBeGreaterThan(3000)
})

test.each([
  ['  %r = add nuw nsw i32 %a, -1, !dbg !3', 'add', ['nuw', 'nsw'], 'i32', ['%a', '-1']],
  [
    '  %r = fcmp reassoc uge <4 x float> %a, splat (float 1.0)',
    'fcmp',
    ['reassoc', 'uge'],
    '<4 x i1>',
    ['%a', 'splat (float 1.0)'],
  ],
  ['  %r = fptosi float %x to i8', 'fptosi', [], 'i8', ['%x']],
  [
    '  %r = select i1 %c, { i32, [2 x i8] } %a, { i32, [2 x i8] } zeroinitializer',
    'select',
    [],
    '{ i32, [2 x i8] }',
    ['%c', '%a', 'zeroinitializer'],
  ],
  [
    '  %r = tail call fast noundef float @"a b"(float noundef %x, ptr align 8 %p) #2',
    'call',
    ['fast'],
    'float',
    ['%x', '%p'],
  ],
  ['  %"a b" = phi double [ 0.000000e+00, %0 ], [ %y, %"l 1" ]', 'phi', [], 'double', ['0.000000e+00', '%y']],
  [
    '  store volatile <2 x i1> <i1 true, i1 poison>, ptr %p, align 1',
    'store',
    ['volatile'],
    'void',
    ['<i1 true, i1 poison>', '%p'],
  ],
  ['  %r = extractvalue { i32, { float, i64 } } %a, 1, 0', 'extractvalue', [], 'float', ['%a']],
  ['  br i1 %c, label %a, label %b', 'br', [], 'void', ['%c']],
  ['  ret void', 'ret', [], 'void', []],
])('%s', (line, opcode, flags, type, operands) => {
  const i = readInstruction(line)
  expect({ ...i, operands: i?.operands.map(o => o.value) }).toMatchObject({ opcode, flags, type, operands })
  expect(i?.rebuild(operands)).toBe(line)
})

test('labels, comments and blank lines are no instructions', () => {
  for (const line of ['', '12:      ; preds = %1', 'loop:', '  ; %r = add i32 1, 2', '"a b":'])
    expect(readInstruction(line)).toBeUndefined()
})
