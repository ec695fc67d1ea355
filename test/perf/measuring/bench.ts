/** What measuring costs: a hundred kernels with four builds each, of a verified database (XLAB_PERF_DB), to ±2 %. */
import { halfWidth } from '../../../src/measure/judgement.ts'
import { openStore } from '../../../src/store/open.ts'
import { measured } from '../measured.ts'
import { onCopy, percent } from './bench-samples.ts'

const KERNELS = 100
const BUILDS = 4
const PRECISION = 0.02
const TARGET_SECONDS = 180
/** Share of the intervals that must be as narrow as asked, or as the host can make them. */
const NARROW = 0.9
/** Leaves time to start, and to end what is begun. */
const BUDGET_SECONDS = 150

export const run = (): Promise<boolean> =>
  onCopy(async db => {
    const [kernels, builds] = trim(db)
    const args = [
      '--precision',
      `${PRECISION * 100}%`,
      '--budget',
      `${BUDGET_SECONDS}s`,
      '--no-confirm',
      '--cold',
      '0',
    ]
    const { code, seconds } = await measured(['bench', '--db', db, ...args])
    const store = openStore(db)
    const rows = store
      .prepare('SELECT ratio_low AS low, ratio_high AS high FROM estimate WHERE p IS NOT NULL')
      .all() as { low: number; high: number }[]
    const [resolution] = store.prepare('SELECT resolution FROM campaign').pluck().all() as (number | null)[]
    store.close()
    const enough = Math.max(PRECISION, resolution ?? 0)
    const within = (width: number): number => rows.filter(row => halfWidth(row) <= width).length / rows.length
    console.log(
      `${kernels} kernels, ${builds} distinct builds: ${seconds.toFixed(0)} s (target ${TARGET_SECONDS})`,
    )
    console.log(`${(seconds / kernels).toFixed(2)} s a kernel, ${(seconds / builds).toFixed(2)} s a build`)
    console.log(
      `of ${rows.length} intervals ${percent(within(PRECISION))} within ±${percent(PRECISION)}, ${percent(within(enough))} within what the host resolves, ${percent(resolution ?? undefined)}`,
    )
    return code === 0 && seconds <= TARGET_SECONDS && within(enough) >= NARROW
  })

/** Leaves verdicts for the kernels with most builds alone, and for four builds of each. */
function trim(db: string): [kernels: number, builds: number] {
  const store = openStore(db)
  store.exec('DELETE FROM estimate; DELETE FROM confirmation; DELETE FROM aa; DELETE FROM measurement')
  const rows = store
    .prepare(
      `SELECT v.id, b.kernel_hash AS kernel, b.content_hash AS content, v.signature_hash AS signature
       FROM current_verdict v JOIN build b ON b.hash = v.build_hash
       WHERE v.state IN ('same', 'agreed', 'exhausted') AND b.object_hash IS NOT NULL ORDER BY b.input <> 'object', b.hash`,
    )
    .all() as { id: number; kernel: string; content: string; signature: string }[]
  const calls = [...Map.groupBy(rows, row => `${row.kernel} ${row.signature}`).values()]
    .map(call => {
      const contents = new Set([...new Set(call.map(row => row.content))].slice(0, BUILDS))
      return { contents, ids: call.filter(row => contents.has(row.content)).map(row => row.id) }
    })
    .sort((a, b) => b.contents.size - a.contents.size)
    .slice(0, KERNELS)
  const kept = new Set(calls.flatMap(({ ids }) => ids))
  const drop = store.prepare('DELETE FROM verdict WHERE id = ?')
  store.transaction(() => {
    for (const { id } of store.prepare('SELECT id FROM verdict').all() as { id: number }[])
      if (!kept.has(id)) drop.run(id)
  })()
  store.close()
  return [calls.length, calls.reduce((sum, { contents }) => sum + contents.size, 0)]
}
