/** Size against time: every proposer's mean, with its interval, over its kernels. */
import type { Summary } from '../../summary.ts'
import { type Lines, passed } from '../lines.ts'
import { colourOf, draw, type Figure, Plot, ratioLabel, ratioTicks, thinned } from './draw.ts'

const TITLE = 'Size against time, by proposer'
const MOST_DOTS = 1200

/** One large dot a proposer (its geometric means to XLA), small dots its kernels; lower left is better. */
export function pareto(summary: readonly Summary[], { lines, proposers }: Lines): Figure {
  const means = summary.filter(row => row.time_ratio !== null && row.size_ratio !== null)
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
  const all = [...dots.map(d => d.x), 1]
  const sizes = [...dots.map(d => d.y), 1]
  const svg = draw(
    {
      height: 420,
      x: {
        type: 'log',
        base: 2,
        label: 'time ÷ XLA’s →',
        ticks: ratioTicks(Math.min(...all), Math.max(...all)),
        tickFormat: ratioLabel,
        grid: true,
      },
      y: {
        type: 'log',
        base: 2,
        label: '↑ code bytes ÷ XLA’s',
        ticks: ratioTicks(Math.min(...sizes), Math.max(...sizes)),
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
        `${row.proposer}: ${Number(row.time_ratio).toFixed(2)}× time, ${Number(row.size_ratio).toFixed(2)}× size`,
    )
    .join('; ')
  return {
    state: 'drawn',
    title: TITLE,
    caption: `Large dots are geometric means over kernels with their 95 % intervals, small dots single kernels; both axes are ratios to XLA’s own object, so down and left is better. ${words}.`,
    legend: [],
    svg,
  }
}

const hasInterval =
  (what: 'time' | 'size') =>
  (row: Summary): boolean =>
    typeof row[`${what}_low`] === 'number' && typeof row[`${what}_high`] === 'number'
