/** Code size by op type, and one architecture beside another. */
import { geometricMeanInterval } from '../../../measure/statistics.ts'
import type { Store } from '../../../store/open.ts'
import { type Cell, type Line, type Lines, passed } from '../lines.ts'
import { colourOf, draw, type Figure, Plot, ratioLabel, ratioTicks, thinned } from './draw.ts'

const BY_OP = 'Code size by op type'
const MOST_OPS = 16
const MOST_PROPOSERS = 5

/** Geometric mean of each proposer's code size over XLA's, for the ops with the most kernels. */
export function sizeByOp({ lines, proposers }: Lines): Figure {
  const sized = lines.filter(line => line.cells.some(cell => cell.proposer !== 'xla' && (cell.size ?? 0) > 0))
  if (sized.length === 0)
    return {
      state: 'missing',
      title: BY_OP,
      why: 'Nothing was built beside XLA’s own code: run xlab optimise.',
    }
  const ops = [...Map.groupBy(sized, line => line.op)].sort((a, b) => b[1].length - a[1].length)
  const most = proposers
    .filter(proposer => proposer !== 'xla' && sized.some(line => sizeOf(line, proposer) !== undefined))
    .slice(0, MOST_PROPOSERS)
  const rows = ops.slice(0, MOST_OPS).flatMap(([op, group]) =>
    most.flatMap(proposer => {
      const sizes = group.flatMap(line => sizeOf(line, proposer) ?? [])
      if (sizes.length === 0) return []
      const { mean, low, high } = geometricMeanInterval(sizes)
      const drawn = {
        op: `${op.length > 26 ? `${op.slice(0, 25)}…` : op} (${group.length})`,
        proposer,
        ratio: mean,
      }
      return [Number.isFinite(low) ? { ...drawn, low, high } : { ...drawn, low: mean, high: mean }]
    }),
  )
  const colour = (row: { proposer: string }): string => colourOf(row.proposer, proposers)
  const ends = [...rows.flatMap(row => [row.low, row.high]), 1]
  // Intervals of two kernels can span decades; the means must stay readable.
  const domain = [Math.max(Math.min(...ends), 1 / 16), Math.min(Math.max(...ends), 8)] as const
  const svg = draw(
    {
      height: 76 + 22 * new Set(rows.map(row => row.op)).size,
      marginLeft: 210,
      x: {
        type: 'log',
        base: 2,
        domain,
        clamp: true,
        label: 'code bytes ÷ XLA’s →',
        ticks: ratioTicks(...domain),
        tickFormat: ratioLabel,
        grid: true,
      },
      y: { label: null, domain: [...new Set(rows.map(row => row.op))] },
      marks: [
        Plot.ruleX([1], { strokeOpacity: 0.6 }),
        Plot.link(rows, {
          x1: 'low',
          x2: 'high',
          y: 'op',
          stroke: colour,
          strokeOpacity: 0.35,
          strokeWidth: 3,
        }),
        Plot.dot(rows, { x: 'ratio', y: 'op', r: 4, fill: colour }),
      ],
    },
    BY_OP,
  )
  const left = ops.length > MOST_OPS ? ` ${ops.length - MOST_OPS} rarer ops are left out.` : ''
  return {
    state: 'drawn',
    title: BY_OP,
    caption: `Geometric means with 95 % intervals; left of the line at 1 is smaller than XLA’s own object. The number of kernels stands after each op.${left}`,
    legend: most.map(label => ({ label, colour: colourOf(label, proposers) })),
    svg,
  }
}

const sizeOf = (line: Line, proposer: string): number | undefined => {
  const cell = line.cells.find(
    (c): c is Cell & { size: number } => c.proposer === proposer && (c.size ?? 0) > 0,
  )
  return cell && passed(cell) ? cell.size : undefined
}

const ARM = 'ARM beside x86'

/** Code bytes of equal proposals for two architectures, kernel by kernel. */
export function armBesideX86(store: Store): Figure {
  const pairs = store
    .prepare(
      `SELECT p.proposer, min(bx.code_bytes) AS x86, min(ba.code_bytes) AS arm FROM proposal p
       JOIN build bx ON bx.hash = p.build_hash AND bx.state = 'ok' JOIN target tx ON tx.id = p.target_id AND tx.triple LIKE 'x86\\_64-%' ESCAPE '\\'
       JOIN proposal q ON q.kernel_hash = p.kernel_hash AND q.proposer = p.proposer AND q.sample = p.sample
       JOIN build ba ON ba.hash = q.build_hash AND ba.state = 'ok' JOIN target ta ON ta.id = q.target_id AND ta.triple LIKE 'aarch64-%'
       WHERE bx.code_bytes > 0 AND ba.code_bytes > 0 GROUP BY p.kernel_hash, p.proposer ORDER BY p.proposer`,
    )
    .all() as { proposer: string; x86: number; arm: number }[]
  if (pairs.length === 0)
    return {
      state: 'missing',
      title: ARM,
      why: 'Nothing was built for an ARM target: run xlab optimise --target native,cortex-a78 (xlab hosts lists what can run it).',
    }
  const proposers = [...new Set(pairs.map(({ proposer }) => proposer))]
  const summary = proposers.map(proposer => {
    const { mean } = geometricMeanInterval(pairs.filter(p => p.proposer === proposer).map(p => p.arm / p.x86))
    return `${proposer}: ARM’s code is ${mean.toFixed(2)}× as large`
  })
  const svg = draw(
    {
      height: 380,
      x: { type: 'log', label: 'code bytes on x86-64 →', grid: true, tickFormat: ',' },
      y: { type: 'log', label: '↑ code bytes on ARM', grid: true, tickFormat: ',' },
      marks: [
        Plot.link([0], {
          x1: Math.max(...pairs.map(p => Math.min(p.x86, p.arm))),
          y1: Math.max(...pairs.map(p => Math.min(p.x86, p.arm))),
          x2: Math.min(...pairs.map(p => Math.max(p.x86, p.arm))),
          y2: Math.min(...pairs.map(p => Math.max(p.x86, p.arm))),
          strokeOpacity: 0.6,
        }),
        Plot.dot(thinned(pairs, 1500), {
          x: 'x86',
          y: 'arm',
          r: 2.5,
          fillOpacity: 0.5,
          fill: (d: { proposer: string }) => colourOf(d.proposer, proposers),
        }),
      ],
    },
    ARM,
  )
  return {
    state: 'drawn',
    title: ARM,
    caption: `Each dot is a kernel compiled for both, retargeted from what XLA emitted on the harvest’s machine: XLA on ARM would have emitted other kernels. On the line both are as large. ${summary.join('; ')}.`,
    legend: proposers.map(label => ({ label, colour: colourOf(label, proposers) })),
    svg,
  }
}
