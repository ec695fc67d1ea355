/** Where the bytes are that are left: of each winner for size, and of what it is compared with. */
import { byteUse } from '../../llvm/object/byte-use.ts'
import { getBlob } from '../../store/blobs.ts'
import { write } from '../../store/open.ts'
import { insert } from '../../store/statements.ts'
import type { ExploreServices } from '../proposer.ts'

/** Takes apart the objects that were not yet. */
export async function keepByteUse({ store, toolchain, signal }: ExploreServices): Promise<void> {
  const rows = store
    .prepare(
      `SELECT DISTINCT b.hash, b.object_hash AS object FROM search s JOIN proposal p ON p.kernel_hash = s.kernel_hash
       JOIN build b ON b.hash = p.build_hash JOIN target t ON t.id = b.target_id
       WHERE s.metric = 'size' AND p.proposer IN ('search', 'opt:Oz', 'opt:O3', 'xla') AND t.triple LIKE 'x86_64%'
         AND b.object_hash IS NOT NULL AND NOT EXISTS (SELECT 1 FROM byte_use u WHERE u.build_hash = b.hash)`,
    )
    .all() as { hash: string; object: string }[]
  const objects = new Map(rows.map(({ hash, object }) => [hash, getBlob(store, object)]))
  const uses = await byteUse(toolchain, objects, signal)
  write(store, () => {
    for (const [build_hash, use] of uses)
      insert(store, 'byte_use', { build_hash, kinds: JSON.stringify(use) }, 'ON CONFLICT DO NOTHING')
  })
}
