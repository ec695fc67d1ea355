/** The table of kernels: filtered, sorted, a page at a time; a row opens to its story. */
import { readTable } from './data.js'
import { byId, el, whiskerSvg } from './dom.js'
import { bytes, chosen, percent, ratio, time, timeWords, whisker } from './figures.js'
import { openStory } from './story.js'

const PAGE = 100

/** @typedef {import('./data.js').Line} Line */

/** What each sortable column sorts by. @type {Record<string, (line: Line, choice: string) => string | number | null>} */
const KEYS = {
  name: line => line.name,
  model: line => line.model,
  op: line => line.op,
  share: line => line.share,
  xlaNs: line => line.xlaNs,
  xlaBytes: line => line.xlaBytes,
  by: (line, choice) => chosen(line.cells, choice)?.proposer ?? null,
  ratio: (line, choice) => chosen(line.cells, choice)?.ratio ?? null,
  size: (line, choice) => chosen(line.cells, choice)?.size ?? null,
  verdict: (line, choice) => chosen(line.cells, choice)?.verdict ?? null,
}

/** Makes the table work. */
export async function startTable() {
  const { lines, verdicts } = await readTable()
  const body = byId('kernel-rows')
  const inputs = ['model', 'op', 'verdict', 'choice', 'text'].map(
    name => /** @type {HTMLInputElement | HTMLSelectElement} */ (byId(`filter-${name}`)),
  )
  const value = (/** @type {string} */ name) =>
    inputs.find(input => input.id === `filter-${name}`)?.value ?? ''
  options('filter-model', [...new Set(lines.flatMap(line => line.model.split(', ')))].sort())
  options('filter-op', [...new Set(lines.map(line => line.op))].sort())
  options('filter-verdict', verdicts)
  let sort = { key: '', descending: false }
  let page = 0

  const matching = () => {
    const [model, op, verdict, choice] = ['model', 'op', 'verdict', 'choice'].map(value)
    const words = value('text').toLowerCase().split(/\s+/)
    return lines.filter(
      line =>
        (model === '' || line.model.split(', ').includes(model ?? '')) &&
        (op === '' || line.op === op) &&
        (verdict === '' ||
          line.cells.some(cell => cell.verdict === verdict && concerns(cell, choice ?? ''))) &&
        words.every(word => line.text.includes(word)),
    )
  }
  const sorted = (/** @type {Line[]} */ found) => {
    const key = KEYS[sort.key]
    if (!key) return found
    const choice = value('choice')
    const sign = sort.descending ? -1 : 1
    const keyed = found.map(line => ({ line, by: key(line, choice) }))
    // What has no value stands last whichever way.
    keyed.sort((a, b) =>
      a.by === null || b.by === null
        ? Number(a.by === null) - Number(b.by === null)
        : sign * (typeof a.by === 'string' ? a.by.localeCompare(String(b.by)) : a.by - Number(b.by)),
    )
    return keyed.map(({ line }) => line)
  }
  const show = () => {
    const found = sorted(matching())
    const pages = Math.max(1, Math.ceil(found.length / PAGE))
    page = Math.min(page, pages - 1)
    const from = page * PAGE
    const choice = value('choice')
    body.replaceChildren(...found.slice(from, from + PAGE).map(line => row(line, choice)))
    byId('kernel-count').textContent =
      found.length === 0
        ? 'No kernel matches.'
        : `${found.length === lines.length ? '' : `${found.length} of `}${lines.length} kernels; ${from + 1} to ${Math.min(from + PAGE, found.length)} shown`
    const [previous, next] = ['previous', 'next'].map(name => /** @type {HTMLButtonElement} */ (byId(name)))
    if (previous) previous.disabled = page === 0
    if (next) next.disabled = page >= pages - 1
    byId('pager').hidden = pages === 1
  }
  const turn = (/** @type {number} */ by) => () => {
    page += by
    show()
    byId('kernels').scrollIntoView()
  }
  byId('previous').addEventListener('click', turn(-1))
  byId('next').addEventListener('click', turn(1))
  for (const input of inputs)
    input.addEventListener('input', () => {
      page = 0
      show()
    })
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (
    document.querySelectorAll('th button[data-key]')
  ))
    button.addEventListener('click', () => {
      const key = button.dataset.key ?? ''
      sort = { key, descending: sort.key === key && !sort.descending }
      for (const header of document.querySelectorAll('#kernel-table th[aria-sort]'))
        header.removeAttribute('aria-sort')
      button.closest('th')?.setAttribute('aria-sort', sort.descending ? 'descending' : 'ascending')
      show()
    })
  byId('controls').hidden = false
  const open = () => {
    const hash = /^#k-([0-9a-f]{6,64})$/.exec(location.hash)?.[1]
    const line = hash === undefined ? undefined : lines.find(one => one.hash.startsWith(hash.slice(0, 12)))
    if (!line) return
    const text = inputs.find(input => input.id === 'filter-text')
    if (text) text.value = line.hash
    page = 0
    show()
    const [first] = /** @type {HTMLCollectionOf<HTMLButtonElement>} */ (body.getElementsByClassName('open'))
    first?.click()
    byId('kernels').scrollIntoView()
  }
  show()
  addEventListener('hashchange', open)
  open()
}

/** Whether a verdict filter means this build: any, unless one proposer is looked at. @param {import('./figures.js').Cell} cell @param {string} choice */
const concerns = (cell, choice) => choice === 'fastest' || choice === 'smallest' || cell.proposer === choice

/** @param {string} id @param {string[]} values */
function options(id, values) {
  byId(id).append(...values.map(value => el('option', { value }, value)))
}

/** @param {Line} line @param {string} choice */
function row(line, choice) {
  const cell = chosen(line.cells, choice)
  const button = el(
    'button',
    {
      class: 'open',
      type: 'button',
      'aria-expanded': 'false',
      click: () => toggle(tr, button, line, choice),
    },
    el('span', { class: 'name' }, line.name),
    ' ',
    el('code', {}, line.hash),
  )
  const tr = el(
    'tr',
    {},
    el('th', { scope: 'row' }, button),
    el('td', {}, line.model),
    el('td', {}, line.op),
    el('td', { class: 'n' }, percent(line.share)),
    el('td', { class: 'n' }, time(line.xlaNs)),
    el('td', { class: 'n' }, bytes(line.xlaBytes)),
    el('td', { class: 'from' }, cell?.proposer ?? '–'),
    el('td', { class: 'n time' }, whiskerSvg(whisker(cell)), ' ', timeWords(cell)),
    el('td', { class: 'n' }, ratio(cell?.size)),
    el('td', {}, cell ? el('span', { class: `badge ${cell.verdict.replace(' ', '-')}` }, cell.verdict) : '–'),
  )
  return tr
}

/** @param {HTMLTableRowElement} tr @param {HTMLButtonElement} button @param {Line} line @param {string} choice */
function toggle(tr, button, line, choice) {
  const isOpen = button.getAttribute('aria-expanded') === 'true'
  button.setAttribute('aria-expanded', String(!isOpen))
  if (isOpen) {
    tr.nextElementSibling?.remove()
    return
  }
  const cell = el('td', { colspan: 10 }, el('p', {}, 'Opening …'))
  tr.after(el('tr', { class: 'story' }, cell))
  openStory(line, choice).then(
    story => cell.replaceChildren(story),
    error => cell.replaceChildren(el('p', {}, `This story cannot be opened: ${error}`)),
  )
}
