import { beforeAll, expect, test } from 'vitest'
import { XlabError } from '../../../../src/errors.ts'
import { sha256 } from '../../../../src/kernel/build.ts'
import { putBlob } from '../../../../src/store/blobs.ts'
import { kernelFilter } from '../../../../src/store/kernels/kernel-filter.ts'
import { openStore, type Store } from '../../../../src/store/open.ts'
import { insert } from '../../../../src/store/statements.ts'

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
  for (const bad of ['color:red', 'model:', 'abc', "x' OR 1 --", 'sample:0', 'sample:x', 'sample:5@y']) {
    expect(() => kernelFilter(bad)).toThrow(XlabError)
    expect(() => kernelFilter(bad)).toThrow(/--filter/)
  }
})

test('a sample is of the size asked for, repeats itself, follows its seed, and gives every stratum its share', () => {
  const store = openStore(':memory:')
  const ir = putBlob(store, 'ir')
  for (let i = 0; i < 400; i++) {
    const hash = sha256(String(i))
    const sizes = { lines: 60, functions: 1, ir_instructions: 1 }
    insert(store, 'kernel', {
      ...{ hash, rule: 1, name: 'k', abi: 'call-frame', ir_hash: ir, reader: '22.1.8', ...sizes },
    })
    const model = i % 4 === 0 ? 'cnn' : 'mlp'
    const started = { xla_flags: '', state: 'complete', started_at: 'now' }
    const harvest_id = insert(store, 'harvest', { model, source: 'dump', ...started })
    const module_id = insert(store, 'module', { harvest_id, name: 'm' })
    insert(store, 'sighting', {
      module_id,
      kernel_hash: hash,
      name: 'k',
      file: 'f',
      opcode: 'fusion',
      calls: 1,
    })
  }
  const taken = (text: string): string[] => {
    const { where, parameters } = kernelFilter(text)
    const sql = `SELECT hash FROM kernel WHERE ${where} ORDER BY hash`
    return store
      .prepare(sql)
      .pluck()
      .all(...parameters) as string[]
  }
  expect(taken('sample:40')).toHaveLength(40)
  expect(taken('sample:40')).toEqual(taken('sample:40@1'))
  expect(taken('sample:40@2')).not.toEqual(taken('sample:40'))
  expect(taken('sample:9999')).toHaveLength(400)
  for (const seed of [1, 2, 3, 4, 5]) {
    const cnn = new Set(taken('model:cnn'))
    const share = taken(`sample:40@${seed}`).filter(hash => cnn.has(hash)).length
    expect(Math.abs(share - 10)).toBeLessThanOrEqual(1)
  }
  store.close()
})
