/** What became of what language models answered. */
import type { Store } from '../../../store/open.ts'
import { draw, type Figure, Plot } from './draw.ts'

const TITLE = 'From an answer to a gain: the language models'

interface Steps {
  readonly llm: string
  readonly strategy: string
  readonly asked: number
  readonly replied: number
  readonly answered: number
  readonly valid: number
  readonly built: number
  readonly verified: number
  readonly better: number
}

const STEPS: readonly (readonly [key: Exclude<keyof Steps, 'llm' | 'strategy'>, label: string])[] = [
  ['asked', 'asked'],
  ['replied', 'replied'],
  ['answered', 'an answer in it'],
  ['valid', 'parses'],
  ['built', 'builds, and differs'],
  ['verified', 'verified'],
  ['better', 'smaller than -Oz'],
]

/** One bar a step, one panel a model and strategy. Only the first round of each sample counts as asked. */
export function funnel(store: Store): Figure {
  const rows = store
    .prepare(
      `SELECT x.llm || ', ' || x.strategy AS llm, x.strategy, count(*) AS asked,
        sum(x.outcome <> 'failed') AS replied, sum(x.outcome NOT IN ('failed', 'none', 'replied')) AS answered,
        sum(x.outcome NOT IN ('failed', 'none', 'replied', 'invalid')) AS valid, sum(x.outcome = 'built') AS built,
        sum(v.verified) AS verified, sum(v.verified AND b.code_bytes < z.bytes) AS better
       FROM exchange x LEFT JOIN build b ON b.hash = x.build_hash
       LEFT JOIN (SELECT build_hash, min(state IN ('same', 'agreed', 'exhausted')) AS verified FROM current_verdict GROUP BY build_hash) v
         ON v.build_hash = x.build_hash
       LEFT JOIN (SELECT p.kernel_hash, p.target_id, min(y.code_bytes) AS bytes FROM proposal p JOIN build y ON y.hash = p.build_hash
         WHERE p.proposer = 'opt:Oz' GROUP BY p.kernel_hash, p.target_id) z ON z.kernel_hash = x.kernel_hash AND z.target_id = x.target_id
       GROUP BY 1, 2 ORDER BY count(*) DESC`,
    )
    .all() as Steps[]
  if (rows.length === 0)
    return {
      state: 'missing',
      title: TITLE,
      why: 'No language model was asked: run xlab optimise --with llm.',
    }
  const shown = rows.slice(0, 4)
  const bars = shown.flatMap(row =>
    STEPS.map(([key, label]) => ({
      llm: row.llm,
      label,
      count: row[key] ?? 0,
      share: (row[key] ?? 0) / row.asked,
    })),
  )
  const svg = draw(
    {
      height: 40 + 190 * shown.length,
      marginLeft: 130,
      marginRight: 70,
      x: { label: 'of all answers asked for, % →', percent: true, domain: [0, 100], grid: true },
      y: { label: null, domain: STEPS.map(([, label]) => label) },
      fy: { label: null, domain: shown.map(row => row.llm), axis: null },
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
  return {
    state: 'drawn',
    title: TITLE,
    caption: `Every answer asked for stays in the denominator, repair rounds included; why answers failed is in each kernel’s story and in xlab query llm. ${shown
      .map(row => `${row.llm}: ${STEPS.map(([key, label]) => `${row[key] ?? 0} ${label}`).join(', ')}`)
      .join('; ')}.`,
    legend: [],
    svg,
  }
}
