/** Elements made from data. Text only ever becomes text: nothing here parses markup. */

/**
 * @typedef {Node | string | number | null | undefined | false} Child
 * @typedef {Record<string, string | number | boolean | ((event: Event) => void)>} Attributes
 */

/**
 * @param {Element} node
 * @param {Attributes} attributes
 * @param {readonly Child[]} children
 */
function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name, value)
    else if (value === true) node.setAttribute(name, '')
    else if (value !== false) node.setAttribute(name, String(value))
  }
  for (const child of children)
    if (child !== null && child !== undefined && child !== false)
      node.append(typeof child === 'object' ? child : String(child))
  return node
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  return /** @type {HTMLElementTagNameMap[T]} */ (filled(document.createElement(tag), attributes, children))
}

/**
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children)
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const node = document.getElementById(id)
  if (!node) throw new Error(`the page has no ${id}`)
  return node
}

/** A whisker: the line at 1, the interval, the ratio. @param {ReturnType<typeof import('./figures.js').whisker>} place */
export function whiskerSvg(place) {
  if (!place) return ''
  return svg(
    'svg',
    { class: `whisker ${place.state}`, width: place.width, height: 12, 'aria-hidden': 'true' },
    svg('path', { d: `M${place.width / 2} 0V12`, class: 'one' }),
    svg('path', { d: `M${place.low} 6H${place.high}`, class: 'interval' }),
    svg('circle', { cx: place.middle, cy: 6, r: 2.5 }),
  )
}
