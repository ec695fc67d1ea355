/** What is tried again, and when it is given up. */
import { expect, test } from 'vitest'
import { clearAttempt, type Fault, givenUp, recordAttempt } from '../../../src/store/attempts.ts'
import { hostId } from '../../../src/store/measurements/hosts.ts'
import { openStore } from '../../../src/store/open.ts'

const key = { stage: 'bench', subject: 'k', detail: 'local' } as const

test.each<[Fault, boolean[]]>([
  ['subject', [true, true, true]],
  ['unclear', [false, false, true]],
  ['environment', [false, false, false]],
])('a failure of fault %s is given up after: %j', (fault, expected) => {
  const store = openStore(':memory:')
  const seen = expected.map(() => {
    recordAttempt(store, { ...key, fault, reason: 'no' })
    return givenUp(store, key)
  })
  expect(seen).toEqual(expected)
})

test('success forgets the failure', () => {
  const store = openStore(':memory:')
  recordAttempt(store, { ...key, fault: 'subject', reason: 'no' })
  clearAttempt(store, key)
  expect(givenUp(store, key)).toBe(false)
})

test('a host is one row as long as its CPU and system stay', () => {
  const store = openStore(':memory:')
  const host = { name: 'local', kind: 'local', cpu: 'a', cores: 2, os: 'linux', emulated: false }
  const first = hostId(store, host)
  expect(hostId(store, { ...host, cores: 4 })).toBe(first)
  expect(hostId(store, { ...host, cpu: 'b' })).not.toBe(first)
})
