/** Kernels that are measured in one executable: what of each, and how they get there. */
import { scalarAdapter } from '../compile/scalar-adapter.ts'
import type { Host } from '../hosts/host.ts'
import { guardIr } from '../judge/ir/guard.ts'
import { shadowPoison } from '../judge/ir/shadow.ts'
import type { Signature } from '../kernel/signature.ts'
import type { Lanes } from '../lanes/lanes.ts'
import { kernelSymbol } from '../llvm/object/object.ts'
import { ensureToolchain } from '../llvm/toolchain.ts'
import { type MeasuredKernel, measure, type Plan, type RawSample } from '../measure/measure.ts'
import { inScratch } from '../process/scratch.ts'
import { type Linkable, linkBundle } from '../runner/link.ts'
import type { RunnerHello } from '../runner/protocol.ts'
import { getBlob, getText } from '../store/blobs.ts'
import type { MeasurableKernel } from '../store/measurements/measurements.ts'
import type { Store } from '../store/open.ts'
import { cached } from '../store/statements.ts'

export interface BenchServices {
  readonly store: Store
  readonly host: Host
  readonly lanes: Lanes
  readonly signal: AbortSignal
}

/** A kernel to measure, with the builds to run now. */
export interface Work {
  readonly kernel: MeasurableKernel
  /** Hash of the build that is linked a second time under another name: an A/A pair. */
  readonly copied?: string
}

/** Most functions in one executable: enough that linking is cheap, few enough that a killed run loses little. */
const FUNCTIONS_TOGETHER = 32

const functionsOf = ({ kernel, copied }: Work): number =>
  kernel.builds.length + (copied === undefined ? 0 : 1)

/** Cuts the work into groups, in its order. */
export function together(works: readonly Work[]): Work[][] {
  const groups: Work[][] = []
  let functions = Number.POSITIVE_INFINITY
  for (const work of works) {
    functions += functionsOf(work)
    if (functions > FUNCTIONS_TOGETHER) {
      groups.push([])
      functions = functionsOf(work)
    }
    groups.at(-1)?.push(work)
  }
  return groups
}

export interface GroupResult {
  /** By the kernel's place in the group: `k0`, `k1`, … */
  readonly samples: readonly RawSample[]
  readonly counts: readonly {
    readonly kernel: string
    readonly build: string
    readonly instructions: number
  }[]
  readonly failures: readonly {
    readonly kernel: string
    readonly build: string
    readonly reason: string
    readonly whole: boolean
  }[]
  readonly runner: RunnerHello | undefined
}

/** The work a sample or count is of. */
export const workOf = (group: readonly Work[], id: string): Work | undefined => group[Number(id.slice(1))]

/** Measures a group by the plan. `onLink` is told of each executable that has run. */
export async function measureGroup(
  group: readonly Work[],
  plan: Plan,
  services: BenchServices,
  onLink: (names: string) => void,
): Promise<GroupResult> {
  const { host, lanes, signal } = services
  const samples: RawSample[] = []
  const counts: GroupResult['counts'][number][] = []
  const failures: GroupResult['failures'][number][] = []
  const kernels: MeasuredKernel[] = []
  let runner: RunnerHello | undefined
  const fail = ({ kernel }: Work, build: string | undefined, reason: string): void => {
    for (const { hash } of kernel.builds)
      if (build === undefined || hash === build)
        failures.push({ kernel: kernel.name, build: hash, reason, whole: build === undefined })
  }
  for (const [i, work] of group.entries()) {
    const ready = await measurable(work, `k${i}`, services)
    if ('reason' in ready) fail(work, undefined, ready.reason)
    else kernels.push(ready)
  }
  const names = `${group[0]?.kernel.name ?? ''}${group.length > 1 ? ` and ${group.length - 1} more` : ''}`
  await inScratch('bench', async directory => {
    await measure(
      kernels,
      plan,
      { host, lanes, link: linkBundle, directory, signal },
      {
        onSample: sample => samples.push(sample),
        onCount: count => counts.push(count),
        onHello: hello => {
          runner = hello
        },
        onFailure: ({ kernel, build, reason }) => {
          const guilty = workOf(group, kernel)
          if (guilty) fail(guilty, build, reason)
        },
        onLinkDone: () => onLink(names),
      },
    )
  })
  return { samples, counts, failures, runner }
}

const signatureOf = (store: Store, hash: string): Signature =>
  JSON.parse(
    cached(store, 'SELECT json FROM signature WHERE hash = ?').pluck().get(hash) as string,
  ) as Signature

/** A kernel with what to link for each build. A function of scalars runs through the adapter the judge uses too. */
export async function measurable(
  { kernel, copied }: Work,
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
    const symbol = kernelSymbol(object)
    return { hash, link: (id: string) => link(id, object, symbol) }
  })
  const twice = builds
    .filter(build => build.hash === copied)
    .map(build => ({ ...build, copy: true as const }))
  return { id, signature, builds: [...builds, ...twice] }
}
