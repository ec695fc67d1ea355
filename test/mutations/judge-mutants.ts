/** For tests: builds mutants of recorded kernels and judges them as if somebody had proposed them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachedObject } from '../../src/compile/cached-object.ts'
import { localHost } from '../../src/hosts/local.ts'
import { type JudgedBuild, type JudgedKernel, judge } from '../../src/judge/judge.ts'
import { withXlaMath } from '../../src/kernel/ir/xla-math.ts'
import type { Verdict } from '../../src/kernel/verdict.ts'
import { createLanes, forAll } from '../../src/lanes/lanes.ts'
import { contentHash, parseObject } from '../../src/llvm/object/object.ts'
import { ensureToolchain } from '../../src/llvm/toolchain.ts'
import { type DumpKernel, dumpKernels } from '../dump-kernels.ts'
import { type Mutation, mutate } from './mutate.ts'

const DUMPS = join(import.meta.dirname, '../fixtures/dumps')
export const FIXTURES = join(import.meta.dirname, '../fixtures/mutations')

/** Dumps whose kernels are mutated: unoptimised IR of two emitters' generations. */
export const SOURCES = ['tensorflow-2.21', 'tensorflow-2.18'] as const

export interface MutantOf extends Mutation {
  readonly dump: string
  readonly kernel: string
}

/** A kernel's name and enough of its hash: modules of one dump have kernels of the same name. */
export const kernelId = (kernel: DumpKernel): string => `${kernel.name} ${kernel.hash.slice(0, 8)}`

export const sourceKernels = (): { dump: string; kernel: DumpKernel }[] =>
  SOURCES.flatMap(dump => dumpKernels(join(DUMPS, dump)).map(kernel => ({ dump, kernel })))

/** Verdicts of mutants, in their order, and of every kernel's own optimised build. */
export async function judgeMutants(
  mutants: readonly MutantOf[],
): Promise<{ verdicts: Verdict[]; unmutated: { name: string; verdict: Verdict }[] }> {
  const toolchain = await ensureToolchain()
  const host = await localHost(toolchain)
  const lanes = createLanes()
  const verdicts: Verdict[] = []
  const unmutated: { name: string; verdict: Verdict }[] = []
  const kernels: JudgedKernel[] = []
  const build = async (hash: string, ir: string, optimised: boolean): Promise<JudgedBuild | string> => {
    const recipe = { ir, passes: optimised ? 'default<O2>' : '', codegenLevel: optimised ? 2 : 0 } as const
    const built = await cachedObject({ ...recipe, codegenOptions: [] }, { toolchain, target: host.target })
    if (built.state === 'broken') return built.reason
    const { object } = built
    return { hash, object, symbol: 'kernel', semantics: 'ir', contentHash: contentHash(parseObject(object)) }
  }
  await forAll(lanes, sourceKernels(), undefined, async ({ dump, kernel }) => {
    const builds: JudgedBuild[] = []
    const ir = withXlaMath(kernel.ir)
    const own = await build('unmutated', ir, true)
    if (typeof own === 'string') throw new Error(`${kernel.name}: ${own}`)
    builds.push(own)
    for (const [i, mutant] of mutants.entries()) {
      if (mutant.dump !== dump || mutant.kernel !== kernelId(kernel)) continue
      const made = await build(`${i}`, withXlaMath(mutate(kernel.ir, mutant)), false)
      if (typeof made === 'string') verdicts[i] = { ...BROKEN, reason: made }
      else builds.push(made)
    }
    const id = `${dump} ${kernelId(kernel)}`
    kernels.push({ id, ir: kernel.ir, entry: 'call-frame', signature: kernel.signature, builds })
  })
  const directory = mkdtempSync(join(tmpdir(), 'xlab-mutants-'))
  try {
    const services = { toolchain, host, lanes, directory, seed: 1, trials: 16, limitMs: 400 }
    await judge(kernels, services, ({ kernel, build: { hash }, verdict }) => {
      if (hash === 'unmutated') unmutated.push({ name: kernel.id, verdict })
      else verdicts[Number(hash)] = verdict
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  return { verdicts, unmutated }
}

const BROKEN = { state: 'broken', semantics: 'ir', trials: 0, worstUlps: 0, seconds: 0 } as const
