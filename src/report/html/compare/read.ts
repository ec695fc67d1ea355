/** What a comparison needs of a database: every build's size, verdict and time, and the machine that took it. */
import type { Store } from '../../../store/open.ts'
import { type Cell, type Line, type Lines, passed, readLines } from '../lines.ts'
import { type Interval, timeFromLinks } from './difference.ts'

export interface Side {
  readonly lines: Lines
  /** The main host as a machine: times of another are not comparable with its own. */
  readonly machine: string | undefined
  /** Absolute time of a build, from its links. */
  time(line: Line, cell: Cell): Interval | undefined
}

/** Reads one database. */
export function readSide(store: Store): Side {
  const lines = readLines(store)
  const machine = store
    .prepare("SELECT cpu || ', ' || cores || ' cores, ' || os FROM host WHERE name = ? ORDER BY id DESC")
    .pluck()
    .get(lines.host) as string | undefined
  let means: ReturnType<typeof linkMeans> | undefined
  return {
    lines,
    machine,
    time: (line, cell) => {
      means ??= linkMeans(store, lines.host)
      const found = means.get(`${line.hash} ${line.signature} ${cell.content}`)
      return found && passed(cell) ? timeFromLinks(found.map(({ mean }) => mean)) : undefined
    },
  }
}

/** Geometric mean of every link's undisturbed samples, by kernel, signature and content of the build. */
function linkMeans(store: Store, host: string | null): Map<string, { mean: number }[]> {
  const rows = store
    .prepare(
      `SELECT b.kernel_hash || ' ' || m.signature_hash || ' ' || b.content_hash AS build, exp(avg(ln(m.value))) AS mean
       FROM measurement m JOIN build b ON b.hash = m.build_hash JOIN campaign c ON c.id = m.campaign_id
       JOIN host h ON h.id = c.host_id
       WHERE h.name = ? AND m.metric = 'time' AND m.value > 0 AND m.copy = 0 AND m.disturbance IS NULL
         AND c.purpose <> 'select'
       GROUP BY build, m.campaign_id, m.link`,
    )
    .all(host) as { build: string; mean: number }[]
  return Map.groupBy(rows, row => row.build)
}
