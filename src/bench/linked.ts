/** Linked sizes of what was measured: one link for each set of symbols that builds need tells for all that need it. */
import { forAll } from '../lanes/lanes.ts'
import { kernelSymbol } from '../llvm/object/object.ts'
import { inScratch } from '../process/scratch.ts'
import { emptyBytes, linkedBytes, ownBytes, type SizedObject } from '../runner/linked-size.ts'
import { getBlob } from '../store/blobs.ts'
import { putReading } from '../store/builds/readings.ts'
import { write } from '../store/open.ts'
import type { BenchServices, Work } from './group.ts'

interface Unread {
  readonly hash: string
  readonly objectHash: string
  readonly needs: string
}

/** Reads and stores the linked size of the works' builds that have none. */
export async function readLinkedSizes(works: readonly Work[], services: BenchServices): Promise<void> {
  const { store, host, lanes, signal } = services
  const unread = store.prepare(
    `SELECT hash, object_hash AS objectHash, coalesce(undefined_symbols, '[]') AS needs FROM build WHERE hash = ?
      AND NOT EXISTS (SELECT 1 FROM reading WHERE build_hash = hash AND metric = 'linked')`,
  )
  const hashes = new Set(works.flatMap(({ kernel }) => kernel.builds.map(({ hash }) => hash)))
  const rows = [...hashes].flatMap(hash => {
    const row = unread.get(hash) as Unread | undefined
    return row ? [row] : []
  })
  if (rows.length === 0) return
  const sets = Map.groupBy(rows, ({ needs }) => JSON.stringify((JSON.parse(needs) as string[]).sort()))
  const sized = ({ objectHash }: Unread): SizedObject => {
    const object = getBlob(store, objectHash)
    return { object, symbol: kernelSymbol(object) }
  }
  await inScratch('linked', async directory => {
    const options = { target: host.target, directory, signal }
    const empty = await emptyBytes(options)
    if (empty === undefined) return
    await forAll(lanes, sets.values(), signal, async set => {
      const [first] = set
      if (!first) return
      const one = sized(first)
      const whole = await linkedBytes(one, options)
      if (whole === undefined) return
      const library = whole - empty - ownBytes(one.object)
      write(store, () => {
        for (const row of set)
          putReading(store, {
            build: row.hash,
            metric: 'linked',
            source: 'linker',
            value: library + ownBytes(sized(row).object),
          })
      })
    })
  })
}
