/** How much of what each model runs became kernels with IR. */
import type { Store } from '../../../store/open.ts'
import { draw, type Figure, Plot } from './draw.ts'

const TITLE = 'What of each model became kernels'
const COLOURS: Readonly<Record<string, string>> = {
  'kernels with IR': 'var(--c2)',
  'library calls': 'var(--c3)',
  'other code without IR': 'var(--unsure)',
}
const MOST_MODELS = 40

/** Ops that run, by model, split into kernels with IR, library calls and the rest. */
export function coverage(store: Store): Figure {
  const rows = store
    .prepare(
      `SELECT h.model, sum(m.ops) AS ops, sum(m.ops_with_ir) AS kernels,
        coalesce(sum((SELECT sum(o.count) FROM op o WHERE o.module_id = m.id AND o.runs_as = 'library')), 0) AS library
       FROM module m JOIN harvest h ON h.id = m.harvest_id WHERE m.ops > 0 GROUP BY h.model ORDER BY 1.0 * sum(m.ops_with_ir) / sum(m.ops) DESC`,
    )
    .all() as { model: string; ops: number; kernels: number; library: number }[]
  if (rows.length === 0)
    return {
      state: 'missing',
      title: TITLE,
      why: 'No HLO was harvested: imported IR and dumps without HLO do not say what else ran.',
    }
  const shown = rows.slice(0, MOST_MODELS).map(row => ({ ...row, model: shortName(row.model) }))
  const parts = shown.flatMap(({ model, ops, kernels, library }) =>
    [
      { model, part: 'kernels with IR', share: (100 * kernels) / ops },
      { model, part: 'library calls', share: (100 * library) / ops },
      { model, part: 'other code without IR', share: (100 * Math.max(0, ops - kernels - library)) / ops },
    ].filter(({ share }) => share > 0),
  )
  const svg = draw(
    {
      height: 64 + 24 * shown.length,
      marginLeft: 130,
      marginRight: 92,
      x: { label: 'ops that run, % →', domain: [0, 100], grid: true },
      y: { label: null, domain: shown.map(({ model }) => model) },
      marks: [
        Plot.barX(parts, Plot.stackX({ x: 'share', y: 'model', fill: d => COLOURS[d.part], inset: 0.5 })),
        Plot.text(shown, {
          x: 100,
          y: 'model',
          dx: 6,
          textAnchor: 'start',
          text: d => `${Math.round((100 * d.kernels) / d.ops)} % of ${d.ops}`,
        }),
      ],
    },
    TITLE,
  )
  return {
    state: 'drawn',
    title: TITLE,
    caption: `Of the operations each model runs, the share that left IR: only of these does this page speak. Large dots and convolutions go to library calls. ${shown.map(row => `${row.model} ${Math.round((100 * row.kernels) / row.ops)} %`).join(', ')}.`,
    legend: Object.entries(COLOURS).map(([label, colour]) => ({ label, colour })),
    svg,
  }
}

/** A path's last part; a zoo name as it is. */
const shortName = (model: string): string =>
  model.replace(/\/+$/, '').split('/').at(-1)?.slice(0, 22) ?? model
