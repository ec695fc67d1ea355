/** What trying more is worth: code size against the number of candidates, and how many random tries a result is worth. */
import { geometricMean } from '../../../measure/statistics.ts'
import type { Store } from '../../../store/open.ts'
import { bestOf, chanceAt, worthOfRandomTries } from '../../search/curve.ts'
import { onCurve, sizeSearches } from '../../search/curve-query.ts'
import type { SearchRow } from '../../search/read.ts'
import { said } from '../../search/worth.ts'
import { colourOf, draw, type Figure, Plot } from './draw.ts'

const TITLE = 'Gain against search budget'
const SEARCH = 'search, unverified'
const CHANCE = 'chance, unverified'
/** Of the figure, and of a line of text in it, in pixels. */
const HEIGHT = 340
const LINE = 18
/** As far left as a result worth less than one try is drawn. */
const LEAST_TRIES = 0.5

/** A candidate for a kernel: the how-manieth it was, and its size over -Oz's if it was verified. */
interface Candidate {
  readonly proposer: string
  readonly kernel: string
  readonly sample: number
  readonly ratio: number | null
}

interface Point {
  readonly proposer: string
  readonly n: number
  readonly gain: number
}

/** Geometric mean over kernels of the best of the first n, -Oz itself as the fallback: all curves over the same kernels. */
export function budget(store: Store): Figure {
  const [searches = []] = sizeSearches(store, undefined)
  const proposed = [...Map.groupBy(candidates(store), row => row.proposer)]
  const sets = [
    ...proposed.map(([, rows]) => new Set(rows.map(row => row.kernel))),
    ...(searches.length > 0 ? [new Set(searches.map(row => row.hash))] : []),
  ]
  const common = new Set([...(sets[0] ?? [])].filter(kernel => sets.every(set => set.has(kernel))))
  const own = searches.filter(row => common.has(row.hash))
  const curves = [
    ...proposed.map(([name, rows]) =>
      curve(
        name,
        rows.filter(row => common.has(row.kernel)),
      ),
    ),
    ...searched(own),
  ].filter(points => points.length > 1)
  if (curves.length === 0) return missing(sets.length > 1 ? SHARED_BY_NONE : NOBODY)
  const points = curves.flat()
  const proposers = [...new Set(points.map(point => point.proposer))]
  const colour = (row: { proposer: string }): string => colourOf(row.proposer, proposers)
  const last = curves.map(points => points.at(-1) as Point)
  const placed = last.flatMap(point => place(point, own))
  const drawn = placed.filter(({ tries }) => tries !== undefined)
  const most = Math.max(1, ...points.map(({ gain }) => gain))
  const svg = draw(
    {
      height: HEIGHT,
      marginRight: 130,
      x: { type: 'log', label: 'candidates tried for each kernel →', tickFormat: ',', grid: true },
      y: { type: 'sqrt', domain: [0, most], label: '↑ smaller than -Oz, % (square-root scale)', grid: true },
      marks: [
        Plot.ruleY([0]),
        Plot.line(points, {
          ...{ x: 'n', y: 'gain', z: 'proposer', stroke: colour, strokeWidth: 2 },
          curve: 'step-after',
        }),
        Plot.link(drawn, {
          ...{ x1: 'tries', x2: 'n', y1: 'gain', y2: 'gain', stroke: colour, strokeDasharray: '3 3' },
        }),
        Plot.dot(drawn, { x: 'tries', y: 'gain', r: 5, fill: colour, stroke: 'currentColor' }),
        // Above, below, and further off by turns: results of like worth lie side by side.
        ...drawn.map((point, i) =>
          Plot.text([point], {
            ...{ x: 'tries', y: 'gain', text: ({ proposer, words }) => `${proposer}: ${words}` },
            ...{ dy: (i % 2 === 0 ? -11 : 14) * (1 + (i >> 1)), dx: -4, textAnchor: 'start' },
            ...{ fill: 'currentColor', stroke: 'var(--paper)', strokeWidth: 4 },
          }),
        ),
        Plot.text(ends(last, most), {
          ...{ x: 'n', y: 'gain', text: 'proposer', dx: 6, textAnchor: 'start', fill: 'currentColor' },
        }),
      ],
    },
    TITLE,
  )
  const reached = last.map(({ proposer, n, gain }) => `${proposer}: ${gain.toFixed(2)} % after ${n}`)
  const worth = placed.map(({ proposer, words }) => `${proposer} is ${words}`)
  return {
    state: 'drawn',
    title: TITLE,
    caption: [
      `Code size of the best verified candidate among the first n, as a gain over -Oz, on the ${common.size} kernels that all of these tried; a kernel without a better one keeps -Oz’s build and counts as no gain.`,
      own.length > 0
        ? 'Curves marked unverified are of a search’s candidates before verification, which only its winners pass through; chance is what its random candidates lead to on average.'
        : 'Run xlab optimise --with search for the curve of chance.',
      `${reached.join('; ')}.`,
      worth.length > 0 ? `A dot stands where chance gets as far: ${worth.join('; ')}.` : '',
    ].join(' '),
    legend: proposers.map(label => ({ label, colour: colourOf(label, proposers) })),
    svg,
  }
}

/** Names at the ends of curves; of curves that end after as many candidates and nearly meet there, one for all. */
function ends(last: readonly Point[], most: number): Point[] {
  const height = ({ gain }: Point): number => HEIGHT * Math.sqrt(gain / most)
  const labels: Point[] = []
  for (const point of last.toSorted((a, b) => b.n - a.n || b.gain - a.gain)) {
    const above = labels.at(-1)
    if (above?.n === point.n && height(above) - height(point) < LINE)
      labels.splice(-1, 1, { ...above, proposer: `${above.proposer}, ${point.proposer}` })
    else labels.push(point)
  }
  return labels
}

const NOBODY =
  'Nobody tried more than one candidate a kernel: run xlab optimise --with random:8, search or llm.'
const SHARED_BY_NONE =
  'Those who tried more than one candidate a kernel share no kernel: let them try the same, with one --filter.'
const missing = (why: string): Figure => ({ state: 'missing', title: TITLE, why })

function curve(proposer: string, rows: readonly Candidate[]): Point[] {
  const kernels = [...Map.groupBy(rows, row => row.kernel).values()]
  const most = Math.max(0, ...rows.map(row => row.sample)) + 1
  return budgets(most).map(n => {
    const best = kernels.map(own =>
      Math.min(1, ...own.flatMap(row => (row.sample < n && row.ratio !== null ? [row.ratio] : []))),
    )
    return { proposer, n, gain: gainOf(geometricMean(best)) }
  })
}

const gainOf = (ratio: number): number => 100 * (1 - ratio)

/** What the search kept, by candidates tried, and what its own random candidates lead to. */
function searched(rows: readonly SearchRow[]): Point[][] {
  const tried = onCurve(rows, 'oz')
  if (tried.length === 0) return []
  const kept = (n: number): number => geometricMean(tried.map(one => Math.min(1, bestOf(one, n) ?? 1)))
  const most = Math.min(...tried.map(({ chance }) => chance.length))
  return [
    budgets(Math.min(...tried.map(({ values }) => values.length))).map(n => ({
      ...{ proposer: SEARCH, n, gain: gainOf(kept(n)) },
    })),
    budgets(most).map(n => ({ proposer: CHANCE, n, gain: gainOf(chanceAt(tried, n) ?? 1) })),
  ]
}

interface Placed extends Point {
  /** Where its gain meets the curve of chance; undefined where that is off the curve. */
  readonly tries?: number
  readonly words: string
}

/** A result of verified candidates on the curve of chance; none without a search on the same kernels. */
function place(point: Point, searches: readonly SearchRow[]): Placed[] {
  const worth =
    point.proposer === SEARCH || point.proposer === CHANCE
      ? undefined
      : worthOfRandomTries(onCurve(searches, 'oz'), 1 - point.gain / 100)
  if (worth === undefined) return []
  const words = worth.state === 'none' ? 'worth no random try' : `worth ${said(worth)} random tries`
  const tries = worth.state === 'as many as' ? { tries: Math.max(LEAST_TRIES, worth.tries) } : {}
  return [{ ...point, ...tries, words }]
}

/** 1, 2, 3, … then about twenty to a decade. */
const budgets = (most: number): number[] => [
  ...new Set(
    Array.from({ length: 100 }, (_, i) => Math.round(10 ** (i / 20)))
      .filter(n => n < most)
      .concat(most > 0 ? most : []),
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
       WHERE p.proposer NOT LIKE 'search%' AND p.proposer IN (SELECT proposer FROM proposal WHERE sample > 0)
       UNION ALL SELECT proposer, hash, 0, NULL FROM unanswered`,
    )
    .all() as Candidate[]
