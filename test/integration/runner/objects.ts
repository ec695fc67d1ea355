/** Objects of test/fixtures/runner/kernels.c, one a case, by the real compiler; and jobs that run them. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Host } from '../../../src/hosts/host.ts'
import { localHost } from '../../../src/hosts/local.ts'
import type { Target } from '../../../src/kernel/build.ts'
import type { Argument, Signature } from '../../../src/kernel/signature.ts'
import { nativeTarget } from '../../../src/llvm/targets.ts'
import { ensureZig } from '../../../src/llvm/zig.ts'
import { run, succeeded } from '../../../src/process/run.ts'
import { type Linkable, linkBundle } from '../../../src/runner/link.ts'
import type {
  ReferenceRun,
  RunnerJob,
  RunnerResult,
  VerifyJob,
  VerifyResult,
} from '../../../src/runner/protocol.ts'

const SOURCE = resolve(import.meta.dirname, '../../fixtures/runner/kernels.c')

/** The object of one case; `defines` turns on parts of the source. */
export async function objectOf(
  name: string,
  defines: readonly string[] = [],
  target?: Target,
): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'xlab-test-'))
  try {
    const [program = '', ...leading] = (await ensureZig()).cc(target ?? (await nativeTarget()))
    const out = join(directory, 'out.o')
    const flags = ['-O1', '-g0', '-ffreestanding', '-fno-stack-protector', '-fno-sanitize=undefined']
    const macros = [`CASE=${name}`, ...defines].map(define => `-D${define}`)
    const exit = await run(program, [...leading, ...flags, ...macros, '-c', SOURCE, '-o', out])
    if (!succeeded(exit)) throw new Error(exit.stderr)
    return await readFile(out)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Links cases under their own names, runs the jobs, here unless told otherwise, and gives every result. */
export async function runCases(
  cases: readonly string[],
  jobs: readonly RunnerJob[],
  defines: readonly string[] = [],
  signal?: AbortSignal,
  options: { readonly host?: Host; readonly onResult?: (result: RunnerResult) => void } = {},
): Promise<RunnerResult[]> {
  const host = options.host ?? (await localHost())
  const linkables = await Promise.all(
    cases.map(
      async (id): Promise<Linkable> => ({
        id,
        object: await objectOf(id, defines, host.target),
        symbol: 'kernel',
        ...(defines.includes('INSTRUMENTED') && { trusted: true }),
      }),
    ),
  )
  const directory = await mkdtemp(join(tmpdir(), 'xlab-test-'))
  try {
    const linked = await linkBundle(linkables, { target: host.target, orderSeed: 1, directory })
    if (linked.state !== 'ok') throw new Error(`${linked.id}: ${linked.reason}`)
    const results: RunnerResult[] = []
    await host.execute(linked.bundle, jobs, {
      onResult: result => {
        results.push(result)
        options.onResult?.(result)
      },
      ...(signal && { signal }),
    })
    return results
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The verdicts among results, by function. */
export const verdicts = (results: readonly RunnerResult[]): Map<string, VerifyResult> =>
  new Map(results.flatMap(result => (result.kind === 'verify' ? [[result.function, result]] : [])))

const argument = (role: 'in' | 'out', slot: number, rest: Partial<Argument> = {}): Argument => ({
  name: role === 'in' ? 'p0' : 'result',
  dtype: 'f32',
  shape: [100],
  bytes: 400,
  role,
  slot,
  ...rest,
})

/** f32[100] to f32[100], unless told otherwise; `slots` says which memory each argument is. */
export const signature = (
  options: { slots?: [number, number]; flush?: boolean } & Partial<Argument> = {},
): Signature => {
  const { slots = [0, 1], flush = false, ...rest } = options
  return {
    arguments: [argument('in', slots[0], rest), argument('out', slots[1], rest)],
    workgroups: [1, 1, 1],
    flushDenormals: flush,
  }
}

/** The plain run of a reference, with what differs. */
export const reference = (name: string, rest: Partial<ReferenceRun> = {}): ReferenceRun => ({
  function: name,
  rounding: 'nearest',
  perturb: 0,
  probe: 0,
  role: 'value',
  ...rest,
})

/** A job that holds `candidates` against `expected`. */
export const verifyJob = (
  expected: string | readonly ReferenceRun[],
  candidates: readonly string[],
  rest: Partial<VerifyJob> = {},
): VerifyJob => ({
  kind: 'verify',
  id: 'job',
  signature: signature(),
  references: typeof expected === 'string' ? [reference(expected)] : expected,
  candidates: candidates.map(name => ({ function: name, semantics: 'ir' })),
  seed: 7,
  trials: ['uniform', 'edges', 'sprinkled'],
  limitMs: 2000,
  ...rest,
})
