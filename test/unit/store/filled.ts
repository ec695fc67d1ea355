/** A database filled as the stages would fill it, with figures one can work out by hand. */
import { sha256 } from '../../../src/kernel/build.ts'
import type { Signature } from '../../../src/kernel/signature.ts'
import { putBlob } from '../../../src/store/blobs.ts'
import { putReading } from '../../../src/store/builds/readings.ts'
import { addSamples, putSelfTest, startCampaign } from '../../../src/store/measurements/campaigns.ts'
import { openStore, type Store } from '../../../src/store/open.ts'
import { insert } from '../../../src/store/statements.ts'

export interface FilledBuild {
  readonly proposer: string
  readonly codeBytes: number
  /** True time; samples vary around it by a few tenths of a percent. */
  readonly timeNs?: number
  readonly verdict?: string
  readonly broken?: string
  /** Builds of equal content are twins. */
  readonly content?: string
  /** Symbols its object needs. */
  readonly needs?: readonly string[]
}

export const USUAL_BUILDS: readonly FilledBuild[] = [
  { proposer: 'xla', codeBytes: 1000, timeNs: 100, verdict: 'agreed' },
  { proposer: 'xla-ir', codeBytes: 900, timeNs: 80, verdict: 'agreed', content: 'as-o3' },
  { proposer: 'opt:O3', codeBytes: 900, timeNs: 80, verdict: 'agreed', content: 'as-o3' },
  { proposer: 'opt:Oz', codeBytes: 500, timeNs: 200, verdict: 'agreed', needs: ['expf', 'memcpy'] },
  { proposer: 'passes:bad', codeBytes: 400, verdict: 'refuted' },
  { proposer: 'passes:worse', codeBytes: 0, broken: 'unknown pass name' },
]

export interface Filled {
  readonly store: Store
  readonly hostId: number
  readonly kernels: readonly string[]
  readonly signatureHash: string
}

const SIGNATURE: Signature = {
  arguments: [
    { name: 'p0', dtype: 'f32', shape: [4], bytes: 16, role: 'in', slot: 0 },
    { name: 'r', dtype: 'f32', shape: [4], bytes: 16, role: 'out', slot: 1 },
  ],
  workgroups: [1, 1, 1],
  flushDenormals: true,
}

/** One harvest of model `cnn` with a module of `count` kernels, each with the same builds. */
export function fill(
  options: { path?: string; count?: number; builds?: readonly FilledBuild[]; measured?: boolean } = {},
): Filled {
  const store = openStore(options.path ?? ':memory:')
  const at = '2026-01-01T00:00:00.000Z'
  const signatureHash = sha256('signature')
  const kernels = Array.from({ length: options.count ?? 1 }, (_, i) => sha256(`kernel ${i}`))
  let hostId = 0
  store.transaction(() => {
    const ir = putBlob(store, 'define ptr @kernel(ptr %0) {\n  ret ptr null\n}\n')
    insert(store, 'signature', {
      hash: signatureHash,
      json: JSON.stringify(SIGNATURE),
      arguments: 2,
      bytes: 32,
    })
    const harvest = insert(store, 'harvest', {
      model: 'cnn',
      source: 'local',
      producer: 'tensorflow 2.21.0',
      llvm: '23.0.0git',
      xla_flags: '',
      state: 'complete',
      started_at: at,
      loss_first: 2,
      loss_last: 1,
      steps: 10,
    })
    const module = insert(store, 'module', {
      harvest_id: harvest,
      name: 'step',
      program: 'train',
      wall_ns: 1000,
      wall_calls: 5,
      ops: 4,
      ops_with_ir: 3,
    })
    insert(store, 'op', { module_id: module, opcode: 'fusion', runs_as: 'kernel', count: 3 })
    insert(store, 'op', { module_id: module, opcode: 'convolution', runs_as: 'library', count: 1 })
    const target = insert(store, 'target', {
      name: 'native',
      triple: 'x86_64-unknown-linux-gnu',
      cpu: 'znver3',
      features: '',
    })
    hostId = insert(store, 'host', {
      name: 'local',
      kind: 'local',
      cpu: 'Zen 3',
      cores: 2,
      os: 'linux',
      emulated: 0,
    })
    const object = putBlob(store, 'an object')
    for (const [i, kernel] of kernels.entries()) {
      const name = `fusion.${i}`
      insert(store, 'kernel', {
        hash: kernel,
        rule: 1,
        name,
        abi: 'call-frame',
        ir_hash: ir,
        reader: '22.1.8',
        lines: 3,
        functions: 1,
        ir_instructions: 1,
      })
      insert(store, 'sighting', {
        module_id: module,
        kernel_hash: kernel,
        name,
        file: `${name}.ll`,
        instruction: name,
        opcode: 'fusion',
        op_type: 'Relu',
        op_name: 'model/relu',
        source_file: 'cnn.py',
        source_line: 12,
        calls: 2,
        signature_hash: signatureHash,
        xla_ir_hash: ir,
        xla_object_hash: object,
      })
      for (const build of options.builds ?? USUAL_BUILDS) {
        const hash = sha256(`${kernel} ${build.proposer}`)
        insert(store, 'build', {
          hash,
          kernel_hash: kernel,
          input: build.proposer === 'xla' ? 'object' : 'kernel',
          input_hash: ir,
          passes: 'default<O3>',
          attributes: '[]',
          codegen_level: 3,
          codegen_options: '[]',
          llvm: '22.1.8',
          target_id: target,
          state: build.broken === undefined ? 'ok' : 'broken',
          reason: build.broken ?? null,
          ir_hash: build.proposer === 'xla' || build.broken !== undefined ? null : ir,
          object_hash: build.broken === undefined ? object : null,
          code_bytes: build.broken === undefined ? build.codeBytes : null,
          rodata_bytes: 8,
          object_bytes: build.codeBytes + 500,
          instructions: build.codeBytes / 4,
          content_hash:
            build.broken === undefined ? sha256(`${kernel} ${build.content ?? build.proposer}`) : null,
          undefined_symbols: JSON.stringify(build.needs ?? []),
          commands: '["opt IN -o OUT"]',
          seconds: 0.1,
        })
        insert(store, 'proposal', {
          kernel_hash: kernel,
          target_id: target,
          proposer: build.proposer,
          build_hash: hash,
          proposed_at: at,
        })
        if (build.verdict !== undefined)
          insert(store, 'verdict', {
            build_hash: hash,
            signature_hash: signatureHash,
            host_id: hostId,
            verifier: '1',
            semantics: 'ir',
            state: build.verdict,
            trials: 16,
            worst_ulps: 0,
            seconds: 0.1,
            judged_at: at,
            counterexample:
              build.verdict === 'refuted'
                ? JSON.stringify({
                    trial: 3,
                    seed: 1,
                    inputs: 'edges',
                    argument: 1,
                    element: 2,
                    expected: '1.0',
                    actual: '-1.0',
                    differing: 4,
                  })
                : null,
          })
      }
    }
    if (options.measured !== false)
      sample(store, hostId, kernels, signatureHash, options.builds ?? USUAL_BUILDS)
  })()
  return { store, hostId, kernels, signatureHash }
}

/** Samples of every build with a time, twins once, as a campaign of 5 links, 2 processes and 4 pairs. */
function sample(
  store: Store,
  hostId: number,
  kernels: readonly string[],
  signature: string,
  builds: readonly FilledBuild[],
): void {
  const campaign = startCampaign(store, { hostId, seed: 1, options: {}, hostBefore: {} })
  const own = sha256(`${kernels[0]} xla`)
  const some = store.prepare('SELECT 1 FROM build WHERE hash = ?').get(own) !== undefined
  if (some) putReading(store, { build: own, metric: 'linked', source: 'linker', value: 1200 })
  if (some)
    putSelfTest(
      store,
      campaign,
      [
        {
          ...{ kernel_hash: kernels[0] ?? '', signature_hash: signature, build_hash: own, pairs: 40 },
          ...{ ratio: 1, ratio_low: 0.99, ratio_high: 1.01, comparison: 'same' },
        },
      ],
      { pairs: 1, falsePositives: 0, state: 'passed', halfWidth: 0.01, resolution: 0.0167 },
    )
  const distinct = builds.filter((build, i) => builds.findIndex(b => contentOf(b) === contentOf(build)) === i)
  for (const kernel of kernels)
    for (let at = 0; at < 40; at++)
      addSamples(
        store,
        campaign,
        distinct
          .filter(build => build.timeNs !== undefined)
          .map((build, position) => ({
            build: sha256(`${kernel} ${build.proposer}`),
            signature,
            link: at >> 3,
            process: (at >> 2) & 1,
            pair: at & 3,
            position,
            batch: 100,
            value: (build.timeNs ?? 0) * (1 + (((at * 7 + position * 3) % 5) - 2) / 1000),
            binaryHash: sha256('binary'),
          })),
      )
}

const contentOf = (build: FilledBuild): string => build.content ?? build.proposer
