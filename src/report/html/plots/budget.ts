/** What trying more is worth: code size against the number of candidates, one curve for each that chooses. */
import { geometricMean } from '../../../measure/statistics.ts'
import type { Store } from '../../../store/open.ts'
import { QUERIES } from '../../queries.ts'
import { colourOf, draw, type Figure, Plot } from './draw.ts'

const TITLE = 'Gain against budget'

/** A verified candidate of a kernel: the how-manieth it was, and its size over -Oz's. */
interface Candidate {
  readonly proposer: string
  readonly kernel: string
  readonly sample: number
  readonly ratio: number | null
}

/** Geometric mean over kernels of the best of the first n, -Oz itself as the fallback. */
export function budget(store: Store): Figure {
  const curves = [
    ...[...Map.groupBy(candidates(store), row => row.proposer)].map(([proposer, own]) =>
      curve(proposer, own),
    ),
    ...searched(store),
  ].filter(points => points.length > 1)
  if (curves.length === 0)
    return {
      state: 'missing',
      title: TITLE,
      why: 'Nobody tried more than one candidate a kernel: run xlab optimise --with random:8, search:… or llm.',
    }
  const points = curves.flat()
  const proposers = [...new Set(points.map(point => point.proposer))]
  const colour = (row: { proposer: string }): string => colourOf(row.proposer, proposers)
  const last = curves.map(points => points.at(-1) as Point)
  const svg = draw(
    {
      height: 340,
      marginRight: 120,
      x: { type: 'log', label: 'candidates tried for each kernel →', tickFormat: ',', grid: true },
      y: { label: '↑ smaller than -Oz, %', grid: true },
      marks: [
        Plot.ruleY([0]),
        Plot.line(points, {
          x: 'n',
          y: 'gain',
          z: 'proposer',
          stroke: colour,
          strokeWidth: 2,
          curve: 'step-after',
        }),
        Plot.text(last, {
          x: 'n',
          y: 'gain',
          text: 'proposer',
          dx: 6,
          textAnchor: 'start',
          fill: 'currentColor',
        }),
      ],
    },
    TITLE,
  )
  return {
    state: 'drawn',
    title: TITLE,
    caption: `Code size of the best verified candidate among the first n, as a gain over -Oz; a kernel without one keeps -Oz’s build and counts as no gain. Curves marked unverified are of a search’s candidates before verification, which only its winners pass through. ${last.map(({ proposer, n, gain, kernels }) => `${proposer}: ${gain.toFixed(2)} % after ${n} on ${kernels} kernels`).join('; ')}.`,
    legend: proposers.map(label => ({ label, colour: colourOf(label, proposers) })),
    svg,
  }
}

interface Point {
  readonly proposer: string
  readonly n: number
  readonly gain: number
  readonly kernels: number
}

function curve(proposer: string, rows: readonly Candidate[]): Point[] {
  const kernels = [...Map.groupBy(rows, row => row.kernel).values()]
  const most = Math.max(...rows.map(row => row.sample)) + 1
  return budgets(most).map(n => {
    const best = kernels.map(own =>
      Math.min(1, ...own.flatMap(row => (row.sample < n && row.ratio !== null ? [row.ratio] : []))),
    )
    return { proposer, n, gain: 100 * (1 - geometricMean(best)), kernels: kernels.length }
  })
}

/** What the search kept, by candidates tried, and what its own random candidates would have led to. */
function searched(store: Store): Point[][] {
  const rows = QUERIES.find(({ name }) => name === 'search-curve')?.rows(store) ?? []
  const points = (proposer: string, column: string): Point[] =>
    rows
      .filter(
        row =>
          row.seed === rows[0]?.seed && row.target === rows[0]?.target && typeof row[column] === 'number',
      )
      .map(row => ({
        proposer,
        n: Number(row.candidates),
        gain: 100 * (1 - Number(row[column])),
        kernels: Number(row.kernels),
      }))
  return [points('search, unverified', 'search_vs_oz'), points('chance, unverified', 'random_vs_oz')]
}

/** 1, 2, 3, … then about twenty to a decade. */
const budgets = (most: number): number[] => [
  ...new Set(
    Array.from({ length: 100 }, (_, i) => Math.round(10 ** (i / 20)))
      .filter(n => n < most)
      .concat(most),
  ),
]

const candidates = (store: Store): Candidate[] =>
  store
    .prepare(
      `SELECT p.proposer, p.kernel_hash AS kernel, p.sample,
        CASE WHEN v.good THEN 1.0 * b.code_bytes / z.bytes END AS ratio
       FROM proposal p JOIN build b ON b.hash = p.build_hash
       JOIN (SELECT q.kernel_hash, q.target_id, min(y.code_bytes) AS bytes FROM proposal q JOIN build y ON y.hash = q.build_hash
         WHERE q.proposer = 'opt:Oz' AND y.code_bytes > 0 GROUP BY q.kernel_hash, q.target_id) z
         ON z.kernel_hash = p.kernel_hash AND z.target_id = p.target_id
       LEFT JOIN (SELECT build_hash, min(state IN ('same', 'agreed', 'exhausted')) AS good FROM current_verdict GROUP BY build_hash) v
         ON v.build_hash = b.hash
       WHERE p.proposer IN (SELECT proposer FROM proposal WHERE sample > 0)`,
    )
    .all() as Candidate[]
