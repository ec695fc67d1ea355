/**
 * The judge: kernels and builds in, verdicts out. Many kernels share one executable, so that linking and starting
 * cost once a few dozen functions. A build that cannot be linked costs its own verdict only.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentError } from '../errors.ts'
import type { Host } from '../hosts/host.ts'
import type { Verdict } from '../kernel/verdict.ts'
import type { Lanes } from '../lanes/lanes.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { linkBundle } from '../runner/link.ts'
import type { Bundle, VerifyResult } from '../runner/protocol.ts'
import { type JudgedBuild, type JudgedKernel, type PreparedKernel, prepareKernel } from './prepare.ts'

export type { JudgedBuild, JudgedKernel } from './prepare.ts'

/** Changes whenever a verdict could: another version judges everything anew. */
export const VERIFIER = '3'

export interface JudgeServices {
  readonly toolchain: Toolchain
  readonly host: Host
  readonly lanes: Lanes
  /** Where executables are made; each is removed once it ran. */
  readonly directory: string
  readonly seed: number
  readonly trials: number
  /** Longest one function may run in one trial. */
  readonly limitMs?: number
  readonly signal?: AbortSignal
}

export interface Judgement {
  readonly kernel: JudgedKernel
  readonly build: JudgedBuild
  readonly verdict: Verdict
  /** Layers of the jail it ran in; empty when nothing ran. */
  readonly jail: string
}

/** Functions in one executable, about. */
const BUNDLE_FUNCTIONS = 80
/** Executables in the making at once. */
const IN_FLIGHT = 2

/** Judges every build of every kernel; `onVerdict` gets each as it is known. Throws only for the world, or an abort. */
export async function judge(
  kernels: readonly JudgedKernel[],
  services: JudgeServices,
  onVerdict: (judgement: Judgement) => void,
): Promise<void> {
  const queue = chunks(kernels)
  const work = async (): Promise<void> => {
    for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) {
      services.signal?.throwIfAborted()
      await judgeChunk(chunk, services, onVerdict)
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, work))
  services.signal?.throwIfAborted()
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

function chunks(kernels: readonly JudgedKernel[]): JudgedKernel[][] {
  const all: JudgedKernel[][] = []
  let functions = BUNDLE_FUNCTIONS
  for (const kernel of kernels) {
    if (functions >= BUNDLE_FUNCTIONS) {
      all.push([])
      functions = 0
    }
    all.at(-1)?.push(kernel)
    functions += kernel.builds.length + 2
  }
  return all
}

interface Judged {
  readonly kernel: JudgedKernel
  readonly prepared: PreparedKernel
}

async function judgeChunk(
  chunk: readonly JudgedKernel[],
  services: JudgeServices,
  onVerdict: (judgement: Judgement) => void,
): Promise<void> {
  const { lanes, host, toolchain, signal } = services
  const answer = (kernel: JudgedKernel, build: JudgedBuild, verdict: VerdictPart, jail = ''): void =>
    onVerdict({ kernel, build, jail, verdict: { ...NOTHING_RUN, semantics: build.semantics, ...verdict } })
  const ready: Judged[] = []
  await Promise.all(
    chunk.map((kernel, i) =>
      lanes.wide(async () => {
        if (signal?.aborted) return
        const prepared = await prepareKernel(kernel, `k${i}`, {
          toolchain,
          target: host.target,
          seed: services.seed,
          trials: services.trials,
          limitMs: services.limitMs,
          signal,
        })
        if ('state' in prepared) for (const build of kernel.builds) answer(kernel, build, prepared)
        else ready.push({ kernel, prepared })
      }),
    ),
  )
  signal?.throwIfAborted()
  const refused = new Map<string, string>()
  const run = await lanes.wide(() => execute(ready, refused, services))
  if (run.failure !== undefined) throw environmentError(`the judge's executable ${run.failure}`)
  for (const { kernel, prepared } of ready)
    for (const [i, build] of kernel.builds.entries()) {
      const part = prepared.builds[i]
      if (part === undefined) continue
      if (part.state !== 'run') {
        answer(kernel, build, part)
        continue
      }
      const broken = refused.get(part.function)
      const result = run.results.get(part.function)
      answer(
        kernel,
        build,
        broken !== undefined ? { state: 'broken', reason: broken } : verdictOf(result),
        run.jail,
      )
    }
}

type VerdictPart = Partial<Verdict> & Pick<Verdict, 'state'>
const NOTHING_RUN = { trials: 0, worstUlps: 0, seconds: 0 }

function verdictOf(result: VerifyResult | undefined): VerdictPart {
  if (result === undefined) return { state: 'unknown', reason: 'the runner gave no result for it' }
  const { trials, worstUlps, reason, counterexample, seconds } = result
  return {
    state: result.state === 'undecided' ? 'unknown' : result.state,
    trials,
    worstUlps,
    seconds,
    ...(reason !== undefined && { reason }),
    ...(counterexample !== undefined && { counterexample }),
  }
}

interface Run {
  readonly results: Map<string, VerifyResult>
  jail: string
  /** Why nothing at all could be linked; undefined when something was, or nothing had to be. */
  failure?: string
}

/**
 * Links and runs what is ready. Functions the linker refuses are left out, with the reason in `refused`. When it
 * refuses for no function's sake, halves are tried alone; what fails alone has no result.
 */
async function execute(
  ready: readonly Judged[],
  refused: Map<string, string>,
  services: JudgeServices,
): Promise<Run> {
  const run: Run = { results: new Map(), jail: '' }
  if (ready.every(({ prepared }) => prepared.linkables.length === 0)) return run
  const directory = await mkdtemp(join(services.directory, 'judge-'))
  try {
    const linked = await link(ready, refused, directory, services)
    if (linked === undefined) return run
    if ('path' in linked) await runJobs(linked, ready, refused, services, run)
    else if (ready.length === 1) run.failure = linked.reason
    else {
      const middle = Math.ceil(ready.length / 2)
      const first = await execute(ready.slice(0, middle), refused, services)
      const second = await execute(ready.slice(middle), refused, services)
      const failure = first.failure !== undefined && second.failure !== undefined ? first.failure : undefined
      return {
        results: new Map([...first.results, ...second.results]),
        jail: first.jail || second.jail,
        ...(failure !== undefined && { failure }),
      }
    }
    return run
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function runJobs(
  bundle: Bundle,
  ready: readonly Judged[],
  refused: ReadonlyMap<string, string>,
  services: JudgeServices,
  run: Run,
): Promise<void> {
  const wanted = ready
    .map(({ prepared: { job } }) => ({
      ...job,
      candidates: job.candidates.filter(c => !refused.has(c.function)),
    }))
    .filter(job => job.candidates.length > 0 && job.references.every(r => !refused.has(r.function)))
  await services.host.execute(bundle, wanted, {
    ...(services.signal && { signal: services.signal }),
    onResult: result => {
      if (result.kind === 'hello') run.jail = result.jail.join(' ')
      else if (result.kind === 'verify') run.results.set(result.function, result)
    },
  })
}

async function link(
  ready: readonly Judged[],
  refused: Map<string, string>,
  directory: string,
  services: JudgeServices,
): Promise<Bundle | { readonly reason: string } | undefined> {
  for (;;) {
    const linkables = ready.flatMap(({ prepared }) => prepared.linkables).filter(l => !refused.has(l.id))
    if (linkables.length === 0) return undefined
    const linked = await linkBundle(linkables, {
      target: services.host.target,
      orderSeed: services.seed,
      directory,
      ...(services.signal && { signal: services.signal }),
    })
    if (linked.state === 'ok') return linked.bundle
    if (linked.id === undefined || refused.has(linked.id)) return { reason: linked.reason }
    refused.set(linked.id, linked.reason)
  }
}
