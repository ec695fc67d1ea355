/** What an emulated host has to say of builds: the instructions a call executes. Never a time. */
import { usageError } from '../errors.ts'
import { forAll } from '../lanes/lanes.ts'
import { progress } from '../log.ts'
import type { MeasuredKernel } from '../measure/measure.ts'
import { inScratch } from '../process/scratch.ts'
import { linkBundle } from '../runner/link.ts'
import type { Bundle } from '../runner/protocol.ts'
import { clearAttempt, recordAttempt } from '../store/attempts.ts'
import { hasReading, putReading, twinsOf } from '../store/builds/readings.ts'
import { hostId } from '../store/measurements/hosts.ts'
import {
  attemptDetail,
  type MeasurableKernel,
  measurableKernels,
} from '../store/measurements/measurements.ts'
import { write } from '../store/open.ts'
import { type BenchServices, measurable, together, type Work } from './group.ts'

export interface CountOutcome {
  readonly kernels: number
  readonly counted: number
  readonly failures: readonly { kernel: string; build: string; reason: string }[]
}

const METRIC = 'dynamic-instructions'
/** Longest the emulator may take for one call. */
const LIMIT_MS = 60_000

/** Counts what passing builds for the host's CPU lack, each result stored as it comes. */
export async function countInstructions(
  services: BenchServices,
  filter: string | undefined,
): Promise<CountOutcome> {
  const { store, host, lanes, signal } = services
  if (host.count === undefined) throw usageError(`${host.name} counts no instructions`)
  const { name, kind, emulated, target } = host
  const { cpu, cores, os } = await host.describe()
  const id = hostId(store, { name, kind, emulated, cpu, cores, os })
  const works = measurableKernels(store, { id, name, target, cpu: target.cpu }, filter).flatMap(kernel =>
    uncounted(services, kernel),
  )
  const shown = progress(`builds counted on ${name}`, works.flatMap(({ kernel }) => kernel.builds).length)
  const failures: CountOutcome['failures'][number][] = []
  let counted = 0
  const fail = (kernel: MeasurableKernel, build: string, reason: string): void => {
    failures.push({ kernel: kernel.name, build, reason })
    const key = {
      stage: 'bench',
      subject: build,
      detail: attemptDetail(kernel.signatureHash, name),
    } as const
    recordAttempt(store, { ...key, fault: 'subject', reason })
    shown.step(kernel.name)
  }
  const count = async (ready: MeasuredKernel, kernel: MeasurableKernel, bundle: Bundle): Promise<void> => {
    const functions = new Map(ready.builds.map((build, i) => [`${ready.id}_b${i}`, build.hash]))
    await host.count?.(
      bundle,
      {
        kind: 'time',
        id: ready.id,
        signature: ready.signature,
        functions: [...functions.keys()],
        ...{ seed: 1, processes: 1, pairs: 1, minSampleNs: 0, limitMs: LIMIT_MS },
      },
      {
        signal,
        onResult: result => {
          const build = functions.get(result.function ?? '')
          if (build === undefined) return
          if (result.kind === 'time-failed') {
            fail(kernel, build, result.reason)
            return
          }
          const reading = {
            signature: kernel.signatureHash,
            host: name,
            metric: METRIC,
            source: cpu,
            value: result.instructions,
          } as const
          write(store, () => {
            for (const twin of twinsOf(store, build)) putReading(store, { build: twin, ...reading })
            const key = {
              stage: 'bench',
              subject: build,
              detail: attemptDetail(kernel.signatureHash, name),
            } as const
            clearAttempt(store, key)
          })
          counted++
          shown.step(kernel.name)
        },
      },
    )
  }
  const countAll = (directory: string): Promise<void> =>
    forAll(lanes, together(works), signal, async group => {
      const ready: { readonly kernel: MeasurableKernel; readonly measured: MeasuredKernel }[] = []
      for (const [i, work] of group.entries()) {
        const measured = await measurable(work, `k${i}`, services)
        if ('reason' in measured)
          for (const { hash } of work.kernel.builds) fail(work.kernel, hash, measured.reason)
        else ready.push({ kernel: work.kernel, measured })
      }
      const linked = await linkBundle(
        ready.flatMap(({ measured }) =>
          measured.builds.map((build, i) => build.link(`${measured.id}_b${i}`)),
        ),
        { target, orderSeed: 1, directory, signal },
      )
      for (const { kernel, measured } of ready)
        if (linked.state === 'ok') await count(measured, kernel, linked.bundle)
        else for (const { hash } of kernel.builds) fail(kernel, hash, linked.reason)
    })
  try {
    await inScratch('count', countAll)
  } finally {
    shown.done()
  }
  return { kernels: works.length, counted, failures }
}

/** A kernel with those of its builds that this host has not counted. */
function uncounted({ store, host }: BenchServices, kernel: MeasurableKernel): Work[] {
  const builds = kernel.builds.filter(
    ({ hash }) =>
      !hasReading(store, {
        build: hash,
        metric: METRIC,
        signature: kernel.signatureHash,
        host: host.name,
      }),
  )
  return builds.length > 0 ? [{ kernel: { ...kernel, builds } }] : []
}
