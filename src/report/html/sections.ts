/** The parts of the page around figures and kernels: the answer, means by proposer, what is missing, where it comes from. */
import type { Store } from '../../store/open.ts'
import type { Answer, Words } from '../answer.ts'
import type { Column, Row } from '../format.ts'
import { CAVEAT, failureRows, libraryCalls, shortModule, unmeasuredRows } from '../gaps.ts'
import { namedQuery } from '../queries.ts'
import { facts, repeatCommands } from '../setting.ts'
import type { Summary } from '../summary.ts'
import { type Html, html, NOTHING } from './markup.ts'

/** Text with its pieces of code. */
export const words = (pieces: Words): Html =>
  html`${pieces.map(piece => (typeof piece === 'string' ? html`${piece}` : html`<code>${piece.code}</code>`))}`

/** A section with its title; `id` is its anchor. */
export const section = (id: string, title: string, ...content: readonly Html[]): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${content}</section>
`

/** Characters from which a text needs room of its own, for it would stand as a thin column of single words. */
const LONG = 40

/** Rows as a table; columns that hold numbers are aligned and shown with their digits. */
export function table(rows: readonly Row[], columns: readonly Column[], label: string): Html {
  if (rows.length === 0) return html`<p>None.</p>`
  const numeric = columns.map(({ name }) =>
    rows.every(row => row[name] === null || typeof row[name] === 'number'),
  )
  const cell = (row: Row, { name, digits }: Column, i: number): Html =>
    html`<td class="${numeric[i] ? 'n' : shown(row[name]).length > LONG ? 'long' : ''}">${shown(row[name], digits)}</td>`
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${label}"><table><thead><tr>${columns.map(({ name, title }, i) => html`<th scope="col" class="${numeric[i] ? 'n' : ''}">${title ?? name}</th>`)}</tr></thead>
<tbody>${rows.map(row => html`<tr>${columns.map((column, i) => cell(row, column, i))}</tr>`)}</tbody></table></div>
`
}

const shown = (value: unknown, digits?: number): string => {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return value.toFixed(digits ?? (Number.isInteger(value) ? 0 : 3))
  const text = String(value)
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 12) : text
}

/** Each proposer's sentence. */
export const answers = ({ sentences }: Answer): Html =>
  sentences.length === 0
    ? html`<p>Nothing was compared yet: run <code>xlab optimise</code>, <code>xlab verify</code> and <code>xlab bench</code>.</p>`
    : html`<details class="answers"><summary>The same, proposer by proposer, in words</summary><ul>${sentences.map(sentence => html`<li>${words(sentence)}</li>`)}</ul></details>
`

const MEANS: readonly Column[] = [
  { name: 'proposer', title: 'build by' },
  { name: 'attempted', title: 'tried' },
  { name: 'failed' },
  { name: 'agreed', title: 'verified' },
  { name: 'size', title: 'size ÷ XLA (95 %)' },
  { name: 'smaller' },
  { name: 'larger' },
]
const MEANS_OF_TIME: readonly Column[] = [
  { name: 'measured' },
  { name: 'time', title: 'time ÷ XLA (95 %)' },
  ...['faster', 'slower', 'same', 'twins', 'inconclusive'].map(name => ({ name })),
]

/** Geometric means by proposer; of times only where there are any. */
export function means(rows: readonly Summary[]): Html {
  const several = (name: string): Column[] => (new Set(rows.map(row => row[name])).size > 1 ? [{ name }] : [])
  const timed = rows.some(row => Number(row.measured) > 0)
  return table(
    rows.map(row => ({
      ...row,
      size: withInterval(row.size_ratio, row.size_low, row.size_high),
      time: withInterval(row.time_ratio, row.time_low, row.time_high),
    })),
    [...MEANS, ...(timed ? MEANS_OF_TIME : []), ...several('target'), ...several('host')],
    'means by proposer',
  )
}

const withInterval = (mean: unknown, low: unknown, high: unknown): string =>
  typeof mean !== 'number'
    ? '–'
    : typeof low === 'number' && typeof high === 'number' && low < high
      ? `${mean.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`
      : mean.toFixed(3)

export const HOW_TO_READ = html`<p>Ratios are to XLA’s own object of the same kernel; below 1 is smaller or faster. Means over kernels are geometric, with 95 % intervals (Student’s t on the logs): what another draw of kernels like these would give. A kernel is <i>same</i> if the 95 % interval of its time ratio lies within ±1 %, <i>faster</i> or <i>slower</i> if it excludes 1, else <i>inconclusive</i>. Builds with equal code are twins, measured once; no claim is made between them. Only builds that agreed with the kernel as harvested are measured; <i>tried</i> counts every kernel a proposer was asked for, once for each signature it is called with, <i>failed</i> those that led to no build or were refuted. <code>search:tried</code>, where it stands, are candidates of a search that were refused or wait for a verdict: none of its results.</p>
`

/** Kernel time of whole modules. */
export function modules(store: Store): Html {
  const rows = namedQuery('modules')
    .rows(store)
    .map(row => ({ ...row, module: shortModule(String(row.module)) }))
  return html`<p>Calls × time over the kernels that were measured, with XLA’s code and with another’s, both over the same kernels. <i>Share of wall time</i> is what XLA’s kernels make of one warm call of the whole module, library calls, threads and overhead included: a gain in kernel time is a gain of the model only in that share.</p>
${table(
  rows.slice(0, 200),
  [
    { name: 'model' },
    { name: 'program' },
    { name: 'proposer', title: 'build by' },
    { name: 'kernels' },
    { name: 'measured' },
    { name: 'xla_ns', title: 'XLA, ns', digits: 0 },
    { name: 'kernel_ns', title: 'this, ns', digits: 0 },
    { name: 'ratio', digits: 3 },
    { name: 'wall_pct', title: 'share of wall time, %', digits: 1 },
  ],
  'modules',
)}`
}

/** What failed, and what was not measured. */
export function gaps(store: Store): Html {
  const failures = failureRows(store)
  const unmeasured = unmeasuredRows(store)
  const ops = libraryCalls(store)
  return html`<h3>Failed</h3>
${
  failures.length === 0
    ? html`<p>Nothing.</p>`
    : table(
        failures,
        ['stage', 'state', 'proposer', 'count', 'example', 'reason'].map(name => ({ name })),
        'failures',
      )
}
<h3>Not measured</h3>
${
  unmeasured.length === 0
    ? html`<p>Every build was measured.</p>`
    : table(
        unmeasured,
        ['why', 'builds', 'kernels'].map(name => ({ name })),
        'not measured',
      )
}
${ops === '' ? NOTHING : html`<p>Ops that ran as library calls and left no IR: ${ops}. Nothing on this page speaks of them.</p>`}
<p>${CAVEAT}</p>
`
}

/** Machines, versions, dates; and the commands that repeat it all. */
export const setting = (store: Store, date: Date): Html =>
  html`<ul>${facts(store, date).map(([name, values]) => html`<li><b>${name}</b>: ${values.join('; ')}</li>`)}</ul>
<h3>How to repeat</h3>
<pre tabindex="0">${repeatCommands(store).join('\n')}</pre>
`
