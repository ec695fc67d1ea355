/** `passes:LIST`: any pass list `opt -passes=` takes, as it stands: no attributes added, code generated at -O2. */
import { passesProblem } from '../../compile/compile.ts'
import type { BuildRequest } from '../../kernel/build.ts'
import type { ProposerKind } from '../proposer.ts'
import { kernelSource } from '../source.ts'

export const passLists: ProposerKind = {
  word: 'passes:',
  names: ['passes:LIST'],
  create(typed) {
    const passes = typed.slice('passes:'.length).replaceAll(/["\s]/g, '')
    if (passes === '') return undefined
    return {
      name: `passes:${passes}`,
      problem: toolchain => passesProblem(toolchain, passes),
      propose: async (kernel, context) => {
        const { toolchain, target } = context
        const { inputHash, input } = await kernelSource(kernel, context)
        const request: BuildRequest = {
          kernel: kernel.hash,
          input: 'kernel',
          inputHash,
          passes,
          attributes: [],
          codegenLevel: 2,
          codegenOptions: [],
          llvm: toolchain.version,
          target,
        }
        return { state: 'build', input, request }
      },
    }
  },
}
