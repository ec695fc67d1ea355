/** `passes:LIST`: any pass list `opt -passes=` takes, as it stands: no attributes added, code generated at -O2. */
import { passesProblem } from '../../compile/passes-problem.ts'
import type { ProposerKind } from '../proposer.ts'
import { kernelBuild } from '../source.ts'

export const passLists: ProposerKind = {
  word: 'passes:',
  names: ['passes:LIST'],
  create(typed) {
    const passes = typed.slice('passes:'.length).replaceAll(/["\s]/g, '')
    if (passes === '') return undefined
    return {
      name: `passes:${passes}`,
      problem: toolchain => passesProblem(toolchain, passes),
      propose: (kernel, context) =>
        kernelBuild(kernel, context, { passes, attributes: [], codegenLevel: 2, codegenOptions: [] }),
    }
  },
}
