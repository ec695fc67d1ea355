/**
 * The sampling plan. The builds of a bundle of kernels are linked into one executable several times, each time in
 * another order; each executable runs every kernel in several processes; in each process every pair takes one sample of
 * every build, one after the other. Twins must be merged before: a build stands for all with its content.
 */
import type { Host } from '../hosts/host.ts'
import { sha256 } from '../kernel/build.ts'
import { seededRandom, shuffled } from '../kernel/random.ts'
import type { Signature } from '../kernel/signature.ts'
import { createLanes, type Lanes } from '../lanes/lanes.ts'
import type { Linkable, linkBundle } from '../runner/link.ts'
import type { Bundle, RunnerHello, RunnerResult, Sample, TimingJob } from '../runner/protocol.ts'
import type { TimedSample } from './statistics.ts'

export interface MeasuredBuild {
  readonly hash: string
  /** What to link for it under the name `id`. */
  readonly link: (id: string) => Linkable
  /** A second copy of the same code under another name, for an A/A pair. */
  readonly copy?: true
}

export interface MeasuredKernel {
  /** Unique among the kernels measured together. */
  readonly id: string
  readonly signature: Signature
  readonly builds: readonly MeasuredBuild[]
}

export interface Plan {
  /** Executables with shuffled function order. */
  readonly links: number
  /** Processes of each executable. */
  readonly processes: number
  /** Samples of each build in a process. */
  readonly pairs: number
  readonly minSampleNs: number
  /** Longest one kernel may take in one process; it takes fewer pairs rather than longer. */
  readonly limitMs: number
  readonly seed: number
  /** Number of the first executable, where a campaign goes on; each number is another order. */
  readonly firstLink?: number
  /** Samples with cold caches of each build in a process; none unless said. */
  readonly cold?: number
}

/** One raw sample: of which kernel (its id) and build (its hash), in which link, of which executable. */
export interface RawSample extends Omit<Sample, 'kind' | 'id' | 'function'> {
  readonly kernel: string
  readonly build: string
  readonly link: number
  readonly binaryHash: string
  readonly copy: boolean
}

/** A raw sample as the statistics take it. */
export const timedSample = (sample: RawSample): TimedSample => {
  const { link, process, pair, nsPerCall: value, disturbance } = sample
  return { link, process, pair, value, ...(disturbance !== undefined && { disturbance }) }
}

export interface MeasureServices {
  readonly host: Host
  readonly lanes: Lanes
  readonly link: typeof linkBundle
  /** An empty folder for executables. */
  readonly directory: string
  readonly signal?: AbortSignal
}

export interface MeasureEvents {
  readonly onSample: (sample: RawSample) => void
  /** A build, or a whole kernel, that could not be measured. It costs nothing else. */
  readonly onFailure: (failure: { kernel: string; build?: string; reason: string }) => void
  /** What a runner says of itself when it starts. */
  readonly onHello?: (hello: RunnerHello) => void
  /** Instructions a build executes in a call, where the host counts them. */
  readonly onCount?: (count: { kernel: string; build: string; instructions: number }) => void
  /** One executable has run all kernels. */
  readonly onLinkDone?: () => void
}

interface Work {
  readonly kernel: MeasuredKernel
  /** Function ids within the bundle, one a build. */
  readonly functions: Map<string, MeasuredBuild>
}

/** What executables said of each host's least crowding: neighbours may be there for longer than one of them runs. */
const crowding = new WeakMap<Host, number[]>()

/** A quarter of them is less; 0 of none. The very least could be a slip of the clock. */
const lowerQuartile = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 2] ?? 0

const elsewhere = new WeakMap<Host, Lanes>()

/** A host elsewhere is disturbed by nothing that runs here: its jobs wait for each other only. */
function quietOf({ host, lanes }: MeasureServices): Lanes['quiet'] {
  if (host.place === 'here') return lanes.quiet
  const own = elsewhere.get(host) ?? createLanes(1)
  elsewhere.set(host, own)
  return own.quiet
}

/** Measures the kernels together. Links in the wide lane, runs in the quiet one. */
export async function measure(
  kernels: readonly MeasuredKernel[],
  plan: Plan,
  services: MeasureServices,
  events: MeasureEvents,
): Promise<void> {
  const works = kernels.map(
    (kernel, k): Work => ({
      kernel,
      functions: new Map(kernel.builds.map((build, b) => [`k${k}_b${b}`, build])),
    }),
  )
  const { firstLink = 0 } = plan
  const link = (number: number): Promise<Bundle | undefined> =>
    services.lanes.wide(() => linkAll(works, plan.seed + firstLink + number, services, events))
  // The first link finds out what cannot be linked; the others then go side by side.
  const first = await link(0)
  const others = await Promise.all(Array.from({ length: plan.links - 1 }, (_, i) => link(i + 1)))
  const bundles = [first, ...others].filter(bundle => bundle !== undefined)
  if (bundles.length === 0) return
  await quietOf(services)(async () => {
    for (const [link, bundle] of bundles.entries()) {
      services.signal?.throwIfAborted()
      await runLink(works, firstLink + link, bundle, plan, services, events)
      events.onLinkDone?.()
    }
  })
}

/**
 * Links what is left of the works. A function that cannot be linked is dropped and reported; a bundle that cannot be
 * linked for no function's sake is a failure of all.
 */
async function linkAll(
  works: readonly Work[],
  orderSeed: number,
  services: MeasureServices,
  events: MeasureEvents,
): Promise<Bundle | undefined> {
  for (;;) {
    services.signal?.throwIfAborted()
    const linkables = works.flatMap(({ functions }) => [...functions].map(([id, build]) => build.link(id)))
    if (linkables.length === 0) return undefined
    const { host, directory } = services
    const linked = await services.link(linkables, {
      target: host.target,
      orderSeed,
      directory,
      ...(services.signal && { signal: services.signal }),
    })
    if (linked.state === 'ok') return linked.bundle
    const guilty = works.find(({ functions }) => linked.id !== undefined && functions.has(linked.id))
    for (const work of guilty ? [guilty] : works) drop(work, guilty && linked.id, linked.reason, events)
  }
}

/** Takes one function, or all, out of a work and says why. */
function drop(work: Work, id: string | undefined, reason: string, events: MeasureEvents): void {
  const kernel = work.kernel.id
  const build = id === undefined ? undefined : work.functions.get(id)
  if (id !== undefined && !build) return
  if (id === undefined || !build) work.functions.clear()
  else work.functions.delete(id)
  events.onFailure({ kernel, ...(build && { build: build.hash }), reason })
}

/**
 * Inputs, orders, and where buffers and stacks lie follow from it: equal ones in every link would favour one function in
 * all of them, and no interval would know.
 */
const seedOf = ({ builds }: MeasuredKernel, link: number, { seed }: Plan): number =>
  Number.parseInt(sha256([seed, link, ...builds.map(({ hash }) => hash)].join(' ')).slice(0, 12), 16)

async function runLink(
  works: readonly Work[],
  link: number,
  bundle: Bundle,
  plan: Plan,
  services: MeasureServices,
  events: MeasureEvents,
): Promise<void> {
  const byId = new Map(works.map(work => [work.kernel.id, work]))
  const leastCrowding = lowerQuartile(crowding.get(services.host) ?? [])
  const jobs = works
    .filter(({ functions }) => functions.size > 0)
    .map(({ kernel, functions }): TimingJob => {
      const seed = seedOf(kernel, link, plan)
      return {
        kind: 'time',
        id: kernel.id,
        signature: kernel.signature,
        // Those whose processes start later are faster by a fraction of a percent.
        functions: shuffled(seededRandom(seed), [...functions.keys()]),
        seed,
        processes: plan.processes,
        pairs: plan.pairs,
        minSampleNs: plan.minSampleNs,
        limitMs: plan.limitMs,
        cold: plan.cold ?? 0,
        leastCrowding,
      }
    })
  if (jobs.length === 0) return
  const onResult = (result: RunnerResult): void => {
    if (result.kind === 'hello') events.onHello?.(result)
    if (result.kind === 'hello' || result.kind === 'verify') return
    if (result.kind === 'machine') {
      crowding.set(services.host, [...(crowding.get(services.host) ?? []), result.leastCrowding])
      return
    }
    const work = byId.get(result.id)
    if (!work) return
    if (result.kind === 'time-failed') {
      drop(work, result.function, result.reason, events)
      return
    }
    const build = work.functions.get(result.function)
    if (!build) return
    if (result.kind === 'count') {
      events.onCount?.({ kernel: result.id, build: build.hash, instructions: result.instructions })
      return
    }
    const { kind: _, id, function: __, ...sample } = result
    events.onSample({
      ...sample,
      kernel: id,
      build: build.hash,
      copy: build.copy === true,
      link,
      binaryHash: bundle.hash,
    })
  }
  await services.host.execute(bundle, jobs, { ...(services.signal && { signal: services.signal }), onResult })
}
