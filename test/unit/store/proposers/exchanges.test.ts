/** No exchange is paid for twice, and none is too ugly to keep. */
import { expect, test } from 'vitest'
import {
  findExchange,
  type NewExchange,
  putExchange,
  settleExchange,
} from '../../../../src/store/proposers/exchanges.ts'
import { fill } from '../filled.ts'

const ok = (text: string) => ({
  ...({
    state: 'ok',
    text,
    promptTokens: 9,
    replyTokens: 3,
    cachedTokens: 4,
    seconds: 1.5,
    finish: 'length',
  } as const),
})
const failed = (fault: 'subject' | 'environment' | 'unclear') => ({
  ...({ state: 'failed', fault, kind: 'timeout', message: 'no answer', seconds: 60 } as const),
})

function filled() {
  const { store, kernels } = fill()
  const exchange = (reply: NewExchange['reply'], more: Partial<NewExchange> = {}): NewExchange => ({
    ...{ kernel: kernels[0] ?? '', targetId: 1, llm: 'builtin', model: 'm', weightsHash: undefined },
    ...{ dialect: { name: 'instruct', version: '1' }, strategy: 'passes', metric: 'size', prompt: 'p' },
    ...{ sampling: { temperature: 0.8 }, seed: 1, sample: 0, round: 0, form: 'whole', reply },
    ...more,
  })
  return { store, exchange }
}

test('a stored reply is found by its key, and by no other', () => {
  const { store, exchange } = filled()
  const stored = exchange(ok('gvn'))
  const id = putExchange(store, stored)
  expect(findExchange(store, stored)).toMatchObject({ id, outcome: 'replied', reply: ok('gvn') })
  for (const other of [
    ...[{ seed: 2 }, { sample: 1 }, { round: 1 }, { prompt: 'q' }, { system: 's' }, { metric: 'time' }],
    ...[{ model: 'n' }, { weightsHash: 'f' }, { strategy: 'hints' }, { sampling: { temperature: 0 } }],
    { dialect: { name: 'instruct', version: '2' } },
  ])
    expect(findExchange(store, { ...stored, ...other })).toBeUndefined()
  settleExchange(store, id, { outcome: 'invalid', class: 'syntax', reason: 'unknown pass' })
  expect(findExchange(store, stored)).toMatchObject({
    outcome: 'invalid',
    class: 'syntax',
    reason: 'unknown pass',
  })
})

test.each([
  ['subject', 1],
  ['unclear', 3],
] as const)('a failure that is %s is asked %i times', (fault, times) => {
  const { store, exchange } = filled()
  const one = exchange(failed(fault))
  const ids = new Set<number>()
  for (let i = 0; i < times; i++) {
    expect(findExchange(store, one)).toBeUndefined()
    ids.add(putExchange(store, one))
  }
  expect(findExchange(store, one)).toMatchObject({
    outcome: 'failed',
    class: 'timeout',
    reply: failed(fault),
  })
  expect(ids.size).toBe(1)
})

test('the environment’s failure is asked again, and a reply takes its place', () => {
  const { store, exchange } = filled()
  for (let i = 0; i < 5; i++) putExchange(store, exchange(failed('environment')))
  expect(findExchange(store, exchange(failed('environment')))).toBeUndefined()
  const id = putExchange(store, exchange(ok('gvn')))
  expect(findExchange(store, exchange(ok('')))).toMatchObject({ id, class: undefined, reply: ok('gvn') })
})

test('NUL bytes, half characters and ten megabytes survive, the last cut and told', () => {
  const { store, exchange } = filled()
  const ugly = 'a\0b\u{1f600}\r\n'
  putExchange(store, exchange(ok(ugly)))
  expect(findExchange(store, exchange(ok('')))?.reply).toMatchObject({ text: ugly })
  const long = exchange(ok('x'.repeat(10e6)), { seed: 2 })
  putExchange(store, long)
  const found = findExchange(store, long)
  expect(found?.reply.state === 'ok' && found.reply.text.length).toBe(1 << 20)
  expect(found?.reason).toBe('cut: 10000000 bytes')
  putExchange(store, exchange(ok('\ud800'), { seed: 3 }))
  expect(findExchange(store, exchange(ok(''), { seed: 3 }))?.reply).toMatchObject({ text: '\ufffd' })
})
