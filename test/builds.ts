/** For tests and measurements of the builder: every recorded kernel, and what can be asked of it. */
import { type BuildRequest, type BuildResult, sha256, type Target } from '../src/kernel/build.ts'
import { extractKernels } from '../src/kernel/ir/extract.ts'
import type { Reader } from '../src/llvm/reading/reader.ts'
import { resolveTarget } from '../src/llvm/targets.ts'
import type { Toolchain } from '../src/llvm/toolchain.ts'
import { irFiles, READABLE } from './dumps.ts'

export interface RecordedKernel {
  readonly name: string
  /** What the pinned LLVM reads: text, or bitcode of newer text. */
  readonly input: Uint8Array
  /** XLA's optimised IR of it or another. */
  readonly optimised: boolean
}

/** Every kernel of the recorded dumps, before and after XLA's own optimiser, one a text. */
export async function recordedKernels(reader: Reader): Promise<RecordedKernel[]> {
  const kernels = new Map<string, RecordedKernel>()
  for (const producer of READABLE)
    for (const { name, text } of irFiles(producer))
      for (const kernel of extractKernels(text).kernels) {
        const key = sha256(kernel.ir)
        if (kernels.has(key)) continue
        const read = await reader.read(kernel.ir)
        if (read.state === 'rejected') continue
        const input = read.bitcode ?? Buffer.from(kernel.ir)
        kernels.set(key, { name: `${producer} ${kernel.name}`, input, optimised: name.includes('with-opt') })
      }
  return [...kernels.values()]
}

export type Recipe = Pick<
  BuildRequest,
  'passes' | 'attributes' | 'codegenLevel' | 'codegenOptions' | 'target'
>

/** One of each kind of build there is: levels, pass lists, attributes, code generator's options, targets. */
export async function recipes(toolchain: Toolchain): Promise<Recipe[]> {
  const target = (name: string): Promise<Target> => resolveTarget(name, toolchain)
  const native = await target('native')
  const size = ['minsize', 'optsize']
  const recipe = (passes: string, changes: Partial<Recipe> = {}): Recipe => ({
    ...{ passes, attributes: [], codegenLevel: 2, codegenOptions: [], target: native },
    ...changes,
  })
  return [
    recipe('default<O0>', { codegenLevel: 0 }),
    recipe('default<O1>', { codegenLevel: 1 }),
    recipe('default<O2>'),
    recipe('default<O3>', { codegenLevel: 3 }),
    recipe('default<Os>', { attributes: ['optsize'] }),
    recipe('default<Oz>', { attributes: size }),
    recipe('', { codegenLevel: 3 }),
    recipe('function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,gvn),globaldce'),
    recipe('function(loop-mssa(licm,loop-rotate),loop-vectorize,slp-vectorizer),inline', {
      attributes: size,
    }),
    recipe('default<O2>', { attributes: ['optsize', 'prefer-vector-width=128'] }),
    recipe('', { attributes: ['unsafe-fp-math=true'] }),
    recipe('default<Oz>', {
      attributes: size,
      codegenOptions: ['-align-all-nofallthru-blocks=4', '-x86-pad-max-prefix-size=4'],
    }),
    recipe('default<O3>', { codegenOptions: ['-frame-pointer=all', '-pre-RA-sched=list-burr'] }),
    recipe('default<O2>', { codegenOptions: ['-regalloc=basic', '-enable-misched=false'] }),
    recipe('default<O3>', {
      target: { ...native, features: `${native.features},-avx512f`.replace(/^,/, '') },
    }),
    ...(await Promise.all(
      ['x86-64', 'x86-64-v2', 'x86-64-v3', 'x86-64-v4', 'cortex-a55', 'cortex-a78'].map(async name =>
        recipe('default<O3>', { codegenLevel: 3, target: await target(name) }),
      ),
    )),
    recipe('default<Oz>', { attributes: size, target: await target('cortex-a78') }),
  ]
}

export const requestFor = (
  { input }: RecordedKernel,
  recipe: Recipe,
  toolchain: Toolchain,
): BuildRequest => ({
  ...{ kernel: sha256(input), input: 'kernel', inputHash: sha256(input), llvm: toolchain.version },
  ...recipe,
})

/** In which respects two results differ; none if they are the same build. */
export function differences(a: BuildResult, b: BuildResult): string[] {
  const plain = (result: BuildResult): Record<string, unknown> => ({
    ...result,
    seconds: 0,
    ...(result.state === 'ok' && { object: sha256(result.object), ir: sha256(result.ir ?? '') }),
  })
  const [one, other] = [plain(a), plain(b)]
  return Object.keys(one).filter(key => JSON.stringify(one[key]) !== JSON.stringify(other[key]))
}
