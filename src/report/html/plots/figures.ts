/** Every figure of the page, in order. To add one: a file in this folder and a line here. */
import type { Store } from '../../../store/open.ts'
import type { Summary } from '../../summary.ts'
import type { Lines } from '../lines.ts'
import type { Html } from '../markup.ts'
import { budget } from './budget.ts'
import { coverage } from './coverage.ts'
import { figureHtml } from './draw.ts'
import { funnel } from './funnel.ts'
import { pareto } from './pareto.ts'
import { ratios } from './ratios.ts'
import { armBesideX86, sizeByOp } from './sizes.ts'

export const figures = (store: Store, lines: Lines, summary: readonly Summary[]): Html[] => {
  const all = [
    pareto(summary, lines),
    ratios(lines),
    sizeByOp(lines),
    budget(store),
    funnel(store),
    coverage(store),
    armBesideX86(store),
  ]
  // What there is to see comes first; what is missing says why, after it.
  return all.toSorted((a, b) => Number(a.state === 'missing') - Number(b.state === 'missing')).map(figureHtml)
}
