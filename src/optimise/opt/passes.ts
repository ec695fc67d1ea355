/** `passes:LIST`: any pass list `opt -passes=` takes, as it stands: no attributes added, code generated at -O2. */
import { passesProblem } from '../../compile/compile.ts'
import { getBlob } from '../../store/blobs.ts'
import type { ProposerKind } from '../proposer.ts'

export const passLists: ProposerKind = {
  word: 'passes:',
  names: ['passes:LIST'],
  create(typed) {
    const passes = typed.slice('passes:'.length).replaceAll(/["\s]/g, '')
    if (passes === '') return undefined
    return {
      name: `passes:${passes}`,
      problem: toolchain => passesProblem(toolchain, passes),
      propose: async (kernel, { store, toolchain, target }) => ({
        state: 'build',
        input: () => getBlob(store, kernel.inputHash),
        request: {
          kernel: kernel.hash,
          input: 'kernel',
          inputHash: kernel.inputHash,
          passes,
          attributes: [],
          codegenLevel: 2,
          codegenOptions: [],
          llvm: toolchain.version,
          target,
        },
      }),
    }
  },
}
