/** As many stories as fit a page, packed; the slowest kernels first. */

import { assemblyOf } from '../../../llvm/reading/disassemble.ts'
import type { Toolchain } from '../../../llvm/toolchain.ts'
import { log, type Progress } from '../../../log.ts'
import { getBlob } from '../../../store/blobs.ts'
import { type Dossier, dossier } from '../../../store/kernels/dossier.ts'
import type { Store } from '../../../store/open.ts'
import { pack } from '../pack.ts'
import { hloReader } from './hlo.ts'
import { readStory, type Story, wantedObjects } from './story.ts'

export interface PackedStories {
  /** Base64 texts, each several stories. */
  readonly chunks: readonly string[]
  /** Kernel hash → its chunk. Kernels that did not fit have none. */
  readonly chunkOf: ReadonlyMap<string, number>
}

/** Kernels whose objects are disassembled by one process. */
const BATCH = 48
/** Text of one chunk before packing: it is opened whole when one of its kernels is. */
const CHUNK_CHARACTERS = 400_000

/** Packs until `bytes` are used up. Without a toolchain there is no assembly. */
export async function packStories(
  store: Store,
  kernels: readonly string[],
  options: { bytes: number; toolchain: Toolchain | undefined; signal?: AbortSignal; progress: Progress },
): Promise<PackedStories> {
  const chunks: string[] = []
  const chunkOf = new Map<string, number>()
  const hlo = hloReader(store)
  let left = options.bytes
  for (let at = 0; at < kernels.length && left > 0; at += BATCH) {
    const batch = kernels.slice(at, at + BATCH).map(hash => dossier(store, hash))
    const assembly = await disassembled(store, batch, options)
    for (const stories of grouped(
      batch.map(kernel =>
        readStory(store, kernel, { hlo: hlo(kernel.hash), assembly: object => assembly.get(object) }),
      ),
    )) {
      const packed = pack(stories)
      left -= packed.length
      if (left < 0) break
      for (const story of stories) {
        chunkOf.set(story.hash, chunks.length)
        options.progress.step()
      }
      chunks.push(packed)
    }
    options.signal?.throwIfAborted()
  }
  return { chunks, chunkOf }
}

/** Assembly by object hash. A failure of the disassembler costs the assembly, not the report. */
async function disassembled(
  store: Store,
  kernels: readonly Dossier[],
  options: { toolchain: Toolchain | undefined; signal?: AbortSignal },
): Promise<Map<string, string>> {
  if (!options.toolchain) return new Map()
  const hashes = [...new Set(kernels.flatMap(wantedObjects))]
  try {
    const texts = await assemblyOf(
      options.toolchain,
      hashes.map(hash => getBlob(store, hash)),
      options.signal,
    )
    return new Map(hashes.map((hash, i) => [hash, texts[i] ?? '']))
  } catch (error) {
    options.signal?.throwIfAborted()
    log.warn(`no assembly for ${kernels.length} kernels: ${(error as Error).message}`)
    return new Map()
  }
}

function grouped(stories: readonly Story[]): Story[][] {
  const groups: Story[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const story of stories) {
    const own = story.texts.reduce((sum, text) => sum + text.length, 0)
    if (size + own > CHUNK_CHARACTERS) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(story)
    size += own
  }
  return groups
}
