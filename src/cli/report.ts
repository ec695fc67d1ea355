/** `xlab report`: one Markdown page. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RESULTS_DIR, userPath } from '../config/paths.ts'
import { EXIT, type ExitCode, environmentError, usageError } from '../errors.ts'
import { log } from '../log.ts'
import { markdownReport } from '../report/markdown.ts'
import type { Options } from './command.ts'
import type { Context } from './context.ts'
import { requireKernels } from './selection.ts'

export async function run(_args: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  const path = typeof options.output === 'string' ? userPath(options.output) : join(RESULTS_DIR, 'report.md')
  if (!path.endsWith('.md'))
    throw usageError(`a report is Markdown for now: ${path}`, 'name a file that ends in .md')
  requireKernels(context.readOnlyStore(), undefined)
  const page = markdownReport(context.readOnlyStore(), { date: new Date() })
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.part`, page)
    renameSync(`${path}.part`, path)
  } catch (error) {
    throw environmentError(`cannot write ${path}: ${(error as Error).message}`, 'name another file with -o')
  }
  log.info(`wrote ${path}`)
  return EXIT.ok
}
