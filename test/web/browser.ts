/** A real Chromium and the report it opens, for tests. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findChromium } from '../../src/cli/tools/test.ts'

export const start = (): Promise<Browser> => {
  const path = findChromium()
  if (path === undefined) throw new Error('no chromium on PATH')
  // Root has no user namespaces to lock itself into; the page is ours.
  return chromium.launch({ executablePath: path, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
}

/** The page as a file, as users open it. */
export function asFile(page: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'xlab-web-')), 'report.html')
  writeFileSync(path, page)
  return pathToFileURL(path).href
}

export interface Watched {
  readonly page: Page
  /** What the page said on its console or threw, and every request but the one for itself. */
  readonly complaints: string[]
}

/** A tab that watches for errors and requests. */
export async function tab(
  browser: Browser,
  url: string,
  options: { width?: number; dark?: true; script?: false } = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: 900 },
    colorScheme: options.dark ? 'dark' : 'light',
    javaScriptEnabled: options.script !== false,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', message => complaints.push(`console: ${message.text()}`))
  page.on('pageerror', error => complaints.push(`error: ${error.message}`))
  page.on('request', request => {
    if (request.url().split('#')[0] !== url) complaints.push(`request: ${request.url()}`)
  })
  page.on('dialog', dialog => {
    complaints.push(`dialog: ${dialog.message()}`)
    dialog.dismiss()
  })
  await page.goto(url)
  if (options.script !== false) await page.waitForSelector('#controls:not([hidden])')
  return { page, complaints }
}
