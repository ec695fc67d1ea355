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
  const means = linkMeans(store, lines.host)
  return {
    lines,
    machine,
    time: (line, cell) => {
      const found = means.get(`${line.hash} ${line.signature} ${cell.proposer}`)
      return found && passed(cell) ? timeFromLinks(found) : undefined
    },
  }
}

/** Geometric mean of every link's samples, by kernel, signature and proposer; twins share theirs. */
function linkMeans(store: Store, host: string | null): Map<string, number[]> {
  const rows = store
    .prepare(
      `SELECT b.kernel_hash || ' ' || m.signature_hash AS place, b.content_hash AS content, exp(avg(ln(m.value))) AS mean
       FROM measurement m JOIN build b ON b.hash = m.build_hash JOIN campaign c ON c.id = m.campaign_id
       JOIN host h ON h.id = c.host_id
       WHERE h.name = ? AND m.metric = 'time' AND m.value > 0 AND m.copy = 0 AND c.purpose <> 'select'
       GROUP BY place, content, m.campaign_id, m.link`,
    )
    .all(host) as { place: string; content: string; mean: number }[]
  const byContent = Map.groupBy(rows, row => `${row.place} ${row.content}`)
  const proposals = store
    .prepare(
      `SELECT DISTINCT c.kernel_hash || ' ' || c.signature_hash AS place, b.content_hash AS content, p.proposer
       FROM proposal p JOIN build b ON b.hash = p.build_hash JOIN kernel_call c ON c.kernel_hash = p.kernel_hash
       WHERE b.content_hash IS NOT NULL ORDER BY p.id DESC`,
    )
    .all() as { place: string; content: string; proposer: string }[]
  const found = new Map<string, number[]>()
  for (const { place, content, proposer } of proposals) {
    const own = byContent.get(`${place} ${content}`)
    if (own)
      found.set(
        `${place} ${proposer}`,
        own.map(row => row.mean),
      )
  }
  return found
}
