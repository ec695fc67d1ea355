/** The HTML report in a real Chromium: it works, keeps to itself, can be read by all, and data stays text. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asFile, start, tab } from './browser.ts'
import { HOSTILE_NAME, HOSTILE_REPLY, hostileReport } from './reports.ts'

let browser: Browser
let page = ''
let url = ''

beforeAll(async () => {
  page = await hostileReport()
  url = asFile(page)
  browser = await start()
})
afterAll(() => browser?.close())

test('it opens in under a second, without a word on the console and without a request', async () => {
  const started = performance.now()
  const { complaints, page: opened } = await tab(browser, url)
  await opened.waitForTimeout(200)
  expect(complaints).toEqual([])
  // The tab itself is in that time too.
  expect(performance.now() - started).toBeLessThan(3000)
  const loaded = await opened.evaluate("performance.getEntriesByType('navigation')[0].duration")
  expect(loaded).toBeLessThan(1000)
})

test('kernels are sorted by the columns’ buttons, by keyboard too', async () => {
  const { page: opened } = await tab(browser, url)
  await opened.selectOption('#filter-choice', 'xla')
  const times = (): Promise<string[]> =>
    opened.locator('#kernel-rows > tr > td:nth-child(5)').allTextContents()
  await opened.click('th button[data-key="name"]')
  const up = await opened.locator('#kernel-rows .name').allTextContents()
  expect(up).toEqual([...up].sort((a, b) => a.localeCompare(b)))
  expect(await opened.getAttribute('th:has(button[data-key="name"])', 'aria-sort')).toBe('ascending')
  await opened.focus('th button[data-key="name"]')
  await opened.keyboard.press('Enter')
  const down = await opened.locator('#kernel-rows .name').allTextContents()
  expect(down).toEqual([...down].sort((a, b) => b.localeCompare(a)))
  await opened.click('th button[data-key="xlaNs"]')
  // Those without a time stand last, whichever way.
  expect((await times()).slice(0, 12)).not.toContain('–')
})

test('kernels are filtered by model, op, verdict and text, and paged', async () => {
  const { page: opened } = await tab(browser, url)
  const count = (): Promise<string | null> => opened.textContent('#kernel-count')
  const rows = (): Promise<number> => opened.locator('#kernel-rows > tr').count()
  expect(await count()).toBe('150 kernels; 1 to 100 shown')
  await opened.click('#next')
  expect(await count()).toBe('150 kernels; 101 to 150 shown')
  expect(await rows()).toBe(50)
  await opened.fill('#filter-text', 'fusion.14 relu')
  expect(await count()).toBe('11 of 150 kernels; 1 to 11 shown')
  await opened.fill('#filter-text', '')
  await opened.selectOption('#filter-op', HOSTILE_NAME)
  expect(await rows()).toBe(1)
  await opened.selectOption('#filter-op', '')
  await opened.selectOption('#filter-choice', 'passes:bad')
  await opened.selectOption('#filter-verdict', 'agreed')
  expect(await count()).toBe('No kernel matches.')
  await opened.selectOption('#filter-verdict', 'refuted')
  expect(await count()).toContain('150 kernels')
})

test('a kernel opens to its story: origin, builds, samples, code with its differences, exchange, commands', async () => {
  const { page: opened, complaints } = await tab(browser, url)
  await opened.click('button.open')
  const story = opened.locator('.inside')
  await story.waitFor()
  const text = (await story.textContent()) ?? ''
  for (const part of ['cnn.py:12', 'passes:worse', 'unknown pass name', 'opt IN -o OUT'])
    expect(text).toContain(part)
  expect(await story.locator('.strips circle').count()).toBeGreaterThan(40)
  await story.locator('select').first().selectOption({ label: 'IR as XLA emitted it' })
  const right = story.locator('select').nth(1)
  await right.selectOption({ label: 'IR by opt:O3' })
  expect(await story.locator('.line.come').count()).toBeGreaterThan(0)
  expect(await story.locator('.line.gone').count()).toBeGreaterThan(0)
  await right.selectOption({ label: 'IR as XLA emitted it' })
  expect(await story.locator('.pair.changed').count()).toBe(0)
  await opened.click('button.open')
  expect(await opened.locator('.inside').count()).toBe(0)
  expect(complaints).toEqual([])
})

test('a link to a kernel opens it', async () => {
  const { page: opened } = await tab(browser, url)
  const hash = (await opened.locator('#kernel-rows code').nth(3).textContent()) ?? ''
  const { page: linked } = await tab(browser, `${url}#k-${hash}`)
  await linked.locator('.inside').waitFor()
  expect(await linked.locator('.inside').textContent()).toContain(hash)
})

test('names and replies are text: nothing in them runs or becomes markup', async () => {
  const { page: opened, complaints } = await tab(browser, url)
  await opened.fill('#filter-text', '<script>')
  expect(await opened.locator('#kernel-rows .name').first().textContent()).toBe(HOSTILE_NAME)
  await opened.click('button.open')
  await opened.locator('.inside').waitFor()
  await opened.locator('.inside details').evaluateAll(all => {
    for (const one of all) (one as { open?: boolean }).open = true
  })
  expect(await opened.locator('.inside').textContent()).toContain(HOSTILE_REPLY)
  expect(await opened.locator('#injected, img, #kernel-rows script').count()).toBe(0)
  expect(complaints).toEqual([])
})

test('the policy forbids what is not of the page', async () => {
  const { page: opened, complaints } = await tab(browser, url)
  await opened.evaluate(
    `document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = "run"' }))`,
  )
  expect(await opened.title()).not.toBe('run')
  expect(complaints.join()).toContain('Content Security Policy')
})

test('both themes, by the system’s choice and by the button', async () => {
  const background = 'getComputedStyle(document.body).backgroundColor'
  const { page: light } = await tab(browser, url)
  const { page: dark } = await tab(browser, url, { dark: true })
  const lightPaper = await light.evaluate(background)
  const darkPaper = await dark.evaluate(background)
  expect(darkPaper).not.toBe(lightPaper)
  await light.click('#theme')
  await light.click('#theme')
  expect(await light.textContent('#theme')).toBe('Theme: dark')
  expect(await light.evaluate(background)).toBe(darkPaper)
})

test.each([400, 1600])('at %i pixels the page itself does not scroll sideways', async width => {
  const { page: opened } = await tab(browser, url, { width })
  await opened.click('button.open')
  await opened.locator('.inside').waitFor()
  expect(await opened.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
})

test('without scripts the answer, the figures and the table are there', async () => {
  const { page: opened } = await tab(browser, url, { script: false })
  const text = (await opened.locator('main').innerText()).replaceAll('\n', ' ')
  expect(text).toContain('Is its code for them the fastest')
  expect(text).toContain('Size: XLA’s own code is 2.00 times as large')
  expect(await opened.locator('svg.plot').count()).toBeGreaterThanOrEqual(4)
  expect(await opened.locator('#kernel-rows > tr').count()).toBe(150)
  expect(await opened.locator('#controls').isVisible()).toBe(false)
})

test.each(['light', 'dark'] as const)('axe finds nothing serious (%s)', async theme => {
  const { page: opened } = await tab(browser, url, theme === 'dark' ? { dark: true } : {})
  await opened.click('button.open')
  await opened.locator('.inside').waitFor()
  // The policy lets no foreign script in; the driver puts it there by the debugger.
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
  await opened.evaluate(readFileSync(axe, 'utf8'))
  const found = (await opened.evaluate('axe.run()')) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  const serious = found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`)
  expect(serious).toEqual([])
})
