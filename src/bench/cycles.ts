/** llvm-mca's estimates into the store: cycles of an iteration of each build's hot loop, on the core it is made for. */
import { forAll, type Lanes } from '../lanes/lanes.ts'
import { mcaCycles } from '../llvm/mca.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { progress } from '../log.ts'
import { getBlob } from '../store/blobs.ts'
import { putReading, unread } from '../store/builds/readings.ts'
import { type Store, write } from '../store/open.ts'

/** Builds that one llvm-mca looks at. */
const TOGETHER = 64

/** Estimates what passed and has none. Code without a loop gets none, now or later. Returns how many were made. */
export async function estimateCycles(
  services: {
    readonly store: Store
    readonly toolchain: Toolchain
    readonly lanes: Lanes
    readonly signal: AbortSignal
  },
  filter: string | undefined,
): Promise<number> {
  const { store, toolchain, lanes, signal } = services
  const pending = unread(store, 'mca-cycles', filter)
  const chunks = [
    ...Map.groupBy(pending, ({ target }) => `${target.triple} ${target.cpu} ${target.features}`),
  ]
    .map(([, builds]) => builds)
    .flatMap(builds =>
      Array.from({ length: Math.ceil(builds.length / TOGETHER) }, (_, i) =>
        builds.slice(i * TOGETHER, (i + 1) * TOGETHER),
      ),
    )
  const shown = progress('builds estimated by llvm-mca', pending.length)
  let made = 0
  try {
    await forAll(lanes, chunks, signal, async builds => {
      const [first] = builds
      if (first === undefined) return
      const objects = builds.map(({ objectHash }) => getBlob(store, objectHash))
      const results = await mcaCycles(toolchain, objects, first.target, signal)
      write(store, () => {
        for (const [i, result] of results.entries()) {
          if ('reason' in result) continue
          const { cycles, ...detail } = result
          for (const build of builds[i]?.builds ?? [])
            putReading(store, { build, metric: 'mca-cycles', source: 'llvm-mca', value: cycles, detail })
          made++
        }
      })
      for (const _ of builds) shown.step('')
    })
  } finally {
    shown.done()
  }
  return made
}
