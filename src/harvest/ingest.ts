/** A dump folder into the database. Everything in it is accounted for: kernels, artifacts, or a listed reason. */
import { groupDump } from '../kernel/dump-names.ts'
import type { Reader } from '../llvm/reading/reader.ts'
import {
  countHarvest,
  type HarvestCounts,
  insertUnparsed,
  moduleNames,
  type Unparsed,
} from '../store/kernels/harvests.ts'
import { type Store, write } from '../store/open.ts'
import { listDump } from './dump-files.ts'
import { storeModule } from './ingest-module.ts'
import { readModule } from './read-module.ts'
import type { Timing } from './runtime/events.ts'
import { createValidator } from './validate.ts'

export interface IngestServices {
  readonly store: Store
  readonly reader: Reader
  readonly signal: AbortSignal
  /** After each module; `total` modules in all. */
  readonly onModule?: (total: number) => void
}

export interface IngestSummary extends HarvestCounts {
  /** Files in the dump. */
  readonly files: number
  /** Kernels stored by this run; all others it saw were known already. */
  readonly new: number
  readonly unparsed: readonly Unparsed[]
}

/** Modules worked on at once, so that LLVM reads one while the next is taken apart. */
const AT_ONCE = 4

/**
 * Stores what `dir` holds under a harvest that has begun. Modules are stored whole, one transaction each; those that
 * the harvest has already are left as they are, so an interrupted ingest goes on where it was cut.
 */
export async function ingest(
  dir: string,
  harvestId: number,
  services: IngestServices,
  timings: readonly Timing[] = [],
): Promise<IngestSummary> {
  const { store, signal } = services
  const { files, refused } = listDump(dir)
  const { modules, unknown } = groupDump(files)
  write(store, () => insertUnparsed(store, harvestId, [...refused, ...unknown]))
  const done = moduleNames(store, harvestId)
  const validator = createValidator(store, services.reader)
  const pending = modules.filter(({ key }) => !done.has(key)).values()
  let added = 0
  let last: Promise<unknown> = Promise.resolve()
  const work = async (): Promise<void> => {
    for (const module of pending) {
      const before = last
      const one = async (): Promise<void> => {
        const contents = await readModule(store, dir, module, validator, signal)
        // Stored in the order of the dump, so that equal dumps give equal databases.
        await before
        signal.throwIfAborted()
        const timing = timings.find(({ moduleName }) => moduleName === module.key)
        const { key: name, hloAfter } = module
        added += storeModule(store, contents, {
          harvestId,
          name,
          ...(timing && { timing }),
          ...(hloAfter !== undefined && { hloAfter }),
        })
        services.onModule?.(modules.length)
      }
      last = one()
      await last
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  const unparsed = store
    .prepare('SELECT file, reason FROM unparsed WHERE harvest_id = ? ORDER BY id')
    .all(harvestId) as Unparsed[]
  return { ...countHarvest(store, harvestId), files: files.length + refused.length, new: added, unparsed }
}

/** Why an ingest that gave no kernel is a failure, or undefined if it gave some. */
export function nothingFound({ kernels, files, unparsed }: IngestSummary): string | undefined {
  if (kernels > 0) return undefined
  if (files === 0) return 'the dump is empty: nothing was compiled by XLA'
  const first = unparsed.find(({ file }) => file.endsWith('.ll')) ?? unparsed[0]
  const why = first ? `; ${first.file}: ${first.reason}` : ''
  return `no kernel could be read from the ${files} files of the dump${why}`
}
