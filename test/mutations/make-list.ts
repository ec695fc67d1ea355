/**
 * Makes test/fixtures/mutations/mutants.json anew: `node test/mutations/make-list.ts`. Mutants that no input tells
 * from their kernel keep the reason they had; new ones are printed and want one.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PASSING } from '../../src/kernel/verdict.ts'
import { FIXTURES, judgeMutants, kernelId, type MutantOf, sourceKernels } from './judge-mutants.ts'
import { mutationsOf } from './mutate.ts'

export interface Listed extends MutantOf {
  /** `told`: refuted or broken. Otherwise why it means the same as its kernel. */
  readonly expected: string
}

const NEVER_RUN = 'the line is never run for the shapes of this kernel: with a trap before it nothing changes'
const EACH = 1
const path = join(FIXTURES, 'mutants.json')
const old = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Listed[]) : []
const key = (m: MutantOf): string => JSON.stringify([m.dump, m.kernel, m.kind, m.line, m.from, m.to])
const reasons = new Map(old.map(mutant => [key(mutant), mutant.expected]))
const mutants = sourceKernels().flatMap(({ dump, kernel }) =>
  mutationsOf(kernel.ir, EACH).map((mutation): MutantOf => ({ dump, kernel: kernelId(kernel), ...mutation })),
)
const { verdicts, unmutated } = await judgeMutants(mutants)
const listed = mutants.map((mutant, i): Listed => {
  const state = verdicts[i]?.state ?? 'unknown'
  if (state === 'refuted' || state === 'broken') return { ...mutant, expected: 'told' }
  const known = reasons.get(key(mutant))
  const expected = known === undefined || known === 'told' ? '' : known
  return { ...mutant, expected: PASSING.includes(state) ? expected : `undecided: ${verdicts[i]?.reason}` }
})
// A line that traps and is not noticed is never run.
const silent = listed.filter(mutant => mutant.expected === '')
const TRAP = '  call void @llvm.trap()'
const trapped = await judgeMutants(
  silent.map(mutant => ({
    ...mutant,
    to: / = phi /.test(mutant.from) ? [...mutant.to, TRAP] : [TRAP, ...mutant.to],
  })),
)
for (const [i, mutant] of silent.entries()) {
  const isRun = !PASSING.includes(trapped.verdicts[i]?.state ?? 'unknown')
  listed[listed.indexOf(mutant)] = { ...mutant, expected: isRun ? '' : NEVER_RUN }
  if (isRun) console.log(key(mutant))
}
for (const { name, verdict } of unmutated)
  if (!PASSING.includes(verdict.state)) console.log('unmutated', name, verdict)
writeFileSync(path, `[\n${listed.map(mutant => JSON.stringify(mutant)).join(',\n')}\n]\n`)
console.log(`${mutants.length} mutants, ${listed.filter(m => m.expected === 'told').length} told`)
