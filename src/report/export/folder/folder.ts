/** One kernel as a folder that rebuilds, checks and times it with nothing but a C compiler and LLVM. */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildSteps, commandLine } from '../../../compile/commands.ts'
import { ROOT } from '../../../config/paths.ts'
import { guardIr } from '../../../judge/ir/guard.ts'
import { shadowPoison } from '../../../judge/ir/shadow.ts'
import { adapterIr } from '../../../kernel/adapter.ts'
import { architectureOf, sha256, type Target } from '../../../kernel/build.ts'
import { withXlaMath } from '../../../kernel/ir/xla-math.ts'
import type { Signature } from '../../../kernel/signature.ts'
import { kernelSymbol, renameSymbol } from '../../../llvm/object/object.ts'
import { isBitcode } from '../../../llvm/reading/bitcode.ts'
import { encodeJob } from '../../../runner/encode.ts'
import { getBlob, getText } from '../../../store/blobs.ts'
import type { BuildDossier, Dossier } from '../../../store/kernels/dossier.ts'
import type { Store } from '../../../store/open.ts'
import { cached } from '../../../store/statements.ts'
import { readme } from './readme.ts'
import { runScript, type ScriptBuild } from './run-script.ts'

/** Contents by path within the folder. */
export type Folder = ReadonlyMap<string, string | Uint8Array>

export interface FolderRequest {
  readonly kernel: Dossier
  /** Builds with an object, all for one target. */
  readonly builds: readonly [BuildDossier, ...BuildDossier[]]
  readonly seed: number
}

/** What of the runner goes into the harness, as it is. */
const RUNNER_PARTS = [
  ...['runner.h', 'dtype.h', 'job.c', 'jail/arena.c'],
  ...['values/fill.c', 'values/dtype.c', 'values/call.c'],
]
const NATIVE = join(ROOT, 'src/runner/native')

/** Ordinary inputs: what odd ones may do to floats is for `xlab verify` to judge. */
const TRIALS = ['uniform', 'indices', 'uniform', 'zeros', 'uniform', 'indices'] as const

/** The folder's files; nothing is written. */
export function kernelFolder(store: Store, request: FolderRequest): Folder {
  const { kernel, builds, seed } = request
  const [first] = builds
  const target: Target = { ...first, name: first.target }
  const ir = getText(store, kernel.irHash)
  const signature = kernel.signatures[0]
  const call = callOf(kernel, signature, ir)
  const reference: ScriptBuild = { name: 'reference', id: 'reference', from: 'commands' }
  const named = namesFor(builds)
  const files = new Map<string, string | Uint8Array>([
    ['kernel.ll', ir],
    ['kernel.json', `${JSON.stringify({ ...kernel, builds }, null, 2)}\n`],
    ...compiled('reference', sourceOf(store, kernel), 0, target),
    ...named.flatMap(({ build, script }) => filesOf(store, kernel, build, script)),
    [
      'run.sh',
      runScript({
        llvm: llvmMajor(builds),
        architecture: architectureOf(target.triple),
        reference,
        builds: named.map(({ script }) => script),
        call,
      }),
    ],
    ['README.md', readme({ kernel, builds: named, call, llvm: llvmMajor(builds), target })],
  ])
  if (call === 'none' || signature === undefined) return files
  const ids = named.map(({ script }) => script.id)
  files.set('job.txt', jobText(signature, ids, seed))
  files.set('native/table.c', table(['reference', ...ids]))
  files.set('native/harness.c', readFileSync(join(import.meta.dirname, 'harness.c')))
  for (const part of RUNNER_PARTS) files.set(`native/${basename(part)}`, readFileSync(join(NATIVE, part)))
  if (call === 'frame') return files
  for (const [path, text] of compiled('adapter', adapterIr(ir, { guarded: call === 'guarded' }), 2, target))
    files.set(path, text)
  if (call === 'guarded')
    for (const [path, text] of compiled('guard', guardIr(ir), 0, target)) files.set(path, text)
  return files
}

export type Call = 'none' | 'frame' | 'scalar' | 'guarded'

function callOf(kernel: Dossier, signature: Signature | undefined, ir: string): Call {
  if (signature === undefined || !(kernel.abi === 'scalar' || kernel.abi === 'call-frame')) return 'none'
  if (kernel.abi === 'call-frame') return 'frame'
  return shadowPoison(ir, 'scalar').undefined ? 'guarded' : 'scalar'
}

/** Builds with a name for people and one for C, both unique. */
function namesFor(builds: readonly BuildDossier[]): { build: BuildDossier; script: ScriptBuild }[] {
  const taken = new Set(['reference', 'adapter', 'guard'])
  return builds.map(build => {
    const plain = (build.proposers[0] ?? '')
      .replace(/[^A-Za-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 24)
    const name = plain === '' || taken.has(plain) ? `${plain}-${build.hash.slice(0, 6)}` : plain
    taken.add(name)
    const from = build.input === 'object' ? ('object' as const) : ('commands' as const)
    return { build, script: { name, id: name.replaceAll('-', '_'), from } }
  })
}

type File = [path: string, content: string | Uint8Array]

function filesOf(store: Store, kernel: Dossier, build: BuildDossier, { name, from }: ScriptBuild): File[] {
  const folder = `builds/${name}`
  const after = build.irHash ?? (build.input === 'object' ? xlaIrOf(kernel) : null)
  const ir: File[] = after === null ? [] : [[`${folder}/optimised.ll`, getBlob(store, after)]]
  const object = getBlob(store, build.objectHash ?? '')
  if (from === 'object') {
    return [...ir, [`${folder}/object.o`, renameSymbol(object, kernelSymbol(object), 'kernel')]]
  }
  return [
    ...ir,
    [`${folder}/IN`, getBlob(store, build.inputHash)],
    [`${folder}/commands.sh`, `${build.commands.join(' &&\n')}\n`],
    // As sha256sum prints it for standard input.
    [`${folder}/object.sha256`, `${sha256(object)}  -\n`],
  ]
}

const xlaIrOf = (kernel: Dossier): string | null =>
  kernel.origins.find(({ xlaIr }) => xlaIr !== null)?.xlaIr ?? null

/** The kernel as LLVM reads it, with bodies for XLA's intrinsics: what proposers start from. */
function sourceOf(store: Store, kernel: Dossier): string | Uint8Array {
  const started = kernel.builds.find(({ input }) => input === 'kernel')
  if (started) return getBlob(store, started.inputHash)
  const readable = cached(store, 'SELECT coalesce(bitcode_hash, ir_hash) FROM kernel WHERE hash = ?')
  const bytes = getBlob(store, readable.pluck().get(kernel.hash) as string)
  return isBitcode(bytes) ? bytes : withXlaMath(bytes.toString('utf8'))
}

/** Code of ours: the reference without optimisation, and what calls scalars. */
function compiled(name: string, ir: string | Uint8Array, codegenLevel: 0 | 2, target: Target): File[] {
  const steps = buildSteps(
    {
      ...{ kernel: '', input: 'kernel', inputHash: '', passes: '', attributes: [], codegenOptions: [] },
      ...{ codegenLevel, llvm: '', target },
    },
    typeof ir !== 'string' && isBitcode(ir),
  )
  return [
    [`builds/${name}/IN`, ir],
    [`builds/${name}/commands.sh`, `${steps.map(commandLine).join(' &&\n')}\n`],
  ]
}

/** Major version of the LLVM that made the builds; of XLA's own objects alone, the pinned one's. */
function llvmMajor(builds: readonly BuildDossier[]): string {
  const made = builds.find(({ input }) => input !== 'object')?.llvm
  return made?.split('.')[0] ?? '22'
}

const jobText = (signature: Signature, ids: readonly string[], seed: number): string =>
  encodeJob(
    {
      ...{ kind: 'verify', id: '', signature, seed, trials: TRIALS, limitMs: 10_000 },
      references: [{ function: 'reference', rounding: 'nearest', perturb: 0, probe: 0, role: 'value' }],
      candidates: ids.map(id => ({ function: id, semantics: 'ir' })),
    },
    0,
  )

const table = (ids: readonly string[]): string =>
  [
    '/* The functions a job can name. */',
    '#include "runner.h"',
    ...ids.map(id => `extern void *function_${id}(const struct call_frame *);`),
    'const struct function xlab_functions[] = {',
    ...ids.map(id => `    {"${id}", function_${id}},`),
    '};',
    `const unsigned xlab_function_count = ${ids.length};`,
    '',
  ].join('\n')
