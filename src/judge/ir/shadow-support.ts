/** Functions that shadowed IR calls: they show poison, and note what is undefined. Pure. */
import { vectorOf } from '../../kernel/ir/scan.ts'
import { elementOf, FLOAT_BITS, type Float, integerBits, isFloat, maskType, splat } from './types.ts'

/** Types whose poison can be shown. */
export const isFillable = (type: string): boolean => isFloat(type) || /^i\d+$/.test(elementOf(type))

export const fillName = (type: string): string => `xlab.fill.${type.replaceAll(/[^a-z0-9]+/g, '.')}`
/** Functions the shadows call. Patterns differ from the value in its lowest bit, so that i1 differs too. */
export function shadowSupport(types: readonly string[], entry: 'call-frame' | 'scalar'): string[] {
  const lines = [
    '@xlab_probe = external global i32',
    '@xlab.undefined = internal global i1 false',
    '@xlab.last = internal global i1 false',
  ]
  lines.push(
    ...(entry === 'scalar'
      ? [
          'define internal void @xlab.undefined.if(i1 %c) {',
          '  %u = load i1, ptr @xlab.undefined',
          '  %o = or i1 %u, %c',
          '  store i1 %o, ptr @xlab.undefined',
          '  ret void\n}',
          'define internal i1 @xlab.undone() {',
          '  %u = load i1, ptr @xlab.undefined',
          '  store i1 false, ptr @xlab.undefined',
          '  store i1 %u, ptr @xlab.last',
          '  ret i1 %u\n}',
        ]
      : [
          'define internal void @xlab.undefined.if(i1 %c) {',
          '  br i1 %c, label %undefined, label %fine',
          'undefined:',
          '  call void @llvm.trap()',
          '  unreachable',
          'fine:',
          '  ret void\n}',
        ]),
  )
  return [...lines, ...types.flatMap(fillFunction)]
}

function fillFunction(type: string): string[] {
  const vector = vectorOf(type)
  const element = elementOf(type)
  const bits = isFloat(type) ? FLOAT_BITS[element as Float] : integerBits(element)
  const whole = vector === undefined ? `i${bits}` : `<${vector.lanes} x i${bits}>`
  const mask = maskType(type)
  const zero = splat(whole, bits === 1 ? 'false' : '0')
  const ones = splat(whole, bits === 1 ? 'true' : '-1')
  const other = splat(
    whole,
    bits === 1 ? 'true' : `${0x55555555_55555555n & ((1n << BigInt(Math.min(bits, 62))) - 1n)}`,
  )
  return [
    `define internal ${type} @${fillName(type)}(${type} %v, ${mask} %p) {`,
    '  %k = load i32, ptr @xlab_probe',
    '  %off = icmp eq i32 %k, 0',
    '  %one = icmp eq i32 %k, 1',
    `  %m1 = select i1 %one, ${whole} ${ones}, ${whole} ${other}`,
    `  %m0 = select i1 %off, ${whole} ${zero}, ${whole} %m1`,
    `  %m = select ${mask} %p, ${whole} %m0, ${whole} ${zero}`,
    `  %b = bitcast ${type} %v to ${whole}`,
    `  %x = xor ${whole} %b, %m`,
    `  %r = bitcast ${whole} %x to ${type}`,
    `  ret ${type} %r\n}`,
  ]
}
