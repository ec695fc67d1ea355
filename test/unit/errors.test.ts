import { expect, test } from 'vitest'
import { EXIT, nearest, unknownName, usageError, worldError } from '../../src/errors.ts'

const coded = (code: string, message = 'told by the system'): Error =>
  Object.assign(new Error(message), { code })

test('the nearest names, best first; what is too far is not named', () => {
  const names = ['harvest', 'verify', 'query', 'optimise', 'at']
  expect(nearest('harvset', names)).toEqual(['harvest'])
  expect(nearest('VERFY', names)).toEqual(['verify'])
  expect(nearest('frobnicate', names)).toEqual([])
  expect(nearest('nam', names)).toEqual([])
  expect(nearest('cn', ['gru', 'cnn', 'c'])).toEqual(['cnn'])
})

test('an unknown name comes with the nearest ones, or with those there are', () => {
  expect(unknownName('model', 'cnnn', ['cnn', 'gru'])).toMatchObject({
    exitCode: EXIT.usage,
    message: "unknown model 'cnnn'",
    hint: 'did you mean cnn?',
  })
  expect(unknownName('lane', 'everything', ['unit', 'docker']).hint).toBe('known: unit, docker')
  const many = Array.from({ length: 30 }, (_, i) => `kernel-number-${i}`)
  expect(unknownName('kernel', 'x', many).hint).toMatch(/kernel-number-19, …$/)
})

test.each([
  ['ENOSPC', /no space left/],
  ['SQLITE_FULL', /no space left/],
  ['SQLITE_BUSY_SNAPSHOT', /locked by another process/],
  ['SQLITE_CORRUPT', /damaged/],
  ['SQLITE_IOERR_WRITE', /cannot be read or written/],
  ['EROFS', /cannot be used/],
  ['EMFILE', /out of a resource/],
])('%s is a failure of the world, told with what to do', (code, message) => {
  const error = worldError(coded(code))
  expect(error).toMatchObject({ exitCode: EXIT.environment })
  expect(error?.message).toMatch(message)
  expect(error?.message).toContain('told by the system')
  expect(error?.hint).not.toBe('')
  expect(error?.hint).toBeDefined()
})

test('any other error is not one of the world: it is a bug', () => {
  expect(worldError(new TypeError('x is not a function'))).toBeUndefined()
  expect(worldError(coded('SQLITE_ERROR'))).toBeUndefined()
  expect(worldError(coded('SQLITE_CONSTRAINT_UNIQUE'))).toBeUndefined()
  expect(worldError(undefined)).toBeUndefined()
  expect(worldError(usageError('no'))).toBeUndefined()
})
