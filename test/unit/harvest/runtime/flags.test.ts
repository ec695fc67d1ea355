import { expect, test } from 'vitest'
import {
  mergeXlaFlags,
  normaliseXlaFlags,
  quotedXlaFlag,
  splitXlaFlags,
} from '../../../../src/harvest/runtime/flags.ts'

test('a flag of the user replaces ours of the same name and others are added', () => {
  expect(mergeXlaFlags('--xla_dump_to=/dumps --xla_a=1', '--xla_a=2 --xla_b')).toBe(
    '--xla_dump_to=/dumps --xla_a=2 --xla_b',
  )
})

test('equal settings have one spelling, whatever their order', () => {
  expect(normaliseXlaFlags('--xla_b=2  --xla_a --xla_b=1')).toBe('--xla_a --xla_b=1')
  expect(normaliseXlaFlags('')).toBe('')
})

test('a path with spaces and quotes is one flag', () => {
  const flag = quotedXlaFlag('xla_dump_to', '/a b/"c')
  expect(flag).toBe('--xla_dump_to="/a b/\\"c"')
  expect(splitXlaFlags(`--xla_a ${flag} --xla_b`)).toEqual(['--xla_a', flag, '--xla_b'])
  expect(quotedXlaFlag('xla_dump_to', '/tmp/x-1')).toBe('--xla_dump_to=/tmp/x-1')
})

test.each([
  ['xla_a=1', 'not an XLA flag: xla_a=1'],
  ['--xla_dump_to=/tmp', 'xlab sets --xla_dump_to itself'],
])('%s is refused', (text, message) => {
  expect(() => normaliseXlaFlags(text)).toThrow(message)
})
