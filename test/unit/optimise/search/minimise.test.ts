import { expect, test } from 'vitest'
import { minimise } from '../../../../src/optimise/search/minimise.ts'
import type { Candidate } from '../../../../src/optimise/search/space/candidate.ts'

const step = (name: string, parameters = '') => ({ name, parameters, nest: 'function' as const })
const START: Candidate = {
  passes: [...'abcdefghij'].map(name => step(name, name === 'd' ? 'fast' : '')),
  attributes: ['minsize', 'optsize'],
  codegenLevel: 2,
  codegenOptions: ['-disable-lsr'],
  without: ['avx'],
}
const names = (candidate: Candidate): string => candidate.passes.map(pass => pass.name).join('')

test('what does not matter goes: passes, parameters, settings', async () => {
  const good = async (candidate: Candidate): Promise<boolean> =>
    /d.*g/.test(names(candidate)) && candidate.attributes.includes('optsize')
  expect(await minimise(START, new Map(), good)).toEqual({
    passes: [step('d'), step('g')],
    attributes: ['optsize'],
    ...{ codegenLevel: 2, codegenOptions: [], without: [] },
  })
})

test('where everything matters all stays, and questions are limited', async () => {
  let asked = 0
  const never = async (): Promise<boolean> => {
    asked++
    return false
  }
  expect(await minimise(START, new Map(), never, 7)).toEqual(START)
  expect(asked).toBe(7)
})

test('a pipeline gives way to the passes of it that matter', async () => {
  const start = { ...START, passes: [{ name: 'default', parameters: 'Oz', nest: '' as const }] }
  const pipelines = new Map([['Oz', [step('x'), step('y'), step('z')]]])
  const good = async (candidate: Candidate): Promise<boolean> => /y|default/.test(names(candidate))
  expect(names(await minimise(start, pipelines, good))).toBe('y')
})
