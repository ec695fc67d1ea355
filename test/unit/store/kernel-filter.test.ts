import { beforeAll, expect, test } from 'vitest'
import { XlabError } from '../../../src/errors.ts'
import { putBlob } from '../../../src/store/blobs.ts'
import { kernelFilter } from '../../../src/store/kernel-filter.ts'
import { openStore, type Store } from '../../../src/store/open.ts'
import { insert } from '../../../src/store/statements.ts'

let store: Store

beforeAll(() => {
  store = openStore(':memory:')
  const ir = putBlob(store, 'ir')
  const add = (hash: string, name: string, model: string, opcode: string, opType: string): void => {
    insert(store, 'kernel', {
      hash,
      rule: 1,
      name,
      abi: 'call-frame',
      ir_hash: ir,
      reader: '22.1.8',
      lines: 1,
      functions: 1,
      ir_instructions: 1,
    })
    const harvest_id = insert(store, 'harvest', {
      model,
      source: 'dump',
      xla_flags: '',
      state: 'complete',
      started_at: 'now',
    })
    const module_id = insert(store, 'module', { harvest_id, name: 'm' })
    insert(store, 'sighting', {
      module_id,
      kernel_hash: hash,
      name,
      file: 'f.ll',
      opcode,
      op_type: opType,
      calls: 1,
    })
  }
  add('aaaa1', 'add_fusion', 'cnn', 'fusion', 'AddV2')
  add('aaab2', 'reduce_sum', 'cnn', 'reduce', 'Sum')
  add('bbbb3', 'reduce_max_fusion', 'mlp', 'fusion', 'Max')
})

const matching = (text: string | undefined): unknown[] => {
  const { where, parameters } = kernelFilter(text)
  return store
    .prepare(`SELECT hash FROM kernel WHERE ${where} ORDER BY hash`)
    .pluck()
    .all(...parameters)
}

test.each([
  [undefined, ['aaaa1', 'aaab2', 'bbbb3']],
  ['  ', ['aaaa1', 'aaab2', 'bbbb3']],
  ['model:cnn', ['aaaa1', 'aaab2']],
  ['op:fusion', ['aaaa1', 'bbbb3']],
  ['op:Max', ['bbbb3']],
  ['name:reduce', ['aaab2', 'bbbb3']],
  ['BBBB', ['bbbb3']],
  ['model:cnn op:fusion', ['aaaa1']],
  ['model:cnn,name:reduce', ['aaab2']],
  ['model:nobody', []],
])('%s', (text, hashes) => {
  expect(matching(text)).toEqual(hashes)
})

test('a term of no known form is a usage error that shows the forms', () => {
  for (const bad of ['color:red', 'model:', 'abc', "x' OR 1 --"]) {
    expect(() => kernelFilter(bad)).toThrow(XlabError)
    expect(() => kernelFilter(bad)).toThrow(/--filter/)
  }
})
