/** Two databases side by side: what got better or worse beyond noise, and what is in one of them only. */
import { geometricMean } from '../../../measure/statistics.ts'
import type { Store } from '../../../store/open.ts'
import { facts } from '../../setting.ts'
import type { Cell, Line } from '../lines.ts'
import { type Html, html, NOTHING } from '../markup.ts'
import { section, table } from '../sections.ts'
import { type Difference, judged, quotient } from './difference.ts'
import { readSide, type Side } from './read.ts'

/** A build both databases have of a kernel both have. */
interface Common {
  readonly line: Line
  /** XLA's own code is the same in both: ratios to it have the same meaning. */
  readonly sameReference: boolean
  readonly proposer: string
  readonly ours: Cell
  readonly theirs: Cell
}

/** Most rows of a list; how many are left out is said. */
const MOST = 40

/** The section: `store` is the page's own database, `other` the one of that name. */
export function compareSection(store: Store, other: Store, name: string): Html {
  const ours = readSide(store)
  const theirs = readSide(other)
  const common = commonBuilds(ours, theirs)
  const oneMachine = ours.machine !== undefined && ours.machine === theirs.machine
  const times = judged(common.flatMap(pair => timed(pair, ours, theirs, oneMachine)))
  const sizes = common.filter(({ ours: a, theirs: b }) => a.smallest && b.smallest)
  const verdicts = common.filter(({ ours: a, theirs: b }) => a.verdict !== b.verdict)
  const unit = oneMachine
    ? `the ratio to XLA’s own time where XLA’s code is the same in both, else time per call, for both were measured on ${ours.machine}; equal code is not compared, it differs by the noise of the machine alone`
    : `the ratio to XLA’s own time there, for the machines differ (${ours.machine ?? 'none'} here, ${theirs.machine ?? 'none'} there): times themselves cannot be compared`
  const worse = times.filter(({ state }) => state === 'worse')
  const better = times.filter(({ state }) => state === 'better')
  return section(
    'compared',
    `Compared with ${name}`,
    html`<p>Kernels and proposers that both databases have, of several builds of one the surely fastest or the smallest; quotients are this one’s figure ÷ the other’s, below 1 is better here. What is compared of times is ${unit}. A difference counts where it is beyond the noise of both, of all that are looked at no more than one in twenty by chance; sizes have no noise.</p>
${table(proposerRows(common, times, sizes), PROPOSER_COLUMNS, 'compared by proposer')}
<h3>Faster here</h3>
${timeTable(better, (a, b) => a.difference.mean - b.difference.mean)}
<h3>Slower here</h3>
${timeTable(worse, (a, b) => b.difference.mean - a.difference.mean)}
<h3>Another size</h3>
${sizeTable(sizes.filter(({ ours: a, theirs: b }) => a.smallest !== b.smallest))}
<h3>Another verdict</h3>
${listed(
  verdicts.map(({ line, proposer, ours: a, theirs: b }) => ({
    kernel: line.name,
    hash: line.hash,
    build: proposer,
    here: a.verdict,
    there: b.verdict,
  })),
  ['kernel', 'hash', 'build', 'here', 'there'],
)}
<h3>Kernels in one only</h3>
${onlyIn('here', ours, theirs)}
${onlyIn('there', theirs, ours)}
<h3>Settings that differ</h3>
${settings(store, other)}`,
  )
}

const sameCode = (a?: Cell, b?: Cell): boolean => !!a?.content && a.content === b?.content
const cellOf = (line: Line | undefined, by: string): Cell | undefined =>
  line?.cells.find(({ proposer }) => proposer === by)

const keyOf = (line: Line): string => `${line.hash} ${line.signature}`

function commonBuilds(ours: Side, theirs: Side): Common[] {
  const known = new Map(theirs.lines.lines.map(line => [keyOf(line), line]))
  return ours.lines.lines.flatMap(line => {
    const other = known.get(keyOf(line))
    const sameReference = sameCode(cellOf(line, 'xla'), cellOf(other, 'xla'))
    return line.cells.flatMap(cell => {
      const theirs = cellOf(other, cell.proposer)
      return theirs ? [{ line, sameReference, proposer: cell.proposer, ours: cell, theirs }] : []
    })
  })
}

interface Timed extends Common {
  readonly difference: Difference
}
type Judged = ReturnType<typeof judged<Timed>>[number]

function timed(pair: Common, ours: Side, theirs: Side, oneMachine: boolean): Timed[] {
  if (oneMachine && sameCode(pair.ours, pair.theirs)) return []
  const figure = (side: Side, cell: Cell) =>
    oneMachine && !pair.sameReference ? side.time(pair.line, cell) : ratioOf(cell)
  const [a, b] = [figure(ours, pair.ours), figure(theirs, pair.theirs)]
  return a && b ? [{ ...pair, difference: quotient(a, b) }] : []
}

const ratioOf = (cell: Cell): { mean: number; low: number; high: number } | undefined =>
  cell.ratio !== null && cell.low !== null && cell.high !== null && cell.low < cell.high
    ? { mean: cell.ratio, low: cell.low, high: cell.high }
    : undefined

const PROPOSER_COLUMNS = [
  { name: 'proposer', title: 'build by' },
  { name: 'kernels', title: 'in both' },
  { name: 'equalCode', title: 'equal code' },
  { name: 'timed', title: 'times compared' },
  { name: 'time', title: 'time, this ÷ other', digits: 3 },
  ...['faster', 'slower', 'unclear'].map(name => ({ name })),
  { name: 'size', title: 'size, this ÷ other', digits: 3 },
  ...['smaller', 'larger', 'equal'].map(name => ({ name })),
]

function proposerRows(common: readonly Common[], times: readonly Judged[], sizes: readonly Common[]) {
  return [...Map.groupBy(common, pair => pair.proposer)].map(([proposer, pairs]) => {
    const own = times.filter(pair => pair.proposer === proposer)
    const sized = sizes.filter(pair => pair.proposer === proposer).map(sizeQuotient)
    const of = (state: string): number => own.filter(pair => pair.state === state).length
    return {
      proposer,
      kernels: pairs.length,
      equalCode: pairs.filter(pair => sameCode(pair.ours, pair.theirs)).length,
      timed: own.length,
      time: own.length > 0 ? geometricMean(own.map(pair => pair.difference.mean)) : null,
      faster: of('better'),
      slower: of('worse'),
      unclear: of('unclear'),
      size: sized.length > 0 ? geometricMean(sized) : null,
      smaller: sized.filter(ratio => ratio < 1).length,
      larger: sized.filter(ratio => ratio > 1).length,
      equal: sized.filter(ratio => ratio === 1).length,
    }
  })
}

const sizeQuotient = ({ ours, theirs }: Common): number => (ours.smallest ?? 1) / (theirs.smallest ?? 1)

const timeTable = (rows: readonly Judged[], order: (a: Judged, b: Judged) => number): Html =>
  listed(
    [...rows].sort(order).map(({ line, proposer, difference }) => ({
      kernel: line.name,
      hash: line.hash,
      model: line.models.join(', '),
      build: proposer,
      'this ÷ other': `${difference.mean.toFixed(3)} (${difference.low.toFixed(3)}–${difference.high.toFixed(3)})`,
    })),
    ['kernel', 'hash', 'model', 'build', 'this ÷ other'],
  )

const sizeTable = (rows: readonly Common[]): Html =>
  listed(
    [...rows]
      .sort((a, b) => Math.abs(Math.log(sizeQuotient(b))) - Math.abs(Math.log(sizeQuotient(a))))
      .map(pair => ({
        kernel: pair.line.name,
        hash: pair.line.hash,
        build: pair.proposer,
        here: pair.ours.smallest,
        there: pair.theirs.smallest,
        'this ÷ other': sizeQuotient(pair),
      })),
    ['kernel', 'hash', 'build', 'here', 'there', 'this ÷ other'],
  )

function listed(rows: readonly Readonly<Record<string, unknown>>[], columns: readonly string[]): Html {
  const left = rows.length - MOST
  return html`${table(
    rows.slice(0, MOST),
    columns.map(name => ({ name })),
    columns.join(', '),
  )}${left > 0 ? html`<p>… and ${left} more.</p>` : NOTHING}`
}

function onlyIn(where: string, side: Side, other: Side): Html {
  const known = new Set(other.lines.lines.map(line => line.hash))
  const only = new Map(side.lines.lines.filter(line => !known.has(line.hash)).map(line => [line.hash, line]))
  const names = [...only.values()]
    .slice(0, MOST)
    .map(line => html` <code>${line.name} ${line.hash.slice(0, 12)}</code>`)
  const left = only.size - names.length
  return html`<p>Only ${where}: ${only.size === 0 ? 'none' : only.size}.${names}${left > 0 ? html` … and ${left} more.` : NOTHING}</p>`
}

/** What the two rest on, where it is not the same. */
function settings(store: Store, other: Store): Html {
  const now = new Date(0)
  const [here, there] = [new Map(facts(store, now)), new Map(facts(other, now))]
  const rows = [...new Set([...here.keys(), ...there.keys()])].flatMap(setting => {
    const [a, b] = [here, there].map(side => side.get(setting)?.join('; ') ?? '–')
    return a === b ? [] : [{ setting, here: a, there: b }]
  })
  return rows.length === 0 ? html`<p>None.</p>` : listed(rows, ['setting', 'here', 'there'])
}
