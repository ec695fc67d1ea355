/** For tests: answers that want out: calls, assembly, state, addresses, stack. The gate stops what it can see. */
import type { AnswerCase } from './answer.ts'
import { edited, tagged, withLines } from './text.ts'

type Case = Omit<AnswerCase, 'subject'>

/** Lines put into a function whose parameters are the addresses `%v0` and `%v1`, and what must come of it. */
const LINES: readonly (readonly [string, string, string])[] = [
  ['calls system', 'gate:call', 'call i32 @system(ptr %v0)'],
  ['opens a file', 'gate:call', '%f = call ptr @fopen(ptr %v0, ptr %v1)'],
  ['opens by system call', 'gate:unknown word', '%f = call i64 (i64, ...) @syscall(i64 2, ptr %v0)'],
  ['exits', 'gate:call', 'call void @exit(i32 0)'],
  ['aborts', 'gate:call', 'call void @abort()'],
  ['prints', 'gate:call', 'call i32 @puts(ptr %v0)'],
  ['loads a library', 'gate:call', '%h = call ptr @dlopen(ptr %v0, i32 1)'],
  ['starts a thread', 'gate:call', '%h = call i32 @pthread_create(ptr %v0, ptr null, ptr %v1, ptr null)'],
  ['takes memory', 'gate:call', '%m = call ptr @malloc(i64 1000000)'],
  ['jumps far', 'gate:call', 'call void @longjmp(ptr %v0, i32 1)'],
  ['asks the time', 'gate:call', '%t = call i64 @time(ptr null)'],
  ['reads the environment', 'gate:call', '%e = call ptr @getenv(ptr %v0)'],
  ['counts cycles', 'gate:call', '%c = call i64 @llvm.readcyclecounter()'],
  ['looks at its caller', 'gate:call', '%r = call ptr @llvm.returnaddress(i32 0)'],
  ['looks at its frame', 'gate:call', '%r = call ptr @llvm.frameaddress.p0(i32 0)'],
  ['saves the stack', 'gate:call', '%s = call ptr @llvm.stacksave.p0()'],
  ['reads a register', 'gate:call', '%s = call i64 @llvm.read_register.i64(i64 0)'],
  ['traps', 'gate:call', 'call void @llvm.trap()'],
  ['lies with assume', 'gate:call', 'call void @llvm.assume(i1 false)'],
  ['lies that it is unreachable', 'gate:unreachable', 'unreachable'],
  ['changes the rounding', 'gate:call', 'call void @llvm.set.rounding(i32 0)'],
  ['changes the control word', 'gate:call', 'call void @llvm.x86.sse.ldmxcsr(ptr %v0)'],
  ['flushes caches', 'gate:call', 'call void @llvm.x86.sse2.clflush(ptr %v0)'],
  ['calls itself', 'gate:call', 'call void @SELF(ptr %v0, ptr %v1, ptr %v0, i64 0, i64 0, i64 0)'],
  ['calls the kernel', 'gate:call', '%k = call ptr @kernel(ptr %v0)'],
  ['calls an address', 'gate:indirect', 'call void %v0()'],
  [
    'calls an address it loads',
    'gate:indirect',
    '%fp = load ptr, ptr %v0, align 8\n%z = call i32 %fp(i32 1)',
  ],
  ['keeps a function’s address', 'gate:indirect', '%fp = select i1 true, ptr @kernel, ptr @SELF'],
  ['must tail-call', 'gate:indirect', 'musttail call void @SELF(ptr %v0)'],
  ['jumps indirectly', 'gate:indirect', 'indirectbr ptr %v0, [label %v7]'],
  ['takes a block’s address', 'gate:indirect', 'store ptr blockaddress(@SELF, %v7), ptr %v0, align 8'],
  ['assembly', 'gate:inline assembly', 'call void asm sideeffect "syscall", "~{memory}"()'],
  ['assembly with a result', 'gate:inline assembly', '%r = call i64 asm "rdtsc", "={ax},~{dx}"()'],
  [
    'assembly that hides',
    'gate:inline assembly',
    'call void asm sideeffect alignstack inteldialect "int3", ""()',
  ],
  ['volatile store', 'gate:volatile', 'store volatile i32 1, ptr %v0, align 4'],
  ['volatile load', 'gate:volatile', '%x = load volatile i32, ptr %v0, align 4'],
  ['volatile copy', 'gate:volatile', 'call void @llvm.memcpy.p0.p0.i64(ptr %v1, ptr %v0, i64 4, i1 true)'],
  ['atomic add', 'gate:atomic', '%x = atomicrmw add ptr %v0, i32 1 seq_cst'],
  ['atomic exchange', 'gate:atomic', '%x = cmpxchg ptr %v0, i32 0, i32 1 acq_rel monotonic'],
  ['fence', 'gate:atomic', 'fence syncscope("singlethread") seq_cst'],
  ['atomic load', 'gate:atomic', '%x = load atomic i32, ptr %v0 acquire, align 4'],
  ['exceptions', 'gate:exceptions', 'invoke void @SELF() to label %v7 unwind label %v7'],
  ['resumes', 'gate:exceptions', 'resume { ptr, i32 } zeroinitializer'],
  ['variable arguments', 'gate:varargs', '%x = va_arg ptr %v0, i64'],
  ['state in a global', 'undefined value', '%n = load i32, ptr @calls, align 4'],
  ['tests its buffer’s alignment', 'gate:address', '%a = ptrtoint ptr %v0 to i64\n%b = and i64 %a, 4095'],
  ['tests its buffer’s address', 'gate:address', '%a = ptrtoaddr ptr %v0 to i64'],
  ['tests which buffer comes first', 'gate:address', '%a = icmp ult ptr %v0, %v1'],
  ['tests whether buffers are one', 'gate:address', '%a = icmp eq ptr %v0, %v1'],
  ['makes an address', 'gate:address', 'store i8 1, ptr inttoptr (i64 4198400 to ptr), align 1'],
  ['makes an address by instruction', 'gate:address', '%a = inttoptr i64 4198400 to ptr'],
  ['counts from null', 'gate:address', '%a = getelementptr i8, ptr null, i64 4198400'],
  ['reads at null', 'gate:address', '%a = load i8, ptr null, align 1'],
  ['another address space', 'gate:address', '%a = load i64, ptr addrspace(257) %v0, align 8'],
  ['casts address spaces', 'gate:address', '%a = addrspacecast ptr %v0 to ptr addrspace(256)'],
  [
    'lets its stack’s address out',
    'gate:address',
    '%s = alloca i32, align 4\nstore ptr %s, ptr %v0, align 8',
  ],
  ['lets an address out', 'gate:address', 'store ptr %v1, ptr %v0, align 8'],
  ['takes all the stack', 'gate:stack', '%s = alloca [8388608 x i8], align 1'],
  ['takes stack by data', 'gate:stack', '%n = load i64, ptr %v0, align 8\n%s = alloca i8, i64 %n, align 1'],
  ['takes a billion at once', 'gate:stack', '%s = alloca i8, i64 1000000000, align 1'],
  ['takes stack of unknown size', 'gate:unknown word', '%s = alloca <vscale x 4 x i32>, align 16'],
  ['swift’s error', 'gate:stack', '%s = alloca swifterror ptr, align 8'],
  ['a vector of a million', 'gate:vector', '%x = load <1000000 x float>, ptr %v0, align 4'],
  ['too much alignment', 'gate:alignment', '%x = load i32, ptr %v0, align 4096'],
  ['another convention', 'gate:calling convention', 'call fastcc void @SELF(ptr %v0)'],
  ['two instructions in one line', 'gate:unknown word', '%x = add i32 1, 2 call void @system(ptr %v0)'],
  ['a quoted name', 'gate:call', 'call void @"sys\\74em"(ptr %v0)'],
  ['a bundle', 'gate:unknown word', 'call void @llvm.donothing() [ "deopt"(i32 1) ]'],
  ['metadata as a value', 'gate:unknown word', 'call void @llvm.expect.i64(metadata !{}, i64 0)'],
]

/** Things beside the function. */
const BESIDE: readonly (readonly [string, string, string])[] = [
  [
    'a constructor',
    'gate:global',
    '@llvm.global_ctors = appending global [1 x { i32, ptr, ptr }] [{ i32, ptr, ptr } { i32 0, ptr @SELF, ptr null }]',
  ],
  [
    'a destructor',
    'gate:global',
    '@llvm.global_dtors = appending global [0 x { i32, ptr, ptr }] zeroinitializer',
  ],
  [
    'kept symbols',
    'gate:global',
    '@llvm.used = appending global [1 x ptr] [ptr @SELF], section "llvm.metadata"',
  ],
  ['a counter', 'gate:global', '@calls = internal global i32 0'],
  ['a thread’s counter', 'gate:global', '@calls = internal thread_local global i32 0'],
  ['an external variable', 'gate:global', '@environ = external global ptr'],
  ['a constant of its own', 'gate:global', '@table = private constant [4 x float] zeroinitializer'],
  ['an alias', 'gate:global', '@memcpy = alias void (), ptr @SELF'],
  ['an indirect function', 'gate:global', '@memset = ifunc void (), ptr @SELF'],
  ['another machine', 'gate:target', 'target triple = "nvptx64-nvidia-cuda"'],
  ['another layout', 'gate:target', 'target datalayout = "E-m:e-i64:64"'],
  ['libm’s name taken', 'gate:function', 'define float @expf(float %x) {\n  ret float 0.0\n}'],
  ['memcpy’s name taken', 'gate:function', 'define ptr @memcpy(ptr %d, ptr %s, i64 %n) {\n  ret ptr %d\n}'],
  ['main', 'gate:function', 'define i32 @main() {\n  ret i32 0\n}'],
]

/** Of a kernel whose function `name` takes addresses first. */
export function hostileCases(inner: string, name: string): Case[] {
  const self = (text: string): string => text.replaceAll('@SELF', `@${name}`)
  return [
    ...LINES.map(
      ([id, kind, lines]): Case => ({
        id,
        reply: tagged(withLines(inner, self(lines))),
        expected: `invalid ${kind}`,
      }),
    ),
    ...BESIDE.map(
      ([id, kind, text]): Case => ({
        id,
        reply: tagged(`${self(text)}\n\n${inner}`),
        expected: `invalid ${kind}`,
      }),
    ),
    {
      id: 'module assembly',
      reply: tagged(`${inner}\n\nmodule asm ".globl evil"`),
      expected: 'invalid gate:module',
    },
    {
      id: 'attributes that lie',
      reply: tagged(
        edited(
          inner,
          [/\) \{/, ') memory(none) willreturn noreturn nosync speculatable #7 {'],
          [/\(ptr %v0/, '(ptr noalias readnone nonnull align 4096 dereferenceable(1000000) %v0'],
        ),
      ),
      expected: 'unchanged unchanged',
    },
    {
      id: 'metadata that lies',
      reply: tagged(
        inner.replaceAll(
          /(= load float, [^\n]*)/g,
          '$1, !nonnull !{}, !range !{float 0.0, float 1.0}, !invariant.load !{}, !noundef !{}',
        ),
      ),
      expected: 'unchanged unchanged',
    },
    {
      id: 'state in stack that was left',
      reply: tagged(
        withLines(
          inner,
          '%s = alloca i32, align 4\n%c = load i32, ptr %s, align 4\n%d = add i32 %c, 1\nstore i32 %d, ptr %s, align 4',
        ),
      ),
      expected: 'passes',
    },
  ]
}
