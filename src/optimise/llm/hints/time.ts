/** How long builds with a hint take beside the level they start from. */
import { kernelToJudge } from '../../../judge/stored.ts'
import { measure, type Plan, timedSample } from '../../../measure/measure.ts'
import { type Comparison, compare, type TimedSample } from '../../../measure/statistics.ts'
import { inScratch } from '../../../process/scratch.ts'
import { linkBundle } from '../../../runner/link.ts'
import { getBlob } from '../../../store/blobs.ts'
import { cached } from '../../../store/statements.ts'
import { measuredBuild } from '../../search/time/reference.ts'
import type { Session, Task } from '../strategy.ts'

/** Each hint is one question with its own interval; nothing is chosen by its time, so nothing need be confirmed. */
const PLAN: Omit<Plan, 'seed'> = { links: 10, processes: 1, pairs: 5, minSampleNs: 250_000, limitMs: 4000 }

/**
 * The comparison of each build's time with the baseline's, by build hash. Twins of the baseline have none, twins of
 * each other the same; there are none at all where the kernel cannot be run alone.
 */
export async function timesBeside(
  task: Task,
  baseline: string,
  builds: readonly string[],
  { store, toolchain, lanes, signal, options, host }: Session,
): Promise<Map<string, Comparison>> {
  const kernel = await kernelToJudge(task.kernel.hash, { store, toolchain, signal })
  const contents = new Map([baseline, ...builds].map(build => [build, contentOf(build)]))
  const reference = contents.get(baseline)
  const others = new Set(
    builds.map(build => contents.get(build)).filter(content => content?.hash !== reference?.hash),
  )
  if (kernel === undefined || kernel.entry === 'scalar' || reference === undefined) return new Map()
  const distinct = new Map(
    [reference, ...others].flatMap(one => (one ? [[one.hash, one.object] as const] : [])),
  )
  if (distinct.size < 2) return new Map()
  const samples = new Map<string, TimedSample[]>([...distinct.keys()].map(hash => [hash, []]))
  await inScratch('hints', async directory => {
    const measured = [...distinct].map(([hash, object]) => measuredBuild(hash, getBlob(store, object)))
    await measure(
      [{ id: 'k', signature: kernel.signature, builds: measured }],
      { ...PLAN, seed: options.seed },
      { host: await host(), lanes, link: linkBundle, directory, signal },
      {
        onSample: sample => {
          if (sample.metric === 'time' && !sample.copy) samples.get(sample.build)?.push(timedSample(sample))
        },
        onFailure: () => {},
      },
    )
  })
  return new Map(
    builds.flatMap(build => {
      const own = samples.get(contents.get(build)?.hash ?? '') ?? []
      const found =
        contents.get(build)?.hash === reference.hash
          ? undefined
          : compare(own, samples.get(reference.hash) ?? [])
      return found === undefined ? [] : [[build, found] as const]
    }),
  )

  function contentOf(build: string): { readonly hash: string; readonly object: string } | undefined {
    return cached(store, 'SELECT content_hash AS hash, object_hash AS object FROM build WHERE hash = ?').get(
      build,
    ) as { hash: string; object: string } | undefined
  }
}
