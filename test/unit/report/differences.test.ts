/** Code beside code on a terminal, and what changed, as text without colour. */
import { expect, test } from 'vitest'
import { difference, sideBySide } from '../../../src/report/terminal/differences.ts'
import { width } from '../../../src/report/text-width.ts'

const BEFORE = {
  title: 'before',
  text: 'define ptr @k() {\n  %v1 = add i32 1, 2\n  %v2 = mul i32 %v1, 3\n  ret ptr null\n}\n',
}
const AFTER = { title: 'after', text: 'define ptr @k() {\n  %v7 = mul i32 3, 3\n  ret ptr null\n}\n' }

test('side by side: equal lines level, one-sided and changed ones marked, all within the width', () => {
  const lines = sideBySide(BEFORE, AFTER, 60).split('\n')
  expect(lines.slice(0, 6)).toEqual([
    'before                         after',
    'define ptr @k() {              define ptr @k() {',
    '  %v1 = add i32 1, 2         |   %v7 = mul i32 3, 3',
    '  %v2 = mul i32 %v1, 3       <',
    '  ret ptr null                   ret ptr null',
    '}                              }',
  ])
  expect(lines[6]).toMatch(/^2 of 5 lines differ/)
})

test.each([60, 80, 200])('side by side fits %i columns, tabs and control characters included', columns => {
  const long = { title: 'x'.repeat(300), text: `\tmov\t${'y'.repeat(300)}\u001b[31m\n` }
  const text = sideBySide(long, AFTER, columns)
  expect(Math.max(...text.split('\n').map(width))).toBeLessThanOrEqual(columns)
  expect(text).not.toContain('\u001b[31m')
})

test('a difference reads as diff -u writes it', () => {
  expect(difference(BEFORE, AFTER)).toBe(
    [
      ...['--- before', '+++ after', '@@ -1,5 +1,4 @@', ' define ptr @k() {'],
      ...['-  %v1 = add i32 1, 2', '-  %v2 = mul i32 %v1, 3', '+  %v7 = mul i32 3, 3'],
      ...['   ret ptr null', ' }', ''],
    ].join('\n'),
  )
})

test('numbers of values and labels, and addresses, are no difference', () => {
  const one = { title: 'a', text: 'v1:\n  br label %v2\n\tjne\t0x10 <kernel+0x10>\n' }
  const two = { title: 'b', text: 'v9:\n  br label %v8\n\tjne\t0x24 <kernel+0x24>\n' }
  expect(difference(one, two)).toContain('no difference but numbering')
})
