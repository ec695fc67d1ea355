/**
 * Pictures of a report for the README: `node test/web/screenshots.ts REPORT.html FOLDER`. Each stays under 200 kB; the
 * kernel shown is the first of the table.
 */
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { start, tab } from './browser.ts'

const scroll = (selector: string) => (page: Page) =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)}).scrollIntoView()`)

const openFirst = async (page: Page): Promise<void> => {
  await page.click('button.open')
  await page.locator('.inside .code').waitFor()
  await scroll('.inside section:nth-of-type(2)')(page)
}

/** Name, look, and what is done before the picture is taken. */
const PICTURES: readonly (readonly [
  string,
  { dark?: true; width: number; height: number },
  (page: Page) => Promise<unknown>,
])[] = [
  ['report', { width: 1200, height: 720 }, async () => {}],
  ['report-figures', { width: 1400, height: 1000 }, scroll('#figures')],
  ['report-kernel', { width: 1200, height: 980 }, openFirst],
]

const [report = '', folder = 'docs/images'] = process.argv.slice(2)
const browser = await start()
for (const [name, { height, ...look }, prepare] of PICTURES) {
  const { page } = await tab(browser, pathToFileURL(resolve(report)).href, look)
  await page.setViewportSize({ width: look.width, height })
  await prepare(page)
  const path = join(folder, `${name}.png`)
  await page.screenshot({ path })
  const kilobytes = statSync(path).size / 1000
  console.log(`${path}: ${kilobytes.toFixed(0)} kB${kilobytes > 200 ? ', TOO LARGE' : ''}`)
}
await browser.close()
