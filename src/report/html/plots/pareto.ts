/** Size against time: every proposer's mean, with its interval, over its kernels. */
import type { Summary } from '../../summary.ts'
import { type Lines, passed } from '../lines.ts'
import { colourOf, draw, type Figure, Plot, ratioLabel, ratioTicks, thinned } from './draw.ts'

const TITLE = 'Size against time, by proposer'
const MOST_DOTS = 1200
/** A mean over fewer kernels says nothing of others. */
const LEAST_KERNELS = 5

/** One large dot a proposer (its geometric means to XLA), small dots its kernels; lower left is better. */
export function pareto(summary: readonly Summary[], { lines, proposers }: Lines): Figure {
  const known = summary.filter(row => row.time_ratio !== null && row.size_ratio !== null)
  const means = known.filter(
    row => Number(row.measured) >= Math.min(LEAST_KERNELS, Number(known[0]?.measured)),
  )
  if (means.every(row => row.proposer === 'xla'))
    return {
      state: 'missing',
      title: TITLE,
      why: 'No build was measured beside XLA’s own on this host: run xlab bench. Sizes alone are in the table above.',
    }
  const dots = thinned(
    lines.flatMap(line =>
      line.cells
        .filter(
          cell => cell.proposer !== 'xla' && passed(cell) && cell.ratio !== null && (cell.size ?? 0) > 0,
        )
        .map(cell => ({ x: cell.ratio as number, y: cell.size as number, proposer: cell.proposer })),
    ),
    MOST_DOTS,
  )
  const colour = (row: { proposer: unknown }): string => colourOf(String(row.proposer), proposers)
  // Intervals may reach further: they are cut at the frame.
  const across = extent([...dots.map(dot => dot.x), ...means.map(row => Number(row.time_ratio))])
  const up = extent([...dots.map(dot => dot.y), ...means.map(row => Number(row.size_ratio))])
  const svg = draw(
    {
      height: 420,
      x: {
        type: 'log',
        base: 2,
        domain: across,
        clamp: true,
        label: 'time ÷ XLA’s →',
        ticks: ratioTicks(...across),
        tickFormat: ratioLabel,
        grid: true,
      },
      y: {
        type: 'log',
        base: 2,
        domain: up,
        clamp: true,
        label: '↑ code bytes ÷ XLA’s',
        ticks: ratioTicks(...up),
        tickFormat: ratioLabel,
        grid: true,
      },
      marks: [
        Plot.ruleX([1], { strokeOpacity: 0.6 }),
        Plot.ruleY([1], { strokeOpacity: 0.6 }),
        Plot.dot(dots, { x: 'x', y: 'y', r: 2.2, fill: colour, fillOpacity: 0.35 }),
        Plot.link(means.filter(hasInterval('time')), {
          x1: 'time_low',
          x2: 'time_high',
          y: 'size_ratio',
          stroke: colour,
          strokeWidth: 2,
        }),
        Plot.link(means.filter(hasInterval('size')), {
          x: 'time_ratio',
          y1: 'size_low',
          y2: 'size_high',
          stroke: colour,
          strokeWidth: 2,
        }),
        Plot.dot(means, { x: 'time_ratio', y: 'size_ratio', r: 6, fill: colour, stroke: 'var(--paper)' }),
        Plot.text(means, {
          x: 'time_ratio',
          y: 'size_ratio',
          text: 'proposer',
          dx: 9,
          dy: -9,
          textAnchor: 'start',
          fontWeight: 600,
          fill: 'currentColor',
          stroke: 'var(--paper)',
          strokeWidth: 4,
        }),
      ],
    },
    TITLE,
  )
  const words = means
    .map(
      row =>
        `${row.proposer}: ${Number(row.time_ratio).toFixed(2)}× time over ${row.measured} kernels, ${Number(row.size_ratio).toFixed(2)}× size`,
    )
    .join('; ')
  const left = known.filter(row => !means.includes(row)).map(row => row.proposer)
  const few =
    left.length === 0
      ? ''
      : ` Timed on fewer than ${LEAST_KERNELS} kernels and without a mean here: ${left.join(', ')}.`
  return {
    state: 'drawn',
    title: TITLE,
    caption: `Large dots are geometric means over kernels with their 95 % intervals, small dots single kernels; both axes are ratios to XLA’s own object, so down and left is better. ${words}.${few}`,
    legend: [],
    svg,
  }
}

/** From the least to the most of positive values and 1, with a little room. */
const extent = (values: readonly number[]): [number, number] => [
  Math.min(...values, 1) / 1.12,
  Math.max(...values, 1) * 1.12,
]

const hasInterval =
  (what: 'time' | 'size') =>
  (row: Summary): boolean =>
    typeof row[`${what}_low`] === 'number' && typeof row[`${what}_high`] === 'number'
