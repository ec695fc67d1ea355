/** The report as one Markdown page: the question, the answer in words and figures, and everything behind it. */
import type { Store } from '../store/open.ts'
import { type Answer, answer, type Words } from './answer.ts'
import { type Column, escapeMarkdown, formatRows } from './format.ts'
import { CAVEAT, failureRows, libraryCalls, shortModule, unmeasuredRows } from './gaps.ts'
import { kernelTable } from './kernel-table.ts'
import { namedQuery } from './queries.ts'
import { selfTestWarnings } from './self-test.ts'
import { repeat, setting } from './setting.ts'
import { type Summary, summarise } from './summary.ts'
import { oneLine } from './text-width.ts'

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
    ...selfTestWarnings(store).map(warning => `**${escapeMarkdown(warning)}**\n`),
    answerText(answer(store, summary)),
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

function answerText({ question, sentences }: Answer): string {
  const asked = `**Question.** ${escapeMarkdown(question)}`
  if (sentences.length === 0)
    return `${asked}\n\n**Answer.** Nothing was compared yet: run \`xlab optimise\`, \`xlab verify\` and \`xlab bench\`.\n`
  return `${asked}\n\n**Answer.**\n\n${sentences.map(words => `- ${inline(words)}\n`).join('')}`
}

const inline = (words: Words): string =>
  words
    .map(word =>
      typeof word === 'string' ? escapeMarkdown(word) : `\`${oneLine(word.code).replaceAll('`', "'")}\``,
    )
    .join('')

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

function queryTable(store: Store, name: string): string {
  const query = namedQuery(name)
  const rows = query
    .rows(store)
    .map(row => (typeof row.module === 'string' ? { ...row, module: shortModule(row.module) } : row))
  return rows.length === 0 ? 'None.' : formatRows(rows, query.columns, 'md')
}

function failures(store: Store): string {
  const rows = failureRows(store)
  if (rows.length === 0) return 'Nothing.'
  return formatRows(rows, ['stage', 'state', 'proposer', 'count', 'example', 'reason'], 'md')
}

function notMeasured(store: Store): string {
  const rows = unmeasuredRows(store)
  const ops = libraryCalls(store)
  return [
    rows.length === 0 ? 'Every build was measured.' : formatRows(rows, ['why', 'builds', 'kernels'], 'md'),
    ops === '' ? '' : `Ops that ran as library calls and left no IR: ${escapeMarkdown(ops)}.`,
    CAVEAT,
  ]
    .filter(part => part !== '')
    .join('\n\n')
}
