/** Every recorded kernel in every kind of build, by workers and by `opt` and `llc`: all must be equal in every byte. */
import { availableParallelism } from 'node:os'
import { openBuilder } from '../../src/compile/builder.ts'
import { compile } from '../../src/compile/compile.ts'
import { openReader } from '../../src/llvm/reading/reader.ts'
import { ensureToolchain } from '../../src/llvm/toolchain.ts'
import { differences, recipes, recordedKernels, requestFor } from '../builds.ts'

/** `producer`: only kernels of one recorded dump. */
export async function identity(producer: string): Promise<boolean> {
  const toolchain = await ensureToolchain()
  const reader = await openReader(toolchain)
  const kernels = (await recordedKernels(reader)).filter(({ name }) => name.startsWith(producer))
  await reader.close()
  const all = await recipes(toolchain)
  const builder = await openBuilder(toolchain)
  const pending = kernels.flatMap(kernel => all.map(recipe => ({ kernel, recipe })))
  const builds = pending.length
  const wrong: string[] = []
  const lane = async (): Promise<void> => {
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { kernel, recipe } = next
      const request = requestFor(kernel, recipe, toolchain)
      const made = await builder.build(request, () => kernel.input)
      const different = differences(made, await compile(toolchain, request, kernel.input))
      if (different.length > 0)
        wrong.push(`${kernel.name}, ${JSON.stringify([recipe.passes, recipe.codegenOptions])}: ${different}`)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, lane))
  await builder.close()
  for (const line of wrong) console.log(`DIFFERENT ${line}`)
  const handed = [...builder.handedOver].map(([why, times]) => `${times} ${why}`).join('; ')
  console.log(
    `${builds} builds of ${kernels.length} kernels, ${wrong.length} not equal; left to the programs: ${handed || 'none'}`,
  )
  return wrong.length === 0
}
