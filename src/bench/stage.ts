/**
 * The bench stage: measures every build that passed and has no estimate on the host, some kernels together. What a
 * group of kernels gave is stored when the group is done, in one transaction: a run that is killed loses one group.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { scalarAdapter } from '../compile/scalar-adapter.ts'
import { inState } from '../config/paths.ts'
import type { Host, HostFacts } from '../hosts/host.ts'
import { guardIr } from '../judge/ir/guard.ts'
import { shadowPoison } from '../judge/ir/shadow.ts'
import type { Signature } from '../kernel/signature.ts'
import { type Lanes, lanesElsewhere } from '../lanes/lanes.ts'
import { definedGlobals, parseObject } from '../llvm/object.ts'
import { ensureToolchain } from '../llvm/toolchain.ts'
import { log, progress } from '../log.ts'
import { type MeasuredKernel, measure, type Plan, type RawSample } from '../measure/measure.ts'
import { type Linkable, linkBundle } from '../runner/link.ts'
import { clearAttempt, recordAttempt } from '../store/attempts.ts'
import { getBlob, getText } from '../store/blobs.ts'
import { hostId } from '../store/hosts.ts'
import {
  addSamples,
  attemptDetail,
  endCampaign,
  type MeasurableKernel,
  pendingKernels,
  referenceOf,
  startCampaign,
} from '../store/measurements.ts'
import { type Store, write } from '../store/open.ts'
import { cached } from '../store/statements.ts'
import { estimate, refreshEstimates } from './estimate.ts'

/** Most functions in one executable: enough that linking is cheap, few enough that a killed run loses little. */
const FUNCTIONS_TOGETHER = 32

export interface BenchServices {
  readonly store: Store
  readonly host: Host
  readonly lanes: Lanes
  readonly signal: AbortSignal
}

export interface BenchOutcome {
  readonly kernels: number
  readonly samples: number
  /** Builds that could not be measured, with why. */
  readonly failures: readonly { kernel: string; build: string; reason: string }[]
}

/** Measures what is pending among the kernels that `filter` selects. */
export async function bench(
  given: BenchServices,
  options: { readonly plan: Plan; readonly filter?: string | undefined },
): Promise<BenchOutcome> {
  const { store, host, signal } = given
  const services = { ...given, lanes: host.place === 'elsewhere' ? lanesElsewhere(given.lanes) : given.lanes }
  const { plan } = options
  refreshEstimates(store)
  const before = await host.describe()
  const { name, kind, emulated, target } = host
  const id = hostId(store, { name, kind, emulated, cpu: before.cpu, cores: before.cores, os: before.os })
  const arch = target.triple.split('-')[0] ?? ''
  const pending = pendingKernels(store, { id, name, arch }, options.filter)
  if (pending.length === 0) return { kernels: 0, samples: 0, failures: [] }
  warnIfBusy(name, before.state, before.cores)
  const groups = together(pending.map(chosen))
  const campaign = startCampaign(store, {
    hostId: id,
    seed: plan.seed,
    options: plan,
    hostBefore: before.state,
  })
  const shown = progress(`executables measured on ${name}`, groups.length * plan.links)
  const failures: BenchOutcome['failures'][number][] = []
  let samples = 0
  let state: 'complete' | 'cut' = 'cut'
  try {
    for (const group of groups) {
      signal.throwIfAborted()
      const done = await measureGroup(group, plan, services, text => shown.step(text))
      write(store, () => {
        samples += keep(store, campaign, id, name, group, done)
      })
      failures.push(...done.failures)
    }
    state = 'complete'
  } finally {
    shown.done()
    // A host that is gone says nothing any more, and what ended the campaign is the error to show.
    const after = await host.describe().catch(() => undefined)
    endCampaign(store, campaign, state, after?.state)
  }
  return { kernels: pending.length, samples, failures }
}

/** The builds to run now: what is missing, and XLA's own beside it; all of them if that is itself missing. */
function chosen(kernel: MeasurableKernel): MeasurableKernel {
  const reference = referenceOf(kernel.builds)
  if (reference && !reference.measured) return kernel
  return { ...kernel, builds: kernel.builds.filter(build => !build.measured || build === reference) }
}

function together(kernels: readonly MeasurableKernel[]): MeasurableKernel[][] {
  const groups: MeasurableKernel[][] = []
  let functions = Number.POSITIVE_INFINITY
  for (const kernel of kernels) {
    functions += kernel.builds.length
    if (functions > FUNCTIONS_TOGETHER) {
      groups.push([])
      functions = kernel.builds.length
    }
    groups.at(-1)?.push(kernel)
  }
  return groups
}

interface GroupResult {
  /** By the kernel's place in the group. */
  readonly samples: RawSample[]
  readonly failures: { kernel: string; build: string; reason: string; whole: boolean }[]
}

async function measureGroup(
  group: readonly MeasurableKernel[],
  plan: Plan,
  services: BenchServices,
  step: (text: string) => void,
): Promise<GroupResult> {
  const { host, lanes, signal } = services
  const samples: RawSample[] = []
  const failures: GroupResult['failures'] = []
  const kernels: MeasuredKernel[] = []
  const fail = (kernel: MeasurableKernel, build: string | undefined, reason: string): void => {
    for (const { hash } of kernel.builds)
      if (build === undefined || hash === build)
        failures.push({ kernel: kernel.name, build: hash, reason, whole: build === undefined })
  }
  for (const [i, kernel] of group.entries()) {
    const ready = await measurable(kernel, `k${i}`, services)
    if ('reason' in ready) fail(kernel, undefined, ready.reason)
    else kernels.push(ready)
  }
  const [first] = group
  const names = `${first?.name ?? ''}${group.length > 1 ? ` and ${group.length - 1} more` : ''}`
  await mkdir(inState('work'), { recursive: true })
  const directory = await mkdtemp(join(inState('work'), 'bench-'))
  try {
    await measure(
      kernels,
      plan,
      { host, lanes, link: linkBundle, directory, signal },
      {
        onSample: sample => samples.push(sample),
        onFailure: ({ kernel, build, reason }) => {
          const guilty = group[Number(kernel.slice(1))]
          if (guilty) fail(guilty, build, reason)
        },
        onLinkDone: () => step(names),
      },
    )
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  return { samples, failures }
}

const signatureOf = (store: Store, hash: string): Signature =>
  JSON.parse(
    cached(store, 'SELECT json FROM signature WHERE hash = ?').pluck().get(hash) as string,
  ) as Signature

/** A kernel with what to link for each build. A function of scalars runs through the adapter the judge uses too. */
async function measurable(
  kernel: MeasurableKernel,
  id: string,
  { store, host, signal }: BenchServices,
): Promise<MeasuredKernel | { readonly reason: string }> {
  const signature = signatureOf(store, kernel.signatureHash)
  let link = (id: string, object: Uint8Array, symbol: string): Linkable => ({ id, object, symbol })
  if (kernel.abi === 'scalar') {
    const ir = getText(store, kernel.irHash)
    const guard = shadowPoison(ir, 'scalar').undefined ? guardIr(ir) : undefined
    const services = { toolchain: await ensureToolchain({ signal }), target: host.target, signal }
    const adapter = await scalarAdapter(ir, { guard }, services)
    if ('reason' in adapter) return { reason: `the adapter does not compile: ${adapter.reason}` }
    link = adapter.link
  }
  const builds = kernel.builds.map(({ hash, objectHash }) => {
    const object = getBlob(store, objectHash)
    const globals = definedGlobals(parseObject(object))
    const symbol = globals.find(name => name === 'kernel') ?? globals[0] ?? 'kernel'
    return { hash, link: (id: string) => link(id, object, symbol) }
  })
  return { id, signature, builds }
}

/** Stores a group's samples but those of builds that failed, and the estimates; returns how many samples. */
function keep(
  store: Store,
  campaign: number,
  host: number,
  hostName: string,
  group: readonly MeasurableKernel[],
  { samples, failures }: GroupResult,
): number {
  const failed = new Set(failures.map(({ build }) => build))
  const kept = samples.filter(({ build }) => !failed.has(build))
  addSamples(
    store,
    campaign,
    kept.map(({ kernel, nsPerCall, ...sample }) => ({
      ...sample,
      signature: group[Number(kernel.slice(1))]?.signatureHash ?? '',
      value: nsPerCall,
    })),
  )
  const reasons = new Map(failures.map(failure => [failure.build, failure]))
  for (const { hash, signatureHash, builds } of group) {
    for (const build of builds) {
      const key = {
        stage: 'bench',
        subject: build.hash,
        detail: attemptDetail(signatureHash, hostName),
      } as const
      const failure = reasons.get(build.hash)
      if (!failure) clearAttempt(store, key)
      else
        recordAttempt(store, {
          ...key,
          fault: failure.whole ? 'unclear' : 'subject',
          reason: failure.reason,
        })
    }
    estimate(store, hash, signatureHash, host)
  }
  return kept.length
}

/** Warns when the host is doing something else: what it measures is then worth less. */
function warnIfBusy(host: string, state: HostFacts['state'], cores: number): void {
  const load = Number(state.load1 ?? 0)
  if (load > cores / 2)
    log.warn(
      `${host} is busy (load ${load.toFixed(1)} on ${cores} cores): expect wide intervals and 'inconclusive'`,
    )
}
