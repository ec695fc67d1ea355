/** What is built as reference, and why: decided by the kernel's own instructions and flags. */
import { expect, test } from 'vitest'
import { referenceVariants } from '../../../src/judge/reference.ts'
import type { Semantics } from '../../../src/kernel/verdict.ts'

const kernel = (...body: string[]): string =>
  [
    'define ptr @kernel(ptr %frame) {',
    '  %args.at = getelementptr i8, ptr %frame, i64 24',
    '  %args = load ptr, ptr %args.at',
    '  %p = load ptr, ptr %args',
    '  %x = load float, ptr %p',
    '  %i = load i32, ptr %p',
    ...body.map(line => `  ${line}`),
    '  ret ptr null',
    '}',
    '',
  ].join('\n')

const plan = (ir: string, ...semantics: Semantics[]) =>
  Object.fromEntries(
    referenceVariants(ir, { entry: 'call-frame', semantics: new Set(semantics) }).map(v => [
      v.key,
      [...new Set(v.runs.map(run => run.role))].join(' '),
    ]),
  )

test('a kernel without floating point has one reference, and one value', () => {
  expect(plan(kernel('%y = add i32 %i, 1', 'store i32 %y, ptr %p'), 'ir', 'xla')).toEqual({ plain: 'value' })
})

test('one rounding leaves nothing open, to XLA neither', () => {
  expect(plan(kernel('%y = fdiv float %x, 3.0', 'store float %y, ptr %p'), 'ir', 'xla')).toEqual({
    plain: 'value',
  })
})

const muladd = (flags: string) =>
  kernel(`%m = fmul ${flags} float %x, %x`, `%y = fadd ${flags} float %m, %x`, 'store float %y, ptr %p')

test('a product and a sum may be contracted by XLA, by others where flags say so', () => {
  expect(plan(muladd(''), 'ir')).toEqual({ plain: 'value' })
  expect(plan(muladd(''), 'ir', 'xla')).toEqual({ plain: 'value', xla: 'xla depends' })
  expect(plan(muladd('contract'), 'ir')).toEqual({ plain: 'value ir', contracted: 'ir' })
  const fast = plan(muladd('fast'), 'ir')
  expect(fast).toMatchObject({ plain: 'value ir', contracted: 'ir', reassociated: 'ir', watched: 'probe' })
})

test('math functions err for XLA, for others only where LLVM itself exchanges them', () => {
  const call = (name: string, flags = '') =>
    kernel(`%y = call ${flags} float @llvm.${name}.f32(float %x)`, 'store float %y, ptr %p')
  expect(plan(call('exp'), 'ir')).toEqual({ plain: 'value' })
  expect(plan(call('exp'), 'xla')).toEqual({ plain: 'value', xla: 'xla depends' })
  expect(plan(call('exp', 'afn'), 'ir')).toMatchObject({ approximated: 'ir' })
  expect(plan(call('sqrt'), 'ir', 'xla')).toEqual({ plain: 'value' })
  const pow = kernel('%y = call float @llvm.pow.f32(float %x, float 2.0)', 'store float %y, ptr %p')
  expect(plan(pow, 'ir')).toMatchObject({ approximated: 'ir' })
})

test('vectors of math calls go lane by lane to the runner', () => {
  const ir = kernel(
    '%v = load <2 x float>, ptr %p',
    '%y = call <2 x float> @llvm.log.v2f32(<2 x float> %v)',
    'store <2 x float> %y, ptr %p',
  )
  const erring = xlaVariant(ir)
  expect(erring?.match(/call float @xlab_logf\(float %\S+\)/g)).toHaveLength(2)
  expect(erring).toContain('declare float @xlab_logf(float)')
  expect(erring).not.toContain('@llvm.log')
})

const xlaVariant = (ir: string): string | undefined =>
  referenceVariants(ir, { entry: 'call-frame', semantics: new Set(['xla']) }).find(v => v.key === 'xla')?.ir

test('only products that a sum may take in err, each known by its number', () => {
  const erring = xlaVariant(
    kernel(
      '%a = fmul float %x, %x',
      '%b = fmul float %a, %x',
      '%c = call float @llvm.fmuladd.f32(float %x, float %x, float %b)',
      '%d = fneg float %b',
      '%e = fsub float %c, %d',
      'store float %e, ptr %p',
    ),
  )
  expect(erring).toContain('%a = fmul float %x, %x')
  expect(erring).toContain('%b = call float @xlab_mulf(float %a, float %x, i32 0)')
  expect(erring).toContain('call float @xlab_mulf(float %x, float %x, i32 1)')
  expect(erring).toMatch(/%c = fadd float %\S+, %b/)
  expect(
    xlaVariant(kernel('%a = fmul float %x, %x', '%b = fadd float %x, %x', 'store float %b, ptr %p')),
  ).toBe(undefined)
})

test("XLA's reciprocal root errs, a quotient of the kernel's own does not", () => {
  const declared = 'declare float @xla.rsqrt.f32(float)\n'
  const own = kernel('%y = call float @xla.rsqrt.f32(float %x)', 'store float %y, ptr %p')
  expect(xlaVariant(declared + own)).toContain('%y = call float @xlab_rsqrtf(float %x)')
  expect(plan(declared + own, 'ir')).toEqual({ plain: 'value' })
})

test('only what depends on input data is watched for poison', () => {
  const index = '%j = mul nsw i64 4, 5'
  expect(plan(kernel(index, 'store i32 %i, ptr %p'), 'ir')).toEqual({ plain: 'value' })
  expect(plan(kernel('%y = add nsw i32 %i, 1', 'store i32 %y, ptr %p'), 'ir')).toEqual({
    plain: 'value',
    watched: 'probe',
  })
  expect(plan(kernel('%y = fptosi float %x to i32', 'store i32 %y, ptr %p'), 'ir')).toEqual({
    plain: 'value',
    watched: 'probe',
  })
  expect(plan(kernel('%y = shl i32 1, 31', 'store i32 %y, ptr %p'), 'ir')).toEqual({ plain: 'value' })
})
