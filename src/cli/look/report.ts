/** `xlab report`: one page, HTML or Markdown by the name of the file. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { RESULTS_DIR, userPath } from '../../config/paths.ts'
import { EXIT, type ExitCode, environmentError, usageError } from '../../errors.ts'
import { installedToolchain } from '../../llvm/toolchain.ts'
import { log } from '../../log.ts'
import { openStoreReadOnly } from '../../store/open.ts'
import type { Options } from '../command.ts'
import type { Context } from '../context.ts'
import { requireKernels } from '../selection.ts'

/** What makes a page, by the ending of its name. */
const PAGES: Readonly<Record<string, (context: Context, other: string | undefined) => Promise<string>>> = {
  '.html': async (context, other) => {
    const { htmlReport } = await import('../../report/html/page.ts')
    const { compareSection } = await import('../../report/html/compare/compare.ts')
    const store = context.readOnlyStore()
    const compared =
      other === undefined ? [] : [compareSection(store, openStoreReadOnly(other), basename(other))]
    const toolchain = await installedToolchain()
    if (!toolchain) log.info("no LLVM here yet, so no assembly on the page; 'xlab doctor' tells more")
    return htmlReport(store, { date: new Date(), toolchain, signal: context.signal, compared })
  },
  '.md': async (context, other) => {
    if (other !== undefined) throw usageError('--compare makes HTML', 'name a file that ends in .html')
    const { markdownReport } = await import('../../report/markdown.ts')
    return markdownReport(context.readOnlyStore(), { date: new Date() })
  },
}

export async function run(_args: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  const path =
    typeof options.output === 'string' ? userPath(options.output) : join(RESULTS_DIR, 'report.html')
  const make = PAGES[extname(path)]
  if (!make)
    throw usageError(`a report is HTML or Markdown: ${path}`, 'name a file that ends in .html or .md')
  requireKernels(context.readOnlyStore(), undefined)
  const other = typeof options.compare === 'string' ? userPath(options.compare) : undefined
  const page = await make(context, other)
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.part`, page)
    renameSync(`${path}.part`, path)
  } catch (error) {
    throw environmentError(`cannot write ${path}: ${(error as Error).message}`, 'name another file with -o')
  }
  log.info(`wrote ${path} (${(Buffer.byteLength(page) / 1e6).toFixed(1)} MB)`)
  return EXIT.ok
}
