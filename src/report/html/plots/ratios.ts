/** Time of every kernel as a ratio to XLA's, sorted, with its interval. */
import { type Cell, type Lines, passed } from '../lines.ts'
import { COMPARISON_COLOURS, draw, type Figure, Plot, ratioLabel, ratioTicks, thinned } from './draw.ts'

const TITLE = 'Time as a ratio to XLA’s, kernel by kernel'
const MOST_PANELS = 4
const MOST_KERNELS = 240

/** A panel for each proposer that was timed. Inconclusive kernels are grey. */
export function ratios({ lines, proposers }: Lines): Figure {
  const panels = proposers
    .filter(proposer => proposer !== 'xla')
    .map(proposer => ({
      proposer,
      cells: timed(
        lines.flatMap(l => l.cells),
        proposer,
      ),
    }))
    .filter(({ cells }) => cells.length > 0)
    .sort((a, b) => b.cells.length - a.cells.length)
  if (panels.length === 0)
    return {
      state: 'missing',
      title: TITLE,
      why: 'No kernel was timed beside XLA’s own code: run xlab bench.',
    }
  const shown = panels.slice(0, MOST_PANELS)
  const rows = shown.flatMap(({ proposer, cells }) =>
    thinned(cells, MOST_KERNELS).map((cell, i, all) => ({
      proposer,
      at: all.length > 1 ? i / (all.length - 1) : 0.5,
      ratio: cell.ratio ?? 1,
      low: cell.low ?? cell.ratio ?? 1,
      high: cell.high ?? cell.ratio ?? 1,
      colour: COMPARISON_COLOURS[cell.comparison ?? ''] ?? 'var(--unsure)',
    })),
  )
  const low = Math.min(...rows.map(row => row.low))
  const high = Math.max(...rows.map(row => row.high))
  const panelOf = (row: { proposer: string }): string => row.proposer
  const svg = draw(
    {
      height: 380,
      marginRight: 12,
      marginTop: 34,
      x: { axis: null, domain: [-0.03, 1.03] },
      fx: { label: null, domain: shown.map(panelOf), padding: 0.06 },
      y: {
        type: 'log',
        base: 2,
        label: '↑ time ÷ XLA’s (log)',
        ticks: ratioTicks(low, high),
        tickFormat: ratioLabel,
        grid: true,
      },
      marks: [
        Plot.ruleY([1], { strokeOpacity: 0.6 }),
        Plot.ruleX(rows, {
          x: 'at',
          y1: 'low',
          y2: 'high',
          fx: panelOf,
          stroke: 'colour',
          strokeOpacity: 0.55,
        }),
        Plot.dot(rows, { x: 'at', y: 'ratio', fx: panelOf, r: 1.8, fill: 'colour' }),
      ],
    },
    TITLE,
  )
  const counts = shown.map(({ proposer, cells }) => {
    const of = (state: string): number => cells.filter(cell => cell.comparison === state).length
    return `${proposer}: ${of('faster')} faster, ${of('slower')} slower, ${of('same')} same, ${of('inconclusive')} inconclusive`
  })
  const left =
    panels.length > shown.length
      ? ` Others are in the table: ${panels
          .slice(MOST_PANELS)
          .map(({ proposer }) => proposer)
          .join(', ')}.`
      : ''
  const thin = shown.some(({ cells }) => cells.length > MOST_KERNELS)
    ? ` Of more than ${MOST_KERNELS} kernels every nth is drawn.`
    : ''
  return {
    state: 'drawn',
    title: TITLE,
    caption: `Each dot is a kernel with the 95 % interval of its ratio, fastest at the left; below the line at 1 it is faster than XLA’s. Twins of XLA’s own code are left out. ${counts.join('; ')}.${left}${thin}`,
    legend: Object.entries(COMPARISON_COLOURS).map(([label, colour]) => ({ label, colour })),
    svg,
  }
}

const timed = (cells: readonly Cell[], proposer: string): Cell[] =>
  cells
    .filter(
      cell => cell.proposer === proposer && passed(cell) && cell.ratio !== null && cell.comparison !== 'twin',
    )
    .sort((a, b) => (a.ratio ?? 0) - (b.ratio ?? 0))
