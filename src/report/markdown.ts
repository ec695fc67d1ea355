/** The report as one Markdown page: the question, the answer in words and figures, and everything behind it. */
import type { Store } from '../store/open.ts'
import { answer } from './answer.ts'
import { type Column, escapeMarkdown, formatRows, type Row } from './format.ts'
import { kernelTable } from './kernel-table.ts'
import { namedQuery } from './queries.ts'
import { repeat, setting } from './setting.ts'
import { type Summary, summarise } from './summary.ts'

export interface ReportOptions {
  /** When the page was made. */
  readonly date: Date
}

/** The whole page. Everything from the database is escaped: no name in it is markup. */
export function markdownReport(store: Store, options: ReportOptions): string {
  const summary = summarise(store)
  const libm = summarise(store, undefined, 'libm')
  return [
    `# XLA's kernels, compiled otherwise\n`,
    answer(store, summary),
    section('Over all kernels', summaryTable(summary), HOW_TO_READ),
    ...(libm.length > 0
      ? [
          section(
            'With and without libm',
            `XLA inlines its own mathematical functions; stock LLVM calls libm for them. The ${libm[0]?.attempted} kernels in which that makes a difference, and the others:`,
            summaryTable(libm),
            summaryTable(summarise(store, undefined, 'inline')),
          ),
        ]
      : []),
    section('Whole modules', MODULES, queryTable(store, 'modules')),
    section('Coverage', COVERAGE, queryTable(store, 'coverage')),
    section('Every kernel', KERNELS, kernelTable(store)),
    section('What failed', failures(store)),
    section('What was not measured', notMeasured(store)),
    section('Setting', setting(store, options.date)),
    section('How to repeat', repeat(store)),
  ].join('\n')
}

const section = (title: string, ...parts: readonly string[]): string =>
  `## ${title}\n\n${parts.map(part => part.trimEnd()).join('\n\n')}\n`

const HOW_TO_READ = `Ratios are to XLA's own object of the same kernel; below 1 is smaller or faster. Means over kernels are geometric, with
95 % intervals (Student's t on the logs): what another draw of kernels like these would give. A kernel is *same* if the
95 % interval of its time ratio lies within ±1 %, *faster* or *slower* if it excludes 1, else *inconclusive*. Builds with
equal code are twins, measured once; *twins* are those of XLA's own, no claim is made about them. Only builds that agreed
with the kernel as harvested are measured. *attempted* counts every kernel a proposer was asked for, one that is called
in two ways twice; *failed* those that did not build or were refuted.`

const MODULES = `Calls × time over the kernels that were measured: *xla_ns* with XLA's code, *kernel_ns* with the proposer's, both over
the same kernels. *wall_ns* is one warm call of the whole module, library calls, threads and overhead included, and
*wall_pct* what XLA's kernels make of it: a gain in kernel time is a gain of the model only in that share.`

const COVERAGE = `Ops that run and left IR are kernels here; the others went to library calls (convolutions, large dots) or other
code that leaves none, and nothing on this page speaks of them.`

const KERNELS = `Time and size as ratios to XLA's own object, with the 95 % interval of the time. *% of kernel time*: what the kernel adds
to the kernel time of the module in which it weighs most, under XLA: its gain counts for that much there.`

const SUMMARY_COLUMNS: readonly Column[] = [
  { name: 'proposer' },
  { name: 'attempted' },
  { name: 'failed' },
  { name: 'unjudged' },
  { name: 'agreed' },
  { name: 'size_ratio', title: 'size ÷ xla', digits: 3 },
  { name: 'size_interval', title: '95 %' },
  { name: 'smaller' },
  { name: 'larger' },
  { name: 'measured' },
  { name: 'time_ratio', title: 'time ÷ xla', digits: 3 },
  { name: 'time_interval', title: '95 %' },
  { name: 'faster' },
  { name: 'slower' },
  { name: 'same' },
  { name: 'twins' },
  { name: 'inconclusive' },
]

function summaryTable(rows: readonly Summary[]): string {
  const several = (name: string): Column[] => (new Set(rows.map(row => row[name])).size > 1 ? [{ name }] : [])
  return formatRows(
    rows.map(row => ({
      ...row,
      size_interval: interval(row.size_low, row.size_high),
      time_interval: interval(row.time_low, row.time_high),
    })),
    [...SUMMARY_COLUMNS, ...several('target'), ...several('host')],
    'md',
  )
}

const interval = (low: unknown, high: unknown): string =>
  typeof low === 'number' && typeof high === 'number' && low < high
    ? `${low.toFixed(3)}–${high.toFixed(3)}`
    : ''

/** A module's name without what changes from run to run and what TensorFlow appends. */
const shortModule = (name: string): string =>
  name.replace(/^module_\d+\./, '').replace(/__XlaMustCompile_.*$/, '')

function queryTable(store: Store, name: string): string {
  const query = namedQuery(name)
  const rows = query
    .rows(store)
    .map(row => (typeof row.module === 'string' ? { ...row, module: shortModule(row.module) } : row))
  return rows.length === 0 ? 'None.' : formatRows(rows, query.columns, 'md')
}

/** Failures by reason, most frequent first, with one example each. */
function failures(store: Store): string {
  const rows = store
    .prepare(
      `SELECT stage, state, CASE WHEN stage IN ('optimise', 'verify') THEN detail ELSE '' END AS proposer,
        count(*) AS count, min(subject) AS example, coalesce(reason, 'see xlab show') AS reason
       FROM failure GROUP BY stage, state, proposer, reason ORDER BY count DESC, stage, reason LIMIT 100`,
    )
    .all() as Row[]
  if (rows.length === 0) return 'Nothing.'
  return formatRows(rows, ['stage', 'state', 'proposer', 'count', 'example', 'reason'], 'md')
}

function notMeasured(store: Store): string {
  const rows = store
    .prepare(
      `SELECT CASE WHEN signature_hash IS NULL THEN 'kernel cannot be run alone'
          WHEN build <> 'ok' THEN 'did not build' WHEN verdict IS NULL THEN 'no verdict yet'
          WHEN verdict NOT IN ('same', 'agreed', 'exhausted') THEN 'verdict: ' || verdict ELSE 'passed, not yet benched' END AS why,
        count(*) AS builds, count(DISTINCT hash) AS kernels
       FROM result WHERE time_ns IS NULL GROUP BY why ORDER BY builds DESC`,
    )
    .all() as Row[]
  const library = store
    .prepare(
      `SELECT o.opcode, sum(o.count) AS count FROM op o WHERE o.runs_as = 'library' GROUP BY o.opcode ORDER BY count DESC`,
    )
    .all() as { opcode: string; count: number }[]
  const ops = library.map(({ opcode, count }) => `${escapeMarkdown(opcode)} (${count})`).join(', ')
  return [
    rows.length === 0 ? 'Every build was measured.' : formatRows(rows, ['why', 'builds', 'kernels'], 'md'),
    ops === '' ? '' : `Ops that ran as library calls and left no IR: ${ops}.`,
    'Kernels were run alone on seeded random inputs, with data in cache: inside a model their inputs may come from memory.',
  ]
    .filter(part => part !== '')
    .join('\n\n')
}
