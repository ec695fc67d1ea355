/** What of a language model's answer gets back into a kernel, and what never reaches LLVM. */
import { describe, expect, test } from 'vitest'
import { readKernel } from '../../../../../src/optimise/llm/rewrite/gate/kernel-module.ts'
import { splice } from '../../../../../src/optimise/llm/rewrite/gate/splice.ts'

const INNER = `define internal void @f0(ptr noalias align 64 dereferenceable(64) %v0, ptr %v1, i64 %v2) #0 {
v3:
  br label %v4
v4:
  %v5 = phi i64 [ 0, %v3 ], [ %v9, %v4 ]
  %v6 = getelementptr inbounds float, ptr %v0, i64 %v5
  %v7 = load float, ptr %v6, align 4, !invariant.load !0
  %v8 = getelementptr inbounds float, ptr %v1, i64 %v5
  store float %v7, ptr %v8, align 4
  %v9 = add i64 %v5, 1
  %v10 = icmp slt i64 %v9, 16
  br i1 %v10, label %v4, label %v11
v11:
  ret void
}`
const KERNEL = `target datalayout = "e-m:e"
target triple = "x86_64-unknown-linux-gnu"

%t0 = type { ptr, i64 }

@g0 = internal constant [2 x float] zeroinitializer
@g1 = internal global i32 0

define ptr @kernel(ptr %v0) {
v1:
  %v2 = load ptr, ptr %v0, align 8, !dereferenceable !1
  call void @f0(ptr %v2, ptr %v2, i64 0)
  ret ptr null
}

${INNER}

declare float @expf(float)

attributes #0 = { alwaysinline }

!0 = !{}
!1 = !{i64 64}
`
const kernel = readKernel(KERNEL)

/** The inner function with `line` put before its loop. */
const withLine = (line: string): string => INNER.replace('v3:\n', `v3:\n  ${line}\n`)

test('the inner function is the one to rewrite', () => {
  expect(kernel.inner.name).toBe('f0')
})

describe('what means the same is unchanged', () => {
  test.each([
    ['itself', INNER],
    ['the whole module', KERNEL],
    ['other names', INNER.replaceAll('%v5', '%i').replaceAll('%v0', '%input').replaceAll('v4', 'loop')],
    ['unnamed values and labels', INNER.replaceAll(/%v(\d+)/g, '%$1').replaceAll(/^v(\d+):/gm, '$1:')],
    [
      'comments, blanks and quoted names',
      INNER.replace('%v9 =', '; hi\n\n  %"v9"   =').replaceAll('%v10', '%"v10"'),
    ],
    [
      'a call that only debugs',
      withLine('call void @llvm.dbg.value(metadata i32 0, metadata !3, metadata !4)'),
    ],
    ['another name for it', INNER.replace('@f0', '@better')],
  ])('%s', (_, answer) => {
    expect(splice(answer, kernel)).toEqual({ state: 'unchanged' })
  })
})

test('the body is the answer’s, the head and all else the kernel’s', () => {
  const answer = INNER.replace('i64 %v5, 1', 'i64 1, %v5')
    .replace('noalias align 64 dereferenceable(64) %v0', 'noalias dereferenceable(999) nonnull %in')
    .replace('ptr %v0, i64', 'ptr %in, i64')
    .replace('#0', 'memory(none) willreturn')
    .replace('align 4, !inv', 'align 4, !range !9, !inv')
  const spliced = splice(answer, kernel)
  expect(spliced.state).toBe('ok')
  const ir = 'ir' in spliced ? spliced.ir : ''
  expect(ir).toContain(
    'define internal void @f0(ptr noalias align 64 dereferenceable(64) %in, ptr %v1, i64 %v2) #0 {',
  )
  expect(ir).toContain('%v9 = add i64 1, %v5\n')
  expect(ir).toContain('%v7 = load float, ptr %v6, align 4\n')
  expect(ir).toContain('!dereferenceable !1')
  expect(ir).not.toMatch(/999|nonnull|willreturn|range/)
})

test('promises in calls are left out, known maths is declared, and extensions stay', () => {
  const calls = `%a = tail call fast nofpclass(nan) float @tanhf(float noundef 1.0) #3
  %b = call noundef float @llvm.fabs.f32(float nofpclass(inf) %a), !range !7
  call void @llvm.memset.p0.i64(ptr nonnull align 64 captures(none) %v1, i8 zeroext 0, i64 4, i1 false)`
  const spliced = splice(withLine(calls), kernel)
  const ir = 'ir' in spliced ? spliced.ir : JSON.stringify(spliced)
  expect(ir).toContain('  %a = call fast float @tanhf(float 1.0)\n')
  expect(ir).toContain('  %b = call float @llvm.fabs.f32(float %a)\n')
  expect(ir).toContain('  call void @llvm.memset.p0.i64(ptr %v1, i8 zeroext 0, i64 4, i1 false)\n')
  expect(ir).toContain('\ndeclare float @tanhf(float)\n')
})

describe('refused', () => {
  test.each([
    ['gate:volatile', '%x = load volatile float, ptr %v0, align 4'],
    ['gate:volatile', 'call void @llvm.memcpy.p0.p0.i64(ptr %v1, ptr %v0, i64 4, i1 true)'],
    ['gate:atomic', 'fence seq_cst'],
    ['gate:atomic', '%x = load atomic i32, ptr %v0 seq_cst, align 4'],
    ['gate:atomic', '%x = atomicrmw add ptr %v1, i32 1 seq_cst'],
    ['gate:inline assembly', 'call void asm sideeffect "syscall", ""()'],
    ['gate:call', 'call void @system(ptr %v0)'],
    ['gate:call', 'call void @f0(ptr %v0, ptr %v1, i64 0)'],
    ['gate:call', '%x = call ptr @kernel(ptr %v0)'],
    ['gate:call', 'call void @llvm.assume(i1 false)'],
    ['gate:call', 'call void @llvm.trap()'],
    ['gate:call', '%x = call i64 @llvm.readcyclecounter()'],
    ['gate:call', '%x = call i32 @llvm.x86.sse42.crc32.32.8(i32 0, i8 0)'],
    ['gate:call', '%x = call float @tanhf(float 0.0, float 0.0)'],
    ['gate:call', '%x = call double @tanhf(double 0.0)'],
    ['gate:call', '%x = call float @lgammaf(float 0.0)'],
    ['signature', '%x = call float @expf(float 0.0, float 0.0)'],
    ['gate:indirect', 'call void %v0(ptr %v1)'],
    ['gate:indirect', 'musttail call void @g()'],
    ['gate:indirect', '%x = select i1 true, ptr @f0, ptr @kernel'],
    ['gate:address', '%x = ptrtoint ptr %v0 to i64'],
    ['gate:address', '%x = getelementptr i8, ptr null, i64 %v2'],
    ['gate:address', '%x = load i32, ptr inttoptr (i64 4096 to ptr), align 4'],
    ['gate:address', '%x = icmp ult ptr %v0, %v1'],
    ['gate:address', 'store ptr %v0, ptr %v1, align 8'],
    ['gate:address', '%x = extractelement <2 x ptr> zeroinitializer, i32 0'],
    ['gate:address', '%x = load i32, ptr addrspace(5) %v0, align 4'],
    ['gate:stack', '%x = alloca [1000000 x float], align 4'],
    ['gate:stack', '%x = alloca float, i64 %v2, align 4'],
    ['gate:stack', 'br label %z\nz:\n  %x = alloca float, align 4'],
    ['gate:vector', '%x = load <4096 x float>, ptr %v0, align 4'],
    ['gate:vector', '%x = call <4096 x float> @llvm.fabs.v4096f32(<4096 x float> poison)'],
    ['gate:alignment', '%x = load i32, ptr %v0, align 4096'],
    ['gate:global', 'store i32 1, ptr @g1, align 4'],
    ['gate:unreachable', 'unreachable'],
    ['gate:indirect', 'indirectbr ptr %v0, [label %v4]'],
    ['gate:exceptions', 'invoke void @g() to label %a unwind label %b'],
    ['gate:varargs', '%x = va_arg ptr %v0, i32'],
    ['gate:unknown word', '%x = add i32 1, 2 %y = add i32 3, 4'],
    ['gate:unknown word', '%x = add i32 1, add (i32 1, i32 2)'],
    ['unknown instruction', '%x = frobnicate i32 1, 2'],
    ['gate:string', '%x = add i32 1, %"a b"'],
    ['gate:calling convention', 'call fastcc void @g()'],
  ])('%s: %s', (kind, line) => {
    expect(splice(withLine(line), kernel)).toMatchObject({ state: 'refused', class: kind })
  })

  test.each([
    ['signature', INNER.replace('i64 %v2', 'i32 %v2')],
    ['signature', INNER.replace('void @f0', 'i32 @f0')],
    ['redefinition', `${INNER}\n${INNER}`],
    ['gate:function', `${INNER}\ndefine void @other() {\n  ret void\n}`],
    ['gate:module', `module asm "nop"\n${INNER}`],
    ['gate:global', `@llvm.global_ctors = appending global [0 x ptr] zeroinitializer\n${INNER}`],
    ['gate:target', `target triple = "aarch64-linux-gnu"\n${INNER}`],
    ['gate:target', `target datalayout = "E"\n${INNER}`],
    ['gate:type', `%t0 = type { i64, ptr }\n${INNER}`],
    ['no function', 'declare void @f0()'],
    ['too long', `${INNER}${' '.repeat(2 << 20)}`],
  ])('%s', (kind, answer) => {
    expect(splice(answer, kernel)).toMatchObject({ state: 'refused', class: kind })
  })
})

test.each([
  ['truncated', INNER.slice(0, 400)],
  ['truncated', 'define void @f0(ptr'],
  ['syntax', 'Sure, here is the code:'],
  ['syntax', `/* define */ ${INNER}`],
  ['syntax', `${INNER}\0`],
  ['syntax', 'int f(int x) { return x; }'],
])('unreadable: %s', (kind, answer) => {
  expect(splice(answer, kernel)).toMatchObject({ state: 'unreadable', class: kind })
})

test('another type is no other name', () => {
  const typed = readKernel(
    KERNEL.replace('%t0 = type', '%t1 = type { i64, i64 }\n%t0 = type').replace(
      'v3:\n',
      'v3:\n  %g = getelementptr %t0, ptr %v0, i32 1\n',
    ),
  )
  const answer = typed.ir.replace('getelementptr %t0', 'getelementptr %t1')
  expect(splice(typed.ir, typed)).toEqual({ state: 'unchanged' })
  expect(splice(answer, typed)).toMatchObject({ state: 'ok' })
})

test('a function may keep what it has', () => {
  const own = KERNEL.replace(
    'v3:\n',
    'v3:\n  %p = ptrtoint ptr %v0 to i64\n  store ptr %v0, ptr %v1, align 8\n',
  )
  const again = readKernel(own)
  const answer = own.replace('i64 %v5, 1', 'i64 1, %v5')
  expect(splice(answer, again)).toMatchObject({ state: 'ok' })
})
