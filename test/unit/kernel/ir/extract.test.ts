import { describe, expect, test } from 'vitest'
import { kernelHash } from '../../../../src/kernel/ir/canonical.ts'
import { extractKernels, type KernelText } from '../../../../src/kernel/ir/extract.ts'
import { irFile, irFiles, PRODUCERS } from '../../../dumps.ts'

/** The only kernel of a text. */
function only(text: string): KernelText {
  const { kernels, problem } = extractKernels(text)
  expect(problem).toBeUndefined()
  expect(kernels).toHaveLength(1)
  return kernels[0] as KernelText
}

const scatter = irFile('tensorflow-2.21', 'wrapped_scatter.ir-no-opt.ll')
const optimised = irFile('tensorflow-2.21', 'wrapped_scatter.ir-with-opt.ll')

describe.each(PRODUCERS)('%s', producer => {
  const files = irFiles(producer)

  test('every file gives its exported functions, and each canonical text is its own canonical text', () => {
    for (const { name, text } of files) {
      const exported = [...text.matchAll(/^define (?!internal|private).*?@("[^"]+"|[\w.$-]+)\(/gm)].map(
        m => m[1],
      )
      const { kernels, problem } = extractKernels(text)
      expect(problem, name).toBeUndefined()
      expect(kernels.map(kernel => kernel.name)).toEqual(exported)
      for (const { ir, hash } of kernels) {
        expect(hash).toBe(kernelHash(ir))
        expect(only(ir).ir).toBe(ir)
      }
    }
  })

  test('a file cut anywhere gives a reason or whole functions, never an exception', () => {
    const { text } = files.find(file => file.text.length < 20_000) ?? { text: '' }
    for (let end = 0; end < text.length; end += 37) {
      const { kernels, problem } = extractKernels(text.slice(0, end))
      expect(kernels.length > 0 || problem !== undefined).toBe(true)
    }
  })
})

test('kernels of each producer, by how they are called', () => {
  const counts = PRODUCERS.map(producer => {
    const abis = irFiles(producer)
      .filter(({ name }) => name.includes('ir-no-opt'))
      .flatMap(({ text }) => extractKernels(text).kernels.map(kernel => kernel.abi))
    return [
      producer,
      Object.fromEntries([...Map.groupBy(abis, abi => abi)].map(([abi, all]) => [abi, all.length])),
    ]
  })
  expect(Object.fromEntries(counts)).toEqual({
    'jax-0.10': { 'call-frame': 17, comparator: 1 },
    'tensorflow-2.16': { module: 2 },
    'tensorflow-2.18': { 'call-frame': 31, comparator: 1 },
    'tensorflow-2.21': { 'call-frame': 29, comparator: 1 },
  })
})

test('the rule does not change by accident: whoever changes this hash raises CANONICAL_RULE', () => {
  expect(only(scatter).hash).toMatchInlineSnapshot(
    `"b8ba41466b7cea750e09778b25a5486370b0587e26831f2c99ded3b75d6020c6"`,
  )
})

describe('what is not identity', () => {
  const same = (name: string, change: (text: string) => string): void =>
    test(name, () => {
      const changed = change(scatter)
      expect(changed).not.toBe(scatter)
      expect(only(changed).ir).toBe(only(scatter).ir)
    })

  same('the kernel’s name', text => text.replaceAll('wrapped_scatter', 'other.name-7'))
  same('names of locals and blocks', text =>
    text
      // The printer leaves the entry block without a label; it has the number after the parameters.
      .replace(/^define .*\{$/gm, header => `${header}\n${header.match(/%\d+/g)?.length}:`)
      .replace(/%(\d+)\b/g, '%name$1')
      .replace(/^(\d+):/gm, 'name$1:'),
  )
  same('names of types', text => text.replaceAll('%XLA_CPU_KernelArg', '%"quoted name"'))
  same('numbers of metadata and attribute groups', text =>
    text
      .replace(/!(\d+)\b/g, (_, n) => `!${Number(n) + 30}`)
      .replace(/#(\d+)\b/g, (_, n) => `#${9 - Number(n)}`),
  )
  same('where it came from', text =>
    text
      .replace(/xla_dylib_index", i64 \d+/, 'xla_dylib_index", i64 77')
      .replace(/ModuleID = '.*'/, "ModuleID = 'x'")
      .replace(/source_filename = ".*"/, ''),
  )
  same('comments and blank lines', text =>
    text
      .replace(/^;.*\n/gm, '')
      .replace(/\n\n+/g, '\n')
      .replace(/ *; preds.*$/gm, ''),
  )
  same('debug information', text =>
    text
      .replace(/^(define .*?)( #0)? \{/m, '$1$2 !dbg !90 {')
      .replace(/^( {2}ret ptr null)/m, '    #dbg_value(ptr %0, !91, !DIExpression(), !92)\n$1, !dbg !92')
      .concat(
        '\n!llvm.dbg.cu = !{!93}\n!92 = !DILocation(line: 1, scope: !90)\n!93 = distinct !DICompileUnit(file: !1)\n',
      ),
  )
})

test('descriptions of alias scopes are left out, the scopes stay', () => {
  const { ir } = only(optimised)
  expect(optimised).toContain('wrapped_scatter_wrapped: argument 0"')
  expect(ir).not.toContain('wrapped')
  expect(ir).toMatch(/!alias\.scope !\d+/)
  expect(ir.match(/^!\d+ = distinct !\{!\d+, !\d+\}$/gm)?.length).toBeGreaterThanOrEqual(3)
  const old = only(irFile('tensorflow-2.18', 'ir-no-opt.part_15.ll')).ir
  expect(old).toMatch(/^!\d+ = !\{!"scope 0", !\d+\}$/m)
  expect(old).toMatch(/^!\d+ = !\{!"domain 0"\}$/m)
  expect(old).not.toContain('buffer: {')
})

describe('what is identity', () => {
  const differs = (name: string, text: string, change: (text: string) => string): void =>
    test(name, () => {
      const changed = change(text)
      expect(changed).not.toBe(text)
      expect(only(changed).hash).not.toBe(only(text).hash)
    })

  differs('a literal', scatter, text => text.replace(/icmp ule i32 (%\d+), \d+/, 'icmp ule i32 $1, 8191'))
  differs('a function attribute', scatter, text => text.replace('{ alwaysinline }', '{ noinline }'))
  differs('invariant loads', scatter, text => text.replace(', !invariant.load !4', ''))
  differs('sizes', scatter, text => text.replace(/dereferenceable\(\d+\)/, 'dereferenceable(8)'))
  differs('alias scopes', optimised, text => text.replace(/, !alias\.scope !\d+/, ''))
  differs('loop hints', irFile('tensorflow-2.21', 'broadcast_kernel_module.ir-no-opt.ll'), text =>
    text.replace(/, !llvm\.loop !\d+/, ''),
  )
  differs('the data layout', scatter, text => text.replace('e-m:e-', 'e-m:o-'))
  differs('the emitter', scatter, text => text.replace('cpu_scatter_fusion', 'loop_fusion_kernel_emitter'))
})

test('the emitter and opcode are read', () => {
  expect(only(scatter)).toMatchObject({
    emitter: 'cpu_scatter_fusion',
    opcode: 'fusion',
    name: 'wrapped_scatter',
  })
})

test('a kernel takes along what it calls, and no more', () => {
  const { kernels } = extractKernels(`
@shared = private constant i32 7
@unused = private constant i32 9
declare float @expf(float)
declare float @logf(float)
define i32 @first(i32 %x) {
  %y = call i32 @helper(i32 %x)
  ret i32 %y
}
define internal i32 @helper(i32 %x) {
  %y = load i32, ptr @shared
  %z = add i32 %x, %y
  ret i32 %z
}
define float @second(float %x) {
  %y = call float @expf(float %x)
  ret float %y
}
define linkonce_odr hidden i32 @third(i32 %x) {
  %y = call i32 @first(i32 %x)
  ret i32 %y
}`)
  expect(kernels.map(({ name, functions, abi }) => [name, functions, abi])).toEqual([
    ['first', 2, 'scalar'],
    ['second', 1, 'scalar'],
    ['third', 3, 'scalar'],
  ])
  expect(kernels[0]?.ir).toBe(`@g0 = private constant i32 7

define i32 @kernel(i32 %v0) {
v1:
  %v2 = call i32 @f0(i32 %v0)
  ret i32 %v2
}

define internal i32 @f0(i32 %v0) {
v1:
  %v2 = load i32, ptr @g0
  %v3 = add i32 %v0, %v2
  ret i32 %v3
}
`)
  expect(kernels[1]?.ir).toContain('declare float @expf(float)')
  expect(kernels[1]?.ir).not.toContain('@logf')
  expect(kernels[2]?.ir).toMatch(/^define internal i32 @f0\(i32 %v0\) \{\n[^}]*@f1/m)
  expect(kernels[2]?.ir).toContain('define i32 @kernel(i32 %v0)')
})

test('what text leaves to counting is written out', () => {
  const implicit = only(`define i32 @f(i32, ptr) {
  load i32, ptr %1
  call i32 @f(i32 0, ptr %1)
  call void @g()
  br label %5
; <label>:5
  %6 = phi i32 [ %0, %2 ], [ %3, %5 ]
  br i1 false, label %5, label %7
  ret i32 %6 }
declare void @g()`)
  expect(implicit.ir).toBe(`define i32 @kernel(i32 %v0, ptr %v1) {
v2:
  load i32, ptr %v1
  call i32 @kernel(i32 0, ptr %v1)
  call void @g()
  br label %v3
v3:
  %v4 = phi i32 [ %v0, %v2 ], [ %v5, %v3 ]
  br i1 false, label %v3, label %v6
v6:
  ret i32 %v4
}

declare void @g()
`)
})

test('names that need quotes, strings with everything in them, several lines for one instruction', () => {
  const { ir } = only(`%"a type" = type { i32 }
@"a string" = constant [9 x i8] c"%1;@x\\22!0}"
define void @"odd name"(ptr byval(%"a type") %"a b") personality ptr @"my personality" {
"the entry":
  switch i32 0, label %"x y" [
    i32 1, label %"the entry"
    i32 2, label %"x y"
  ]
"x y":                            ; preds = "
  %r = invoke ptr @"odd callee"(ptr @"a string")
          to label %done unwind label %pad
pad:
  %p = landingpad { ptr, i32 }
          cleanup
  resume { ptr, i32 } %p
done:
  ret void
}
declare ptr @"odd callee"(ptr %named) nounwind
declare i32 @"my personality"(...)`)
  expect(ir).toContain('@g0 = internal constant [9 x i8] c"%1;@x\\22!0}"')
  expect(ir).toContain('define void @kernel(ptr byval(%t0) %v0) personality ptr @"my personality" {')
  expect(ir).toContain('declare ptr @"odd callee"(ptr) nounwind')
  expect(ir).toContain('  %v3 = invoke ptr @"odd callee"(ptr @g0)\n      to label %v4 unwind label %v5')
  expect(only(ir).ir).toBe(ir)
})

test.each([
  ['nothing', '', 'empty'],
  ['blank', ' \n\n', 'empty'],
  ['declarations only', 'declare i32 @f(i32)', 'no exported function'],
  ['internal functions only', 'define internal void @f() {\n  ret void\n}', 'no exported function'],
  ['prose', 'Dear reader,\nthis is not IR.', 'line 1 is not LLVM IR: Dear reader,'],
  ['control characters', 'define void @f() {\n ret void\n}\n\x1b[31mred', 'line 4 is not LLVM IR: ?[31mred'],
  [
    'a body without an end',
    'define void @f() {\n  ret void\n',
    'cut short (in the function that starts on line 1)',
  ],
  ['a string without an end', '@s = constant [2 x i8] c"ab', 'string is not closed'],
  ['an unknown callee', 'define void @f() {\n  call void @g()\n  ret void\n}', '@f refers to @g'],
  ['two functions of a name', 'declare void @f()\ndefine void @f() {\n ret void\n}', '@f is there twice'],
  ['unnamed types', '%0 = type { i32 }\ndefine void @f() {\n ret void\n}', 'unnamed types (%0)'],
  ['module assembly', 'module asm "nop"\ndefine void @f() {\n ret void\n}', 'module-level assembly'],
  [
    'an external @kernel',
    'declare void @kernel()\ndefine void @f() {\n call void @kernel()\n ret void\n}',
    'external',
  ],
])('%s: a clear reason', (_, text, reason) => {
  const { kernels, problem } = extractKernels(text)
  expect(kernels).toEqual([])
  expect(problem).toContain(reason)
})

test('long hostile text is turned down, and soon: the time limit of a test would tell', () => {
  for (const hostile of [
    '('.repeat(2e6),
    '%'.repeat(2e6),
    '"'.repeat(2e6 + 1),
    '@a = type '.repeat(2e5),
    `define void @f() {\n${'a:\n'.repeat(3e5)}`,
    '!0 = !{'.repeat(2e5),
    `%${'a'.repeat(1e6)}${' '.repeat(1e6)}=type`,
  ])
    expect(extractKernels(hostile)).toMatchObject({ kernels: [], problem: expect.any(String) })
})

test('a function of vectors is called as one of scalars is', () => {
  const { kernels } = extractKernels(
    `define <4 x float> @plain(<4 x float> noundef %a, i32 %b) {
  ret <4 x float> %a
}
define dso_local void @pointers(<2 x ptr> %a) {
  ret void
}`,
  )
  expect(kernels.map(({ name, abi }) => [name, abi])).toEqual([
    ['plain', 'scalar'],
    ['pointers', 'other'],
  ])
})
