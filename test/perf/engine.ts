/**
 * `npm run perf -- engine`: what a candidate costs in libLLVM's workers, against `opt` and `llc` processes of the same
 * LLVM, in one run. `engine soak [N]`: N, 100,000 unless said, with crashes among them. `engine identity [DUMP]`: every recorded
 * kernel in every kind of build, byte for byte. `engine FILE.db`: on the kernels of model `cnn` there.
 */
import { existsSync } from 'node:fs'
import { type Builder, openBuilder, type Trial } from '../../src/compile/builder.ts'
import { type BuildRequest, sha256 } from '../../src/kernel/build.ts'
import { seededRandom } from '../../src/kernel/random.ts'
import { passGrammar, passListText, randomPassList } from '../../src/llvm/passes/grammar.ts'
import { nativeTarget } from '../../src/llvm/targets.ts'
import { ensureToolchain, type Toolchain } from '../../src/llvm/toolchain.ts'
import { getBlob } from '../../src/store/blobs.ts'
import { selectKernels } from '../../src/store/builds/builds.ts'
import { openStoreReadOnly } from '../../src/store/open.ts'
import { irFiles } from '../dumps.ts'
import { identity } from './engine-identity.ts'
import { soak } from './engine-soak.ts'

export interface Candidate {
  readonly request: BuildRequest
  readonly input: () => Uint8Array
}

/** Debian's LLVM, built without assertions, where it is installed. */
const RELEASE = '/usr/lib/llvm-22'
const LISTS_A_KERNEL = 40
/** The programs take long: of a chunk they get every so manieth candidate. */
const SPAWNED_OF = 15
const CHUNK = 60
const TARGETS = { overheadMs: 0.5, release: 10, assertions: 6, workers: 1.7 }

export async function run(parts: readonly string[]): Promise<boolean> {
  if (parts.includes('soak')) return soak(Number(parts.find(part => /^\d+$/.test(part)) ?? 100_000))
  if (parts.includes('identity')) return identity(parts.find(part => part !== 'identity') ?? '')
  const inputs = inputsOf(parts.find(part => part.endsWith('.db')))
  const pinned = await ensureToolchain()
  const release = existsSync(RELEASE) ? await ensureToolchain({ llvm: RELEASE }) : undefined
  if (release === undefined)
    console.log(`no release build of LLVM at ${RELEASE}: only the pinned one is measured`)
  let met = true
  let ratio = 0
  for (const toolchain of [pinned, ...(release ? [release] : [])]) {
    console.log(`LLVM ${toolchain.version}, ${inputs.length} kernels, lists of 1–16 passes`)
    const figures = await measure(toolchain, inputs)
    const least = toolchain.version.endsWith('release') ? TARGETS.release : TARGETS.assertions
    ratio = figures.ratio
    met &&= figures.overheadMs < TARGETS.overheadMs && ratio >= least && figures.twoWorkers >= TARGETS.workers
    console.log(`  ${ratio.toFixed(1)}× the programs (target ${least})`)
  }
  console.log(`engine ratio: ${ratio.toFixed(1)}×`)
  return met
}

function inputsOf(db: string | undefined): Uint8Array[] {
  if (db === undefined)
    return irFiles('tensorflow-2.21')
      .filter(({ name }) => name.endsWith('.ir-no-opt.ll'))
      .map(({ text }) => Buffer.from(text))
  const store = openStoreReadOnly(db)
  const kernels = selectKernels(store, 'model:cnn').map(kernel => getBlob(store, kernel.inputHash))
  store.close()
  return kernels
}

/** Candidates by chance: the same ones for every LLVM and every run. */
export async function candidates(
  toolchain: Toolchain,
  inputs: readonly Uint8Array[],
  lists: number,
): Promise<Candidate[]> {
  const grammar = await passGrammar(toolchain)
  const target = await nativeTarget(toolchain)
  return Array.from({ length: lists * inputs.length }, (_, i) => {
    const input = inputs[i % inputs.length] ?? new Uint8Array()
    const list = randomPassList(grammar, seededRandom(`perf ${i}`), { minLength: 1, maxLength: 16 })
    const hash = sha256(input)
    return {
      input: () => input,
      request: {
        ...{ kernel: hash, input: 'kernel', inputHash: hash, passes: passListText(list) },
        ...{ attributes: ['minsize', 'optsize'], codegenLevel: 2, codegenOptions: [] },
        ...{ llvm: toolchain.version, target },
      },
    }
  })
}

/** All of them through a builder, a few at a time; seconds it took, and what came of each in order. */
export async function runAll(
  builder: Builder,
  all: readonly Candidate[],
  atOnce: number,
): Promise<{ seconds: number; trials: Trial[] }> {
  const trials: Trial[] = new Array(all.length)
  let next = 0
  const started = performance.now()
  const lane = async (): Promise<void> => {
    while (next < all.length) {
      const i = next++
      const one = all[i]
      if (one) trials[i] = await builder.try(one.request, one.input)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return { seconds: (performance.now() - started) / 1000, trials }
}

/** Everything in turns, chunk by chunk, so that what disturbs the machine disturbs all alike; medians of the chunks. */
async function measure(toolchain: Toolchain, inputs: readonly Uint8Array[]) {
  const all = await candidates(toolchain, inputs, LISTS_A_KERNEL)
  const builders = await Promise.all([
    openBuilder(toolchain, { workers: 1 }),
    openBuilder(toolchain, { workers: 2 }),
    openBuilder(toolchain, { engine: 'spawn' }),
  ])
  const [one, two, programs] = builders
  const rows: Record<'overheadMs' | 'hereMs' | 'ratio' | 'twoWorkers' | 'rate' | 'spawned', number>[] = []
  const made: Made[] = []
  let compared = 0
  let different = 0
  // The workers start, and meet every kernel, before the clock does.
  for (const builder of [one, two]) await runAll(builder, all.slice(0, 2 * inputs.length), 8)
  for (let at = 0; at < all.length; at += CHUNK) {
    const chunk = all.slice(at, at + CHUNK)
    const before = process.cpuUsage()
    const single = await runAll(one, chunk, 4)
    const here = process.cpuUsage(before)
    const double = await runAll(two, chunk, 8)
    const few = chunk.filter((_, i) => i % SPAWNED_OF === 0)
    const spawned = await runAll(programs, few, 1)
    compared += few.length
    different += few.filter(
      (_, i) => hashOf(spawned.trials[i]) !== hashOf(single.trials[i * SPAWNED_OF]),
    ).length
    const good = single.trials.filter(trial => trial.state === 'ok')
    made.push(...good)
    if (good.length < chunk.length) continue
    const inLlvm = good.reduce((sum, { spent }) => sum + total(spent), 0)
    const rate = chunk.length / single.seconds
    rows.push({
      overheadMs: (single.seconds * 1000 - inLlvm) / chunk.length,
      hereMs: (here.user + here.system) / 1000 / chunk.length,
      ratio: rate / (few.length / spawned.seconds),
      twoWorkers: single.seconds / double.seconds,
      rate,
      spawned: few.length / spawned.seconds,
    })
  }
  const middle = (what: keyof (typeof rows)[number]): number => median(rows.map(row => row[what]))
  const shares = Object.keys(made[0]?.spent ?? {}).map(
    what => `${what} ${mean(made.map(({ spent }) => spent?.[what as keyof typeof spent] ?? 0)).toFixed(2)}`,
  )
  const again = made.filter(({ spent }) => spent?.emit === 0).length / made.length
  const ownMs = median(made.map(({ seconds, spent }) => seconds * 1000 - total(spent)))
  console.log(
    `  ${all.length} candidates, ${made.length} made, ${different} of ${compared} not equal to the programs' builds`,
  )
  console.log(
    `  one worker: ${middle('rate').toFixed(0)} candidates/s; programs: ${middle('spawned').toFixed(1)}/s`,
  )
  console.log(
    `  in LLVM, ms a candidate: ${shares.join(', ')}; ${(100 * again).toFixed(0)} % came to IR emitted before`,
  )
  console.log(
    `  own overhead: ${middle('overheadMs').toFixed(3)} ms a candidate (target ${TARGETS.overheadMs}), of it in the worker ${ownMs.toFixed(3)}; processor time of this process ${middle('hereMs').toFixed(3)}`,
  )
  console.log(`  two workers: ${middle('twoWorkers').toFixed(2)}× one (target ${TARGETS.workers})`)
  for (const builder of builders) {
    for (const [why, times] of builder.handedOver)
      console.log(`  left to the programs, ${times}: ${why.split('\n')[0]}`)
    await builder.close()
  }
  return {
    overheadMs: middle('overheadMs'),
    ratio: different === 0 ? middle('ratio') : 0,
    twoWorkers: middle('twoWorkers'),
  }
}

type Made = Extract<Trial, { state: 'ok' }>
const total = (spent: Made['spent']): number => Object.values(spent ?? {}).reduce((a, b) => a + b, 0)
const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
const hashOf = (trial: Trial | undefined): string =>
  trial?.state === 'ok' ? `${trial.contentHash} ${trial.sizes.objectBytes}` : (trial?.message ?? '')
