import { expect, test } from 'vitest'
import { withOlderAttributes } from '../../../../src/llvm/reading/older-attributes.ts'

test.each([
  ['preservesign', '"denormal-fp-math"="preserve-sign,preserve-sign"'],
  ['ieee|positivezero', '"denormal-fp-math"="ieee,positive-zero"'],
  ['float: preservesign', '"denormal-fp-math-f32"="preserve-sign,preserve-sign"'],
  [
    'dynamic, float: preservesign|ieee',
    '"denormal-fp-math"="dynamic,dynamic" "denormal-fp-math-f32"="preserve-sign,ieee"',
  ],
])('denormal_fpenv(%s) becomes the strings it replaced', (modes, older) => {
  expect(withOlderAttributes(`attributes #0 = { denormal_fpenv(${modes}) uwtable }`)).toBe(
    `attributes #0 = { ${older} uwtable }`,
  )
  expect(withOlderAttributes(`define void @f() denormal_fpenv(${modes}) {`)).toBe(
    `define void @f() ${older} {`,
  )
})

test('what is no attribute, or of an unknown mode, stays as it is', () => {
  const text = '@c = constant [4 x i8] c"denormal_fpenv(ieee)"\nattributes #0 = { denormal_fpenv(sometimes) }'
  expect(withOlderAttributes(text)).toBe(text)
})
