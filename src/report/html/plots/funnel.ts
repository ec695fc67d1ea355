/** What became of what language models answered. */
import type { Store } from '../../../store/open.ts'
import { namedQuery } from '../../queries.ts'
import { draw, type Figure, Plot } from './draw.ts'

const TITLE = 'From an answer to a gain: the language models'

/** Stages of query llm-funnel, and the words for them. */
const STEPS = [
  ['asked', 'asked'],
  ['answered', 'an answer in it'],
  ['parsed', 'parses'],
  ['valid', 'may be tried'],
  ['built', 'builds, and differs'],
  ['verified', 'verified'],
  ['better', 'better'],
] as const
const MOST_PANELS = 4

/** One bar a step, one panel a model, strategy and metric. Every answer asked for stays in the denominator. */
export function funnel(store: Store): Figure {
  const rows = namedQuery('llm-funnel')
    .rows(store)
    .map(row => ({
      llm: `${row.model}, ${row.strategy} for ${row.metric}`,
      counts: STEPS.map(([key, label]) => ({ label, count: Number(row[key] ?? 0) })),
      asked: Number(row.asked ?? 0),
      failures: String(row.failures ?? ''),
    }))
    .filter(({ asked }) => asked > 0)
    .sort((a, b) => b.asked - a.asked)
  if (rows.length === 0)
    return {
      state: 'missing',
      title: TITLE,
      why: 'No language model was asked: run xlab optimise --with llm.',
    }
  const shown = rows.slice(0, MOST_PANELS)
  const bars = shown.flatMap(({ llm, counts, asked }) =>
    counts.map(({ label, count }) => ({ llm, label, count, share: count / asked })),
  )
  const svg = draw(
    {
      height: 50 + 200 * shown.length,
      marginLeft: 130,
      marginRight: 60,
      x: { label: 'of all answers asked for, % →', percent: true, domain: [0, 100], grid: true },
      y: { label: null, domain: STEPS.map(([, label]) => label) },
      fy: { label: null, domain: shown.map(row => row.llm), axis: null, padding: 0.12 },
      marks: [
        Plot.barX(bars, {
          x: 'share',
          y: 'label',
          fy: 'llm',
          fill: 'var(--c4)',
          insetTop: 2,
          insetBottom: 2,
        }),
        Plot.text(bars, {
          x: 'share',
          y: 'label',
          fy: 'llm',
          dx: 6,
          textAnchor: 'start',
          text: d => String(d.count),
        }),
        Plot.text(shown, { fy: 'llm', text: 'llm', frameAnchor: 'bottom-right', fontWeight: 600, dy: -8 }),
      ],
    },
    TITLE,
  )
  const words = shown.map(
    ({ llm, counts, failures }) =>
      `${llm}: ${counts.map(({ label, count }) => `${count} ${label}`).join(', ')}${failures === '' ? '' : ` (failed by: ${failures})`}`,
  )
  return {
    state: 'drawn',
    title: TITLE,
    caption: `Every answer asked for stays in the denominator. Better: verified, and smaller than -Oz, or for time faster than -O3. ${words.join('; ')}.`,
    legend: [],
    svg,
  }
}
