/** Compacted IR for LLVM: valid as it stands, and expanded it compiles to the bytes it was compacted from. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openBuilder } from '../../../../src/compile/builder.ts'
import { sha256 } from '../../../../src/kernel/build.ts'
import { expand } from '../../../../src/kernel/compact/expand.ts'
import { fromNotation, toNotation } from '../../../../src/kernel/compact/notation.ts'
import { compact } from '../../../../src/kernel/compact/plain.ts'
import { resolveTarget } from '../../../../src/llvm/targets.ts'
import { ensureToolchain } from '../../../../src/llvm/toolchain.ts'
import { canonicalised } from '../../../../src/optimise/llm/canonical-view.ts'
import { levelSettings } from '../../../../src/optimise/opt/levels.ts'
import { dumpKernels } from '../../../dump-kernels.ts'
import { DUMPS } from '../../../dumps.ts'

const kernels = ['tensorflow-2.18', 'tensorflow-2.21'].flatMap(folder => dumpKernels(join(DUMPS, folder)))

test('every recorded kernel, as harvested and canonicalised, comes back to the same bytes', async () => {
  const toolchain = await ensureToolchain()
  const target = await resolveTarget('x86-64-v3', toolchain)
  const { signal } = new AbortController()
  const builder = await openBuilder(toolchain, { signal })
  const built = async (ir: string): Promise<string> => {
    const from = { kernel: '', input: 'kernel', inputHash: sha256(ir) } as const
    const recipe = { ...levelSettings(toolchain, 'O3'), codegenOptions: [] }
    const request = { ...from, ...recipe, llvm: toolchain.version, target }
    const trial = await builder.try(request, () => Buffer.from(ir))
    return trial.state === 'ok' ? trial.contentHash : `${trial.step}: ${trial.message}`
  }
  try {
    expect(kernels.length).toBeGreaterThan(20)
    const differing = await Promise.all(
      kernels.map(async ({ ir, name }) => {
        const shorter = await canonicalised(ir, { toolchain, signal })
        if (shorter === undefined) return [`${name}: not canonicalised`]
        return (await Promise.all([ir, shorter].map(async text => [text, await built(text)] as const))).map(
          async ([text, bytes]) => {
            const compacted = compact(text)
            expect(await built(compacted.text), `${name}: valid`).toMatch(/^[0-9a-f]{64}$/)
            const back = expand(fromNotation(toNotation(compacted.text)), compacted.key)
            return (await built(back)) === bytes ? [] : [name]
          },
        )
      }),
    )
    expect((await Promise.all(differing.flat())).flat()).toEqual([])
  } finally {
    await builder.close()
  }
})
