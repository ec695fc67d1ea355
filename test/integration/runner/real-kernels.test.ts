/** A recorded dump's kernels through the real compiler, linker and runner: optimised builds agree with O0. */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { compile } from '../../../src/compile/compile.ts'
import { localHost } from '../../../src/hosts/local.ts'
import { sha256 } from '../../../src/kernel/build.ts'
import { type DumpPart, groupDump } from '../../../src/kernel/dump-names.ts'
import { extractKernels, type KernelText } from '../../../src/kernel/ir/extract.ts'
import { irSizes } from '../../../src/kernel/ir/sizes.ts'
import { withXlaMath } from '../../../src/kernel/ir/xla-math.ts'
import { type SightingFacts, understandModule } from '../../../src/kernel/sighting.ts'
import { ensureToolchain } from '../../../src/llvm/toolchain.ts'
import { type Linkable, linkBundle } from '../../../src/runner/link.ts'
import { INPUT_KINDS, type VerifyJob, type VerifyResult } from '../../../src/runner/protocol.ts'
import { reference } from './objects.ts'

const DUMP = resolve(import.meta.dirname, '../../fixtures/dumps/tensorflow-2.21')
const read = (file: string | undefined): string =>
  file === undefined ? '' : readFileSync(join(DUMP, file), 'utf8')

interface Seen {
  readonly kernel: KernelText
  readonly facts: SightingFacts
  readonly part: DumpPart
}

function kernelsOf(): Seen[] {
  return groupDump(readdirSync(DUMP)).modules.flatMap(module => {
    const parts = module.parts.flatMap(part =>
      part.noOpt === undefined ? [] : [{ part, kernels: extractKernels(read(part.noOpt)).kernels }],
    )
    const texts = { hloAfter: read(module.hloAfter), bufferAssignment: read(module.bufferAssignment) }
    const names = parts.flatMap(({ kernels }) => kernels.map(kernel => kernel.name))
    const facts = understandModule(texts, names)
    return parts.flatMap(({ part, kernels }) =>
      kernels.map(kernel => ({ kernel, part, facts: facts.sightingOf(kernel.name, irSizes(kernel.ir)) })),
    )
  })
}

test('O3 and Oz agree with O0 on every kernel, and XLA’s own objects link', async () => {
  const toolchain = await ensureToolchain()
  const host = await localHost(toolchain)
  const build = async (kernel: KernelText, level: 'O0' | 'O3' | 'Oz'): Promise<Uint8Array> => {
    const ir = withXlaMath(kernel.ir)
    const request = {
      kernel: kernel.hash,
      input: 'kernel' as const,
      inputHash: sha256(ir),
      passes: `default<${level}>`,
      attributes: level === 'Oz' ? ['minsize', 'optsize'] : [],
      codegenLevel: level === 'O0' ? (0 as const) : (2 as const),
      codegenOptions: [],
      llvm: toolchain.version,
      target: host.target,
    }
    const result = await compile(toolchain, request, Buffer.from(ir))
    if (result.state !== 'ok') throw new Error(result.message)
    return result.object
  }
  const linkables: Linkable[] = []
  const jobs: VerifyJob[] = []
  for (const [i, { kernel, facts, part }] of kernelsOf().entries()) {
    if (facts.signature === undefined || kernel.abi !== 'call-frame') continue
    for (const level of ['O0', 'O3', 'Oz'] as const)
      linkables.push({ id: `k${i}_${level}`, object: await build(kernel, level), symbol: 'kernel' })
    // Made for the CPU that dumped it, so only linked here.
    if (part.object !== undefined && host.target.triple.startsWith('x86_64'))
      linkables.push({ id: `k${i}_xla`, object: readFileSync(join(DUMP, part.object)), symbol: kernel.name })
    const rounded = (['up', 'down', 'zero'] as const).map(rounding =>
      reference(`k${i}_O0`, { rounding, role: 'ir' }),
    )
    jobs.push({
      kind: 'verify',
      id: kernel.name,
      signature: facts.signature,
      references: [reference(`k${i}_O0`), ...rounded],
      candidates: ['O3', 'Oz'].map(level => ({ function: `k${i}_${level}`, semantics: 'ir' })),
      seed: 1,
      trials: INPUT_KINDS,
      limitMs: 5000,
    })
  }
  expect(jobs.length).toBeGreaterThan(20)
  const directory = await mkdtemp(join(tmpdir(), 'xlab-test-'))
  try {
    const linked = await linkBundle(linkables, { target: host.target, orderSeed: 1, directory })
    if (linked.state !== 'ok') throw new Error(`${linked.id}: ${linked.reason}`)
    const results: VerifyResult[] = []
    await host.execute(linked.bundle, jobs, {
      onResult: result => {
        if (result.kind === 'verify') results.push(result)
      },
    })
    expect(results.filter(result => result.state !== 'agreed')).toEqual([])
    expect(results).toHaveLength(2 * jobs.length)
    expect(results.every(result => result.trials === INPUT_KINDS.length)).toBe(true)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
