/** Figures drawn while the page is made: SVG whose colours follow the page's theme, and words where there is no data. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { type Html, html, NOTHING, trusted } from '../markup.ts'

/** Plot's marks and options, for the figures of this folder. */
export { Plot }

/** A figure: drawn, or the reason there is nothing to draw. */
export type Figure =
  | {
      readonly state: 'drawn'
      readonly title: string
      /** How to read it, and what it shows, for eyes and screen readers alike. */
      readonly caption: string
      readonly legend: readonly Key[]
      readonly svg: Html
    }
  | { readonly state: 'missing'; readonly title: string; readonly why: string }

/** An entry of a legend: what a colour means. */
export interface Key {
  readonly label: string
  readonly colour: string
}

export const WIDTH = 620

/** Colours of verdicts and comparisons; the page's style gives them a value in each theme. */
export const COMPARISON_COLOURS: Readonly<Record<string, string>> = {
  faster: 'var(--good)',
  slower: 'var(--bad)',
  same: 'var(--ink-2)',
  inconclusive: 'var(--unsure)',
}

const KNOWN: Readonly<Record<string, string>> = {
  xla: 'var(--ink-2)',
  'xla-ir': 'var(--c1)',
  'opt:O3': 'var(--c2)',
  'opt:Oz': 'var(--c3)',
  llm: 'var(--c4)',
  random: 'var(--c5)',
  search: 'var(--c6)',
  chance: 'var(--c7)',
}
const SPARE = ['var(--c8)', 'var(--c9)', 'var(--warn)']

/** A proposer's colour, the same in every figure. */
export function colourOf(proposer: string, all: readonly string[]): string {
  const family = (name: string): string | undefined => KNOWN[name] ?? KNOWN[name.replace(/[:, (].*$/, '')]
  const others = all.filter(name => family(name) === undefined)
  return family(proposer) ?? SPARE[others.indexOf(proposer) % SPARE.length] ?? 'var(--ink-2)'
}

/** Draws; the SVG is one image to a screen reader, named by its figure's title. */
export function draw(options: Plot.PlotOptions, label: string): Html {
  const { document } = parseHTML('<html></html>')
  const svg = Plot.plot({
    document: document as never,
    width: WIDTH,
    marginLeft: 52,
    marginBottom: 40,
    ...options,
  })
  // Its style stands in the page's own sheet, which the page's policy knows.
  svg.querySelector('style')?.remove()
  // To a screen reader it is one image: what Plot says of its parts has no role to say it in.
  for (const part of svg.querySelectorAll('[aria-label], [aria-hidden]')) {
    part.removeAttribute('aria-label')
    part.removeAttribute('aria-hidden')
  }
  svg.setAttribute('class', 'plot')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', label)
  svg.setAttribute('font-size', '11')
  return trusted(compact(svg.outerHTML))
}

/** A hundredth of a pixel is fine enough. */
const compact = (svg: string): string => svg.replace(/(\d+\.\d{2})\d+/g, '$1')

/** The figure with its title, legend and caption. */
export function figureHtml(figure: Figure): Html {
  if (figure.state === 'missing')
    return html`<figure class="missing"><h3>${figure.title}</h3><p>${figure.why}</p></figure>`
  const keys = figure.legend.map(
    ({ label, colour }) =>
      html`<li><svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" rx="2" fill="${colour}"/></svg> ${label}</li>`,
  )
  return html`<figure><h3>${figure.title}</h3>${keys.length > 0 ? html`<ul class="legend">${keys}</ul>` : NOTHING}
<div class="scroll" tabindex="0" role="group" aria-label="${figure.title}">${figure.svg}</div><figcaption>${figure.caption}</figcaption></figure>`
}

/** At most `limit` of the values, evenly taken: a figure with more dots than pixels says no more. */
export function thinned<T>(values: readonly T[], limit: number): readonly T[] {
  if (values.length <= limit) return values
  return Array.from({ length: limit }, (_, i) => values[Math.floor((i * values.length) / limit)] as T)
}

/** Ticks for an axis of ratios from `low` to `high`: powers of two where the range is wide. */
export function ratioTicks(low: number, high: number): number[] {
  const steps = high / low > 6 ? [1, 2] : [1, 1.1, 1.2, 1.5, 1.8]
  const all = steps
    .flatMap(step => [-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7].map(power => step * 2 ** power))
    .map(tick => Number(tick.toPrecision(3)))
  const within = [...new Set(all)]
    .filter(tick => tick >= low * 0.999 && tick <= high * 1.001)
    .sort((a, b) => a - b)
  return within.length > 9 ? within.filter(tick => Number.isInteger(Math.log2(tick) / 2)) : within
}

/** `0.25×`, `1.10×`: a ratio as a tick label. */
export const ratioLabel = (ratio: number): string => `${Number(ratio.toPrecision(3))}×`
