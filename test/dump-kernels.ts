/** For tests: the kernels of a recorded dump folder with their signatures, and what XLA itself made of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DumpPart, groupDump } from '../src/kernel/dump-names.ts'
import { extractKernels, type KernelText } from '../src/kernel/ir/extract.ts'
import { irSizes } from '../src/kernel/ir/sizes.ts'
import { understandModule } from '../src/kernel/sighting.ts'
import type { Signature } from '../src/kernel/signature.ts'

export interface DumpKernel {
  readonly name: string
  readonly hash: string
  readonly ir: string
  readonly signature: Signature
  /** XLA's optimised IR, canonical, and its own object; the symbol is the kernel's name there. */
  readonly xlaIr: string | undefined
  readonly xlaObject: Uint8Array | undefined
}

/** Every runnable kernel of the folder's first part-per-kernel modules, in a stable order, one a hash. */
export function dumpKernels(folder: string): DumpKernel[] {
  const { modules } = groupDump(readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort())
  const text = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : readFileSync(join(folder, file), 'utf8')
  const kernelsOf = (file: string | undefined): readonly KernelText[] =>
    file === undefined ? [] : extractKernels(text(file) ?? '').kernels
  const seen = new Set<string>()
  return modules.flatMap(module => {
    const parts = module.parts.map(part => ({ part, kernels: kernelsOf(part.noOpt) }))
    const texts = {
      hloAfter: text(module.hloAfter) ?? '',
      bufferAssignment: text(module.bufferAssignment) ?? '',
      ...(module.bufferValues !== undefined && { bufferValues: text(module.bufferValues) ?? '' }),
    }
    const facts = understandModule(
      texts,
      parts.flatMap(({ kernels }) => kernels.map(kernel => kernel.name)),
    )
    return parts.flatMap(({ part, kernels }) =>
      kernels.flatMap((kernel): DumpKernel[] => {
        if (kernel.abi !== 'call-frame' || seen.has(kernel.hash)) return []
        const { signature } = facts.sightingOf(kernel.name, irSizes(kernel.ir), mlirOf(part, text))
        if (signature === undefined) return []
        seen.add(kernel.hash)
        return [
          {
            name: kernel.name,
            hash: kernel.hash,
            ir: kernel.ir,
            signature,
            xlaIr: kernelsOf(part.withOpt).find(other => other.name === kernel.name)?.ir,
            xlaObject: part.object === undefined ? undefined : readFileSync(join(folder, part.object)),
          },
        ]
      }),
    )
  })
}

const mlirOf = (part: DumpPart, text: (file: string) => string | undefined): string | undefined => {
  const file = part.mlir.find(([kind]) => kind === 'pre-optimization')?.[1]
  return file === undefined ? undefined : text(file)
}
