/** For tests: answers about a kernel of integers in one function, and about a function of scalars. */
import type { AnswerCase } from './answer.ts'
import { edited, tagged } from './text.ts'

type Case = Omit<AnswerCase, 'subject'>
type Edit = readonly [RegExp | string, string]

const cases =
  (inner: string) =>
  (id: string, expected: string, ...edits: readonly Edit[]): Case => ({
    id,
    expected,
    reply: tagged(edited(inner, ...edits)),
  })

/** `a < b` of two s32, stored as one byte, the call frame read by the kernel itself. */
export function compareCases(inner: string): Case[] {
  const make = cases(inner)
  return [
    make('less or equal', 'built refuted', [/icmp slt/, 'icmp sle']),
    make('unsigned', 'built refuted', [/icmp slt/, 'icmp ult']),
    make('operands swapped', 'built refuted', [/slt i32 (%v\d+), (%v\d+)/, 'slt i32 $2, $1']),
    make('through a difference that wraps', 'built refuted', [
      /%v32 = icmp slt i32 (%v\d+), (%v\d+)/,
      '%d = sub i32 $1, $2\n  %v32 = icmp slt i32 %d, 0',
    ]),
    make('always', 'built refuted', [/zext i1 %v32/, 'zext i1 true']),
    make('all bits set', 'built refuted', [/zext i1/, 'sext i1']),
    make('wrong at one value', 'built refuted', [
      /%v33 = zext i1 %v32/,
      '%one = icmp ne i32 %v30, -2147483648\n  %both = and i1 %one, %v32\n  %v33 = zext i1 %both',
    ]),
    make('writes four bytes', 'built out of bounds', [
      /%v33 = zext i1 %v32 to i8\n {2}store i8 %v33/,
      '%v33 = zext i1 %v32 to i32\n  store i32 %v33',
    ]),
    make('writes its input', 'built out of bounds', [
      /( {2}store i8)/,
      '  store i32 0, ptr %v21, align 4\n$1',
    ]),
    make('returns an error', 'invalid gate:address', [/ret ptr null/, 'ret ptr %v21']),
    make('returns made-up null', 'invalid gate:address', [/ret ptr null/, 'ret ptr zeroinitializer']),
    make('an argument that is not there', 'built out of bounds', [
      /getelementptr %t3, ptr %v27, i32 2, i32 0/,
      'getelementptr %t3, ptr %v27, i32 900000, i32 0',
    ]),
    make(
      'divides by what may be zero',
      'built crash',
      [
        /( {2}store i8)/,
        '  %q = sdiv i32 %v30, %v31\n  %e = icmp eq i32 %q, 123456789\n  %f = zext i1 %e to i8\n  %m = xor i8 %f, %v33\n$1',
      ],
      [/store i8 %v33/, 'store i8 %m'],
    ),
    make('the other way round', 'passes', [/icmp slt i32 (%v\d+), (%v\d+)/, 'icmp sgt i32 $2, $1']),
    make('blocks in one', 'passes', [/\n {2}br label %v34\nv34:/, '']),
    make('types of its own', 'invalid gate:type', [/^/, '%t0 = type { ptr, ptr, ptr, ptr }\n']),
    make('a type that is nowhere', 'invalid type error', [/%t3/, '%struct.Arg']),
  ]
}

/** `2 * number + addend` of i32. */
export function scalarCases(inner: string): Case[] {
  const body = (lines: string): Edit => [/(\{\n)[\s\S]*\}$/, `$1${lines.replaceAll(/^/gm, '  ')}\n}`]
  const make = cases(inner)
  return [
    make('a shift', 'passes', body('%d = shl i32 %v0, 1\n%s = add i32 %d, %v1\nret i32 %s')),
    make('a sum', 'passes', body('%d = add i32 %v0, %v0\n%s = add i32 %d, %v1\nret i32 %s')),
    make('three times', 'built refuted', body('%d = mul i32 %v0, 3\n%s = add i32 %d, %v1\nret i32 %s')),
    make('subtracts', 'built refuted', body('%d = shl i32 %v0, 1\n%s = sub i32 %d, %v1\nret i32 %s')),
    make('swapped', 'built refuted', body('%d = shl i32 %v1, 1\n%s = add i32 %d, %v0\nret i32 %s')),
    make(
      'saturates',
      'built refuted',
      body('%d = call i32 @llvm.sadd.sat.i32(i32 %v0, i32 %v0)\n%s = add i32 %d, %v1\nret i32 %s'),
    ),
    make(
      'in sixteen bits',
      'built refuted',
      body(
        '%t = trunc i32 %v0 to i16\n%x = sext i16 %t to i32\n%d = shl i32 %x, 1\n%s = add i32 %d, %v1\nret i32 %s',
      ),
    ),
    make(
      'through floats',
      'built refuted',
      body(
        '%f = sitofp i32 %v0 to float\n%g = fmul float %f, 2.0\n%d = fptosi float %g to i32\n%s = add i32 %d, %v1\nret i32 %s',
      ),
    ),
    make('halves', 'built refuted', body('%d = ashr i32 %v0, 1\n%s = add i32 %d, %v1\nret i32 %s')),
    make(
      'wrong at one value',
      'built refuted',
      body(
        '%c = icmp eq i32 %v0, -1\n%d = shl i32 %v0, 1\n%s = add i32 %d, %v1\n%r = select i1 %c, i32 0, i32 %s\nret i32 %r',
      ),
    ),
    make(
      'never ends for some',
      'built timeout',
      body(
        'br label %l\nl:\n%i = phi i32 [ 0, %0 ], [ %j, %l ]\n%j = add i32 %i, 2\n%c = icmp eq i32 %i, 1\nbr i1 %c, label %e, label %l\ne:\n%d = shl i32 %v0, 1\n%s = add i32 %d, %v1\nret i32 %s',
      ),
    ),
    make(
      'divides',
      'built crash',
      body('%q = udiv i32 %v0, %v1\n%d = mul i32 %v0, 2\n%s = add i32 %d, %q\nret i32 %s'),
    ),
    make(
      'loads from a number',
      'invalid gate:address',
      body('%p = inttoptr i32 %v0 to ptr\n%s = load i32, ptr %p, align 4\nret i32 %s'),
    ),
    make('recurses', 'invalid gate:call', body('%s = call i32 @kernel(i32 %v0, i32 %v1)\nret i32 %s')),
    make('undefined', 'built refuted', body('ret i32 undef')),
    make(
      'poison',
      'built refuted',
      body('%d = shl nuw nsw i32 2147483647, 9\n%s = add i32 %d, %v1\nret i32 %s'),
    ),
    make('wider', 'invalid type error', body('%d = mul i64 %v0, 2\nret i32 %d')),
    make('a parameter too few', 'invalid signature', [/, i32 %v1\)/, ')']),
    make('sixty-four bits', 'invalid signature', [/i32 @kernel/, 'i64 @kernel']),
  ]
}
