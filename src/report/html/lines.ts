/** Every kernel as one line of figures: what the table shows, what plots draw, and what stories are ranked by. */
import { passes } from '../../kernel/verdict.ts'
import type { Store } from '../../store/open.ts'
import { TRIED } from '../../store/proposers/searches.ts'
import type { Result } from '../kernel-table.ts'

/** What one proposer made of a kernel. Ratios are to XLA's own object; below 1 is smaller or faster. */
export interface Cell {
  /** Proposer, with the target where there are several: `opt:O3`, `opt:O3 (pi4)`. */
  readonly proposer: string
  /** broken | same | agreed | exhausted | refuted | unknown | not judged | no answer */
  readonly verdict: string
  /** Content hash of the build that the figures are of. */
  readonly content: string | null
  readonly bytes: number | null
  /** Code bytes of the smallest of its builds that passed. */
  readonly smallest: number | null
  readonly size: number | null
  readonly timeNs: number | null
  readonly ratio: number | null
  readonly low: number | null
  readonly high: number | null
  /** reference | twin | same | faster | slower | inconclusive */
  readonly comparison: string | null
}

/** A kernel under one signature. */
export interface Line {
  readonly hash: string
  readonly signature: string | null
  readonly name: string
  readonly models: readonly string[]
  readonly op: string
  /** Share of the kernel time of the module where it weighs most, in percent. */
  readonly share: number | null
  readonly xlaNs: number | null
  readonly xlaBytes: number | null
  /** One a proposer, in the order of `Lines.proposers`. */
  readonly cells: readonly Cell[]
}

export interface Lines {
  readonly proposers: readonly string[]
  /** XLA's slowest first; those without a time last, largest first. */
  readonly lines: readonly Line[]
  /** Host whose times these are; others are in the kernels' stories. */
  readonly host: string | null
}

/** Passed its verification: only then may a size or time be praised. */
export const passed = (cell: Cell): boolean => passes(cell.verdict)

/** The lines of a database. */
export function readLines(store: Store): Lines {
  const rows = store
    .prepare(
      `SELECT hash, signature_hash, name, proposer, target, host, build, verdict, code_bytes, size_ratio, time_ns, ratio,
        ratio_low, ratio_high, comparison, content_hash FROM result
       WHERE proposer <> '${TRIED}' ORDER BY proposer <> 'xla', proposer, proposal_id`,
    )
    .all() as Result[]
  const host = mainHost(rows)
  const several = new Set(rows.map(row => row.target)).size > 1
  const native = rows.find(row => row.proposer === 'xla')?.target ?? rows[0]?.target
  const label = (row: Pick<Result, 'proposer' | 'target'>): string =>
    several && row.target !== native ? `${row.proposer} (${row.target})` : row.proposer
  const asked = store.prepare('SELECT hash, proposer, target FROM unanswered').all() as Unanswered[]
  const unanswered = Map.groupBy(asked, row => row.hash)
  const origins = originsOf(store)
  const shares = sharesOf(store)
  const groups = Map.groupBy(rows, row => `${row.hash} ${row.signature_hash}`)
  const lines = [...groups].map(([key, group]): Line => {
    const [first] = group as [Result]
    const cells = [
      ...[...Map.groupBy(group, label)].map(([proposer, builds]) =>
        best(builds.map(row => cell(proposer, row, host))),
      ),
      ...(unanswered.get(first.hash) ?? []).map(row => ({ ...NO_ANSWER, proposer: label(row) })),
    ]
    const xla = cells.find(({ proposer }) => proposer === 'xla')
    return {
      hash: first.hash,
      signature: first.signature_hash,
      name: first.name,
      models: origins.get(first.hash)?.models ?? [],
      op: origins.get(first.hash)?.op ?? '',
      share: shares.get(key) ?? null,
      xlaNs: xla?.timeNs ?? null,
      xlaBytes: xla?.bytes ?? null,
      cells,
    }
  })
  lines.sort((a, b) => (b.xlaNs ?? 0) - (a.xlaNs ?? 0) || (b.xlaBytes ?? 0) - (a.xlaBytes ?? 0))
  return { proposers: [...new Set(lines.flatMap(line => line.cells.map(c => c.proposer)))], lines, host }
}

type Unanswered = Pick<Result, 'hash' | 'proposer' | 'target'>
const NO_ANSWER: Omit<Cell, 'proposer'> = {
  ...{ verdict: 'no answer', content: null, bytes: null, smallest: null, size: null },
  ...{ timeNs: null, ratio: null, low: null, high: null, comparison: null },
}

/** The host with the most times. */
function mainHost(rows: readonly Result[]): string | null {
  const counts = Map.groupBy(
    rows.filter(row => row.ratio !== null),
    row => row.host,
  )
  return [...counts].sort((a, b) => b[1].length - a[1].length)[0]?.[0] ?? null
}

function cell(proposer: string, row: Result, host: string | null): Cell {
  const here = row.host === host
  return {
    proposer,
    verdict: row.build === 'ok' ? (row.verdict ?? 'not judged') : 'broken',
    content: row.content_hash,
    bytes: row.code_bytes,
    smallest: passes(row.verdict) ? row.code_bytes : null,
    size: row.size_ratio,
    timeNs: here ? row.time_ns : null,
    ratio: here ? row.ratio : null,
    low: here ? row.ratio_low : null,
    high: here ? row.ratio_high : null,
    comparison: here ? row.comparison : null,
  }
}

/** Of several builds of one proposer the best that passed: surely fastest, else smallest. */
function best(cells: readonly Cell[]): Cell {
  const rank = (c: Cell): readonly number[] => [
    passed(c) ? 0 : 1,
    c.high ?? Number.MAX_VALUE,
    c.bytes ?? Number.MAX_VALUE,
  ]
  const sizes = cells.flatMap(({ smallest }) => smallest ?? [])
  return {
    ...cells.reduce((a, b) => (before(rank(b), rank(a)) ? b : a)),
    smallest: sizes.length > 0 ? Math.min(...sizes) : null,
  }
}

const before = (a: readonly number[], b: readonly number[]): boolean => {
  const i = a.findIndex((value, at) => value !== b[at])
  return i >= 0 && (a[i] ?? 0) < (b[i] ?? 0)
}

function originsOf(store: Store): Map<string, { models: string[]; op: string }> {
  const rows = store
    .prepare('SELECT hash, models, coalesce(op_type, opcode, abi) AS op FROM kernel_origin')
    .all() as { hash: string; models: string | null; op: string }[]
  return new Map(rows.map(({ hash, models, op }) => [hash, { models: models?.split(',') ?? [], op }]))
}

const sharesOf = (store: Store): Map<string, number> =>
  new Map(
    store
      .prepare(
        `SELECT hash || ' ' || signature_hash, max(kernel_pct) FROM module_kernel WHERE kernel_pct IS NOT NULL GROUP BY 1`,
      )
      .raw()
      .all() as [string, number][],
  )
