/** Proof that the judge can fail: every committed mutant of a real kernel is told, or has its reason why not. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PASSING } from '../../../src/kernel/verdict.ts'
import { FIXTURES, judgeMutants, type MutantOf } from '../../mutations/judge-mutants.ts'
import { KINDS } from '../../mutations/mutate.ts'

const mutants = JSON.parse(readFileSync(join(FIXTURES, 'mutants.json'), 'utf8')) as (MutantOf & {
  expected: string
})[]

test('mutants are refuted or broken, but for those that mean the same; kernels themselves never', async () => {
  const kinds = new Set(mutants.filter(mutant => mutant.expected === 'told').map(mutant => mutant.kind))
  expect([...kinds].sort()).toEqual(Object.keys(KINDS).sort())
  expect(mutants.filter(mutant => mutant.expected.length < 4)).toEqual([])

  const { verdicts, unmutated } = await judgeMutants(mutants)
  const wrong = mutants.flatMap((mutant, i) => {
    const verdict = verdicts[i]
    const told = verdict?.state === 'refuted' || verdict?.state === 'broken'
    const asExpected =
      mutant.expected === 'told' ? told : verdict !== undefined && PASSING.includes(verdict.state)
    return asExpected ? [] : [{ mutant, verdict }]
  })
  expect(wrong).toEqual([])
  expect(unmutated.length).toBeGreaterThan(50)
  expect(unmutated.filter(({ verdict }) => !PASSING.includes(verdict.state))).toEqual([])
})
