import { afterEach, beforeEach, expect, test } from 'vitest'
import { cutCommand, endHarvest, INTERRUPTED, startHarvest } from '../../../../src/store/kernels/harvests.ts'
import { openStore, type Store } from '../../../../src/store/open.ts'

const WORK = 'local  --xla_flag=1 @ '
let store: Store
beforeEach(() => {
  store = openStore(':memory:')
})
afterEach(() => {
  store.close()
})

function harvest(command: string, model: string, reason?: string): void {
  const id = startHarvest(store, { model, source: 'local', xlaFlags: '', command })
  endHarvest(store, id, reason === undefined ? { state: 'complete' } : { state: 'failed', reason })
}

test('an interrupted command names what it had finished, also when it is interrupted twice', () => {
  harvest(`${WORK}1`, 'mlp')
  harvest(`${WORK}1`, 'cnn', INTERRUPTED)
  expect(cutCommand(store, ['mlp', 'cnn', 'gru'], WORK)).toEqual({ command: `${WORK}1`, finished: ['mlp'] })
  harvest(`${WORK}1`, 'cnn')
  harvest(`${WORK}1`, 'gru', INTERRUPTED)
  expect(cutCommand(store, ['mlp', 'cnn', 'gru'], WORK)?.finished.toSorted()).toEqual(['cnn', 'mlp'])
  expect(cutCommand(store, ['cnn', 'gru'], WORK)?.finished).toEqual(['cnn'])
})

test('nothing is skipped once the work is done, or when it is other work', () => {
  harvest(`${WORK}1`, 'mlp')
  harvest(`${WORK}1`, 'cnn', INTERRUPTED)
  expect(cutCommand(store, ['mlp'], WORK)).toBeUndefined()
  expect(cutCommand(store, ['mlp', 'cnn'], 'docker  --xla_flag=1 @ ')).toBeUndefined()
  harvest(`${WORK}1`, 'cnn')
  expect(cutCommand(store, ['mlp', 'cnn'], WORK)).toBeUndefined()
})

test('a model that failed by itself is no interruption', () => {
  harvest(`${WORK}1`, 'mlp')
  harvest(`${WORK}1`, 'cnn', 'ValueError: no')
  expect(cutCommand(store, ['mlp', 'cnn'], WORK)).toBeUndefined()
})
