import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../../src/kernel/random.ts'
import { readGrammar } from '../../../../src/llvm/passes/table.ts'
import {
  asked,
  type Candidate,
  candidateText,
  parseCandidate,
} from '../../../../src/optimise/search/space/candidate.ts'
import { changedSetting, spaceOf } from '../../../../src/optimise/search/space/settings.ts'

const PRINTED = join(import.meta.dirname, '../../../fixtures/llvm/print-passes-22.1.8.txt')
const grammar = readGrammar(readFileSync(PRINTED, 'utf8'), '22.1.8')
const target = { name: 'native', triple: 'x86_64-unknown-linux-gnu', cpu: 'znver3', features: '+avx' }
const plain: Candidate = {
  ...{ passes: [], attributes: ['optsize'], codegenLevel: 3, codegenOptions: [], without: ['avx'] },
}
const source = (hash: string) => ({ hash, read: () => Buffer.from(hash) })
const input = { kernel: 'k', llvm: '22.1.8', target, source: source('own') }

test('a candidate is stored and read as it is; one from the kernel as before there were others', () => {
  expect(candidateText(plain)).toBe('["",["optsize"],3,[],["avx"]]')
  for (const one of [plain, { ...plain, start: 'xla-ir' as const }])
    expect(parseCandidate(grammar, candidateText(one))).toEqual(one)
})

test('a candidate that starts from XLA’s IR is built from that, and is an error where there is none', () => {
  const [request, read] = asked({ ...plain, start: 'xla-ir' }, { ...input, optimised: source('xla') })
  expect([request.input, request.inputHash, String(read())]).toEqual(['xla-ir', 'xla', 'xla'])
  expect(asked(plain, { ...input, optimised: source('xla') })[0]).toMatchObject({ inputHash: 'own' })
  expect(() => asked({ ...plain, start: 'xla-ir' }, input)).toThrow(/not there/)
})

test('where a candidate starts is a setting of the search for time alone', () => {
  const random = seededRandom('starts')
  const drawn = (metric: 'size' | 'time', from: Candidate): Set<Candidate['start']> =>
    new Set(Array.from({ length: 300 }, () => changedSetting(from, spaceOf(metric, target), random).start))
  expect(drawn('size', plain)).toEqual(new Set([undefined]))
  expect(drawn('time', plain)).toEqual(new Set([undefined, 'xla-ir']))
  expect(drawn('time', { ...plain, start: 'xla-ir' })).toEqual(new Set([undefined, 'xla-ir']))
})
