/** For tests: answers LLVM builds and the judge must not let pass: wrong results, strays, and code that never ends. */
import type { AnswerCase } from './answer.ts'
import { edited, tagged } from './text.ts'

type Case = Omit<AnswerCase, 'subject'>
type Edit = readonly [RegExp | string, string]

const built =
  (inner: string) =>
  (id: string, kind: string, ...edits: readonly Edit[]): Case => ({
    id,
    reply: tagged(edited(inner, ...edits)),
    expected: kind === 'passes' ? 'passes' : `built ${kind}`,
  })

/** Of kernels of 6 rows and 5 columns whose result is the float `last`, stored at element `at`. */
export function loopWrongs(inner: string, last: string): Case[] {
  const wrong = built(inner)
  const result = new RegExp(`store float %${last},`)
  const instead = (lines: string): Edit => [
    new RegExp(`( {2}store float )%${last},`),
    `${lines.replaceAll(/^/gm, '  ')}\n$1%w,`,
  ]
  return [
    wrong('the last row left out', 'refuted', [/icmp slt i64 (%v\d+), 6/, 'icmp slt i64 $1, 5']),
    wrong('the first row left out', 'refuted', [/\[ 0, (%v6|%v7) \]/, '[ 1, $1 ]']),
    wrong('one row too many', 'out of bounds', [/icmp slt i64 (%v\d+), 6/, 'icmp slt i64 $1, 4096']),
    wrong('another row length', 'refuted', [/mul nsw i64 (%v\d+), 5/, 'mul nsw i64 $1, 4']),
    wrong('only even elements', 'refuted', [/(%v\d+) = add i64 (%v18|%v25), 1/, '$1 = add i64 $2, 2']),
    wrong('twice the result', 'refuted', instead(`%w = fmul float %${last}, 2.000000e+00`)),
    wrong('the sign turned', 'refuted', instead(`%w = fneg float %${last}`)),
    wrong(
      'the next float',
      'refuted',
      instead(`%b = bitcast float %${last} to i32\n%n = xor i32 %b, 1\n%w = bitcast i32 %n to float`),
    ),
    wrong(
      'NaN made zero',
      'refuted',
      instead(
        `%n = fcmp uno float %${last}, %${last}\n%w = select i1 %n, float 0.000000e+00, float %${last}`,
      ),
    ),
    wrong(
      'NaN lost in a maximum',
      'refuted',
      instead(`%w = call float @llvm.maxnum.f32(float %${last}, float 0xFFF0000000000000)`),
    ),
    wrong(
      'infinity clamped',
      'refuted',
      instead(`%w = call float @llvm.minimum.f32(float %${last}, float 0x47EFFFFFE0000000)`),
    ),
    wrong(
      'small numbers flushed',
      'refuted',
      instead(
        `%m = call float @llvm.fabs.f32(float %${last})\n%s = fcmp olt float %m, 0x3F50000000000000\n%w = select i1 %s, float 0.000000e+00, float %${last}`,
      ),
    ),
    wrong(
      'tiny numbers flushed',
      'refuted',
      instead(
        `%m = call float @llvm.fabs.f32(float %${last})\n%s = fcmp olt float %m, 0x3CD0000000000000\n%w = select i1 %s, float 0.000000e+00, float %${last}`,
      ),
    ),
    wrong(
      'through half precision',
      'refuted',
      instead(`%h = fptrunc float %${last} to half\n%w = fpext half %h to float`),
    ),
    wrong(
      'as an integer in between',
      'refuted',
      instead(`%h = call i32 @llvm.fptosi.sat.i32.f32(float %${last})\n%w = sitofp i32 %h to float`),
    ),
    wrong('a constant', 'refuted', [result, 'store float 1.000000e+00,']),
    wrong('nothing stored', 'refuted', [/ {2}store float [^\n]*\n/, '']),
    wrong('no work at all', 'refuted', [/(\{\n)[\s\S]*\}$/, '$1  ret void\n}']),
    wrong('undefined stored', 'refuted', [result, 'store float undef,']),
    wrong('a loop for ever', 'timeout', [/ret void/, 'br label %spin\nspin:\n  br label %spin']),
    wrong('writes far behind its buffer', 'out of bounds', [
      /(\n {2}ret void)/,
      '\n  %far = getelementptr i8, ptr %v2, i64 100000\n  store i8 1, ptr %far, align 1$1',
    ]),
    wrong('writes before its buffer', 'out of bounds', [
      /(\n {2}ret void)/,
      '\n  %far = getelementptr i8, ptr %v2, i64 -4\n  store float 1.0, ptr %far, align 4$1',
    ]),
    wrong('reads far behind its buffer and uses it', 'out of bounds', [
      /(\n {2}ret void)/,
      `\n  %far = getelementptr i8, ptr %v1, i64 4000000\n  %f = load float, ptr %far, align 4\n  %n = fadd float %f, 1.0\n  store float %n, ptr %v2, align 4$1`,
    ]),
    wrong('one instruction that means nothing', 'passes', [
      /(\n {2}ret void)/,
      '\n  %nothing = add i64 1, 1$1',
    ]),
  ]
}
