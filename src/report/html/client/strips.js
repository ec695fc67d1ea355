/** Samples of every build of a kernel as strips of dots over one axis of time. */
import { el, svg } from './dom.js'
import { time } from './figures.js'

const WIDTH = 720
const LEFT = 170
const ROW = 26

/** @param {any[]} builds @returns {HTMLElement} */
export function strips(builds) {
  const rows = builds.flatMap(build =>
    build.twin
      ? []
      : build.times
          .filter((/** @type {any} */ one) => one.samples.length > 0)
          .map((/** @type {any} */ one) => ({
            by: `${build.by}${one.host === 'local' ? '' : ` on ${one.host}`}`,
            ...one,
          })),
  )
  if (rows.length === 0) return el('p', { class: 'note' }, 'Not timed: no samples to show.')
  const all = rows.flatMap(row => row.samples).sort((a, b) => a - b)
  // A hiccup of the machine must not press everything else together.
  const low = all[0]
  const high = Math.min(all[all.length - 1], all[Math.floor(all.length * 0.99)] * 1.15)
  const logLow = Math.log(low)
  const span = Math.max(Math.log(high) - logLow, 0.01)
  const x = (/** @type {number} */ ns) =>
    LEFT + (WIDTH - LEFT - 20) * Math.min(1, Math.max(0, (Math.log(ns) - logLow) / span))
  const height = ROW * rows.length + 26
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(part => Math.exp(logLow + part * span))
  const figure = svg(
    'svg',
    {
      class: 'strips',
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: 'img',
      'aria-label': rows
        .map(row => `${row.by}: median ${time(row.ns)} of ${row.samples.length} samples`)
        .join('; '),
    },
    ...ticks.flatMap(ns => [
      svg('path', { d: `M${x(ns)} 0V${height - 18}`, class: 'grid' }),
      svg('text', { x: x(ns), y: height - 4, 'text-anchor': 'middle' }, time(ns)),
    ]),
    ...rows.flatMap((row, i) => {
      const y = ROW * i + ROW / 2
      return [
        svg(
          'text',
          { x: LEFT - 10, y: y + 4, 'text-anchor': 'end' },
          row.by.length > 26 ? `${row.by.slice(0, 25)}…` : row.by,
        ),
        ...row.samples.map((/** @type {number} */ ns, /** @type {number} */ k) =>
          svg('circle', {
            cx: x(ns).toFixed(1),
            cy: y - 5 + ((k * 7) % 11),
            r: 1.6,
            class: `sample ${row.comparison ?? ''}`,
          }),
        ),
        svg('path', { d: `M${x(row.ns)} ${y - 9}V${y + 9}`, class: 'median' }),
      ]
    }),
  )
  return el(
    'figure',
    { class: 'samples' },
    el('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'samples' }, figure),
    el(
      'figcaption',
      {},
      'Every dot is one sample, time per call (log scale); the bar is the median. Grey dots: no difference from XLA’s is certain. Twins are measured once.',
    ),
  )
}
