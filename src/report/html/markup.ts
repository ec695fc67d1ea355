/** HTML in which everything put into it is text, unless it was made here too. */

/** Markup made by `html`; a string is never one. */
export interface Html {
  readonly markup: string
}

type Value = Html | string | number | null | undefined | readonly Html[]

/** A template whose values are escaped; markup made by it goes in as it is. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  markup: strings.reduce((text, part, i) => text + markupOf(values[i - 1]) + part),
})

/** Text from this program itself (styles, SVG drawn here), never from data. */
export const trusted = (markup: string): Html => ({ markup })

export const NOTHING: Html = { markup: '' }

function markupOf(value: Value): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'object') return 'markup' in value ? value.markup : value.map(markupOf).join('')
  return escaped(String(value))
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

/** Characters that steer or reorder text are shown as such, so that a name cannot pretend to be another. */
const escaped = (text: string): string =>
  text
    .replace(STEERING, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
