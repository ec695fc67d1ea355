/** The page's script: theme, table, stories. Without it the page reads all the same. */
import { byId, el } from './dom.js'
import { startTable } from './table.js'

const THEMES = ['auto', 'light', 'dark']

function startTheme() {
  const button = byId('theme')
  const stored = () => {
    try {
      return localStorage.getItem('xlab-theme') ?? 'auto'
    } catch {
      // A file opened without storage: the choice lasts as long as the page.
      return document.documentElement.dataset.theme ?? 'auto'
    }
  }
  const apply = (/** @type {string} */ theme) => {
    document.documentElement.dataset.theme = theme
    button.textContent = `Theme: ${theme}`
  }
  button.hidden = false
  apply(stored())
  button.addEventListener('click', () => {
    const next =
      THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? 'auto') + 1) % THEMES.length] ?? 'auto'
    apply(next)
    try {
      localStorage.setItem('xlab-theme', next)
    } catch {
      // See above.
    }
  })
}

startTheme()
startTable().catch(error => {
  byId('kernel-count').replaceChildren(el('span', {}, `The table cannot be sorted or opened here: ${error}`))
})
