/** For tests: answers that LLVM refuses, by what it refuses them for. */
import type { AnswerCase } from './answer.ts'
import { edited, tagged } from './text.ts'

type Case = Omit<AnswerCase, 'subject'>
type Edit = readonly [RegExp | string, string]

const invalid =
  (inner: string) =>
  (id: string, kind: string, ...edits: readonly Edit[]): Case => ({
    id,
    reply: tagged(edited(inner, ...edits)),
    expected: `invalid ${kind}`,
  })

/** Of kernels that loop over rows and columns of floats. `last` is the result their inner loop stores. */
export function loopMistakes(inner: string, last: string): Case[] {
  const wrong = invalid(inner)
  const use = new RegExp(`store float %${last},`)
  return [
    wrong('a float added as integer', 'type error', [/add i64 (%v\d+), 1/, `add i64 $1, %${last}`]),
    wrong('integer arithmetic on floats', 'type error', [
      /= f(?:sub|add|div|mul)(?: reassoc)? float/,
      '= sub float',
    ]),
    wrong('float arithmetic on integers', 'type error', [/mul nsw i64/, 'fmul i64']),
    wrong('another type returned', 'type error', [/ret void/, 'ret i32 0']),
    wrong('a loop counter of another width', 'type error', [/phi i64/, 'phi i32']),
    wrong('a branch on a number', 'type error', [/br i1 (%v\d+), label %(v\d+)/, 'br i64 %v8, label %$2']),
    wrong('a comparison of floats as integers', 'type error', [
      /icmp slt i64 (%v\d+), (\d)/,
      `icmp slt float %${last}, %${last}`,
    ]),
    wrong('an address that is a number', 'type error', [/load float, ptr %v\d+/, 'load float, ptr %v8']),
    wrong('a cast that narrows to wider', 'type error', [/( {2}br label)/, '  %w = trunc i64 0 to i128\n$1']),
    wrong('an index that is a float', 'type error', [
      /( {2}ret void)/,
      '  %g = getelementptr float, ptr %v0, float 1.0\n$1',
    ]),
    wrong('a value that is nowhere', 'undefined value', [use, 'store float %result,']),
    wrong('a block that is nowhere', 'undefined value', [/br label %v\d+/, 'br label %exit']),
    wrong('an intrinsic that is none', 'gate:call', [
      /( {2}ret void)/,
      '  %e = call float @llvm.expo.f32(float 0.0)\n$1',
    ]),
    wrong('a global that is nowhere', 'undefined value', [
      /( {2}ret void)/,
      '  %g = load float, ptr @constants, align 4\n$1',
    ]),
    wrong('a parameter renamed half', 'undefined value', [/ptr %v0\b/, 'ptr %input']),
    wrong('a value defined twice', 'redefinition', [/( {2}%v16 = [^\n]*\n)/, '$1$1']),
    wrong('a label that is there twice', 'control flow', [
      /\n( {2}ret void)/,
      '\n  br label %again\nagain:\n  br label %again\nagain:\n$1',
    ]),
    wrong('a use before its definition', 'forward reference', [
      /mul nsw i64 (%v\d+), 5/,
      'mul nsw i64 %v22, 5',
    ]),
    wrong('a value of itself', 'forward reference', [/mul nsw i64 (%v\d+), 5/, 'mul nsw i64 %v16, 5']),
    wrong('a value of another path', 'forward reference', [
      /ret void/,
      `store float %${last}, ptr %v0, align 4\n  ret void`,
    ]),
    wrong('a misspelt instruction', 'syntax', [/getelementptr/, 'getelementpointer']),
    wrong('a comma too few', 'syntax', [/phi i64 \[ (%v\d+), /, 'phi i64 [ $1 ']),
    wrong('a type too few', 'syntax', [/add i64 %/, 'add %']),
    wrong('an assignment of C', 'syntax', [/ {2}%v16 = [^\n]*/, '  v16 = v8 * 5;']),
    wrong('no comma behind a load’s type', 'syntax', [/load float, ptr/, 'load float ptr']),
    wrong('a decimal that is no float', 'constant', [/( {2}ret void)/, '  %k = fmul float 0.1, 2.0\n$1']),
    wrong('a whole number as float', 'constant', [/( {2}ret void)/, '  %k = fmul float 1, 2.0\n$1']),
    wrong('a float as whole number', 'constant', [/mul nsw i64 (%v\d+), 5/, 'mul nsw i64 $1, 5.0']),
    wrong('an alignment that is none', 'constant', [/align 4/, 'align 3']),
    wrong('a block without an end', 'syntax', [/\n {2}br i1 [^\n]*/, '']),
    wrong('a phi of a block that does not lead there', 'control flow', [
      /phi i64 \[ (%v\d+), %(v\d+) \], \[ 0, %(v\d+) \]/,
      'phi i64 [ $1, %$2 ], [ 0, %$2 ]',
    ]),
    wrong('a phi behind an instruction', 'control flow', [
      /(\n {2}%v\d+ = phi [^\n]*)\n {2}(%v\d+ = icmp [^\n]*)/,
      '\n  %o = add i64 1, 1$1\n  $2',
    ]),
    wrong('numbers out of order', 'numbering', [
      / {2}%v16 =/,
      '  %7 = add i64 1, 1\n  %3 = add i64 1, 1\n  %v16 =',
    ]),
    wrong('an intrinsic with an argument too many', 'signature', [
      /( {2}ret void)/,
      '  %e = call float @llvm.fabs.f32(float 0.0, float 0.0)\n$1',
    ]),
    wrong('another number of parameters', 'signature', [/, i64 %v5\)/, ')']),
    wrong('another result', 'signature', [/internal void/, 'internal i32']),
    wrong('one buffer as a number', 'signature', [/\(ptr %v0/, '(i64 %v0']),
  ]
}
