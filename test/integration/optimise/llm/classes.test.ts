/** LLVM's own messages, as its pinned version words them, and the class each is counted under. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openReader, type Reader } from '../../../../src/llvm/reading/reader.ts'
import { ensureToolchain } from '../../../../src/llvm/toolchain.ts'
import { classOfMessage } from '../../../../src/optimise/llm/rewrite/classes.ts'

let reader: Reader
beforeAll(async () => {
  reader = await openReader(await ensureToolchain(), { children: 1, ladder: 'pinned' })
})
afterAll(() => reader.close())

/** Bodies of `define i32 @f(i32 %a, float %b, ptr %p)`. */
const BODIES: Readonly<Record<string, readonly string[]>> = {
  'type error': [
    '  %x = add i32 %a, %b\n  ret i32 %x',
    '  %x = fadd i32 %a, %a\n  ret i32 %x',
    '  ret float %b',
    '  %x = add %struct.x %a, 1\n  ret i32 0',
    '  %x = getelementptr [4 x i32], i32 %a, i64 0\n  ret i32 0',
    '  %x = getelementptr [4 x i32], ptr %p, float %b\n  ret i32 0',
    '  %x = getelementptr {i32,i32}, ptr %p, i32 0, i32 7\n  ret i32 0',
    '  %x = sext i32 %a to i8\n  ret i32 0',
    '  %x = bitcast i32 %a to i64\n  ret i32 0',
    '  %x = icmp eq float %b, 1.0\n  ret i32 0',
    '  br i32 %a, label %x, label %x\nx:\n  ret i32 0',
    '  store i32 %a, i32 %a\n  ret i32 0',
    '  %x = extractelement i32 %a, i32 0\n  ret i32 0',
    '  ret void',
    '  %x = insertvalue i32 %a, i32 0, 0\n  ret i32 0',
    '  switch i32 %a, label %d [ i64 0, label %d ]\nd:\n  ret i32 0',
    '  %x = select i32 %a, i32 1, i32 2\n  ret i32 0',
    '  %x = fneg i32 %a\n  ret i32 0',
  ],
  'undefined value': [
    '  %x = add i32 %a, %nope\n  ret i32 %x',
    '  %x = call i32 @nope(i32 %a)\n  ret i32 %x',
    '  br label %nope',
    '  %x = call i32 @llvm.smaxx.i32(i32 %a, i32 %a)\n  ret i32 %x',
    '  %x = load i32, ptr %p, !tbaa !7\n  ret i32 0',
    '  br label %a',
  ],
  redefinition: [
    '  %x = add i32 %a, 1\n  %x = add i32 %a, 2\n  ret i32 %x',
    '  switch i32 %a, label %d [ i32 0, label %d i32 0, label %d ]\nd:\n  ret i32 0',
  ],
  'control flow': [
    '  br label %l\nl:\n  br label %l\nl:\n  ret i32 0',
    '  br label %l\nl:\n  %x = phi i32 [ 0, %q ]\n  ret i32 %x\nq:\n  ret i32 1',
    '  %c = icmp eq i32 %a, 0\n  br i1 %c, label %l, label %m\nm:\n  br label %l\nl:\n  %x = phi i32 [ 0, %m ]\n  ret i32 %x',
    '  br label %l\nl:\n  %y = add i32 %a, 1\n  %x = phi i32 [ 0, %0 ]\n  ret i32 %x',
    '',
  ],
  numbering: [
    '  %0 = add i32 %a, %5\n  ret i32 %0',
    '  %3 = add i32 %a, 1\n  %9 = add i32 %a, 1\n  %8 = add i32 %3, 1\n  ret i32 %8',
  ],
  'forward reference': [
    '  br label %l\nl:\n  %x = phi i32 [ 0, %0 ], [ %y, %l ]\n  %y = fadd float %b, 1.0\n  br label %l',
    '  %c = icmp eq i32 %a, 0\n  br i1 %c, label %l, label %m\nl:\n  %x = add i32 %a, 1\n  br label %m\nm:\n  ret i32 %x',
    '  %x = add i32 %x, 1\n  ret i32 %x',
  ],
  syntax: [
    '  %x = addd i32 %a, 1\n  ret i32 %x',
    '  %x = add i32 %a 1\n  ret i32 %x',
    '  x = 5;\n ret i32 0',
    '  %x = add i32 %a, 1',
    '  %x = load <4 x flaot>, ptr %p\n  ret i32 0',
    '  store %a, ptr %p\n  ret i32 0',
    '  %x = load i32 %p\n  ret i32 0',
    '  %x = add <4 x i32> zeroinitializer, <8 x i32> zeroinitializer\n  ret i32 0',
  ],
  constant: [
    '  %x = fadd float %b, 0.1\n  ret i32 0',
    '  %x = add i32 %a, 1.0\n  ret i32 0',
    '  %x = fadd float %b, 1\n  ret i32 0',
    '  %x = add i32 null, 1\n  ret i32 0',
    '  %x = shufflevector <4 x i32> zeroinitializer, <4 x i32> poison, <4 x i32> <i32 9, i32 0, i32 0, i32 0>\n  ret i32 0',
    '  %x = fadd float %b, 0x3FB99999\n  ret i32 0',
    '  %x = load i32, ptr %p, align 3\n  ret i32 0',
  ],
  signature: [
    '  %x = call i32 @llvm.smax.i32(i32 %a)\n  ret i32 %x',
    '  %x = call float @llvm.smax.i32(float %b, float %b)\n  ret i32 0',
  ],
}

const MODULES: Readonly<Record<string, readonly string[]>> = {
  'control flow': ['define i32 @f() {\ne:\n  br label %e\n}\n'],
  truncated: ['define i32 @f(i32 %a) {\n  %x = add i32 %a, 1\n'],
  syntax: [
    'define i32 @f(i32 %a) {\n  %x = add i32 %a',
    'Sure! Here is the code',
    'int f(int a) { return a; }',
    '--- a\n+++ b\n@@ -1 +1 @@\n-  x\n+ y\n',
    '# Title\n* foo',
  ],
}

const texts = [
  ...Object.entries(BODIES).flatMap(([kind, bodies]) =>
    bodies.map(body => [kind, `define i32 @f(i32 %a, float %b, ptr %p) {\n${body}\n}\n`] as const),
  ),
  ...Object.entries(MODULES).flatMap(([kind, modules]) => modules.map(text => [kind, text] as const)),
]

test.each(texts)('%s: %s', async (kind, text) => {
  const read = await reader.read(text)
  expect(read.state).toBe('rejected')
  expect(classOfMessage('message' in read ? read.message : '')).toBe(kind)
})
