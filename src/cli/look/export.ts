/** `xlab export`: the database as a dataset; or one kernel as a folder that needs nothing of xlab. */
import { extname, join } from 'node:path'
import { RESULTS_DIR, userPath } from '../../config/paths.ts'
import { EXIT, type ExitCode, unknownName, usageError } from '../../errors.ts'
import { log, plural } from '../../log.ts'
import { DATASET_FORMATS, type DatasetFormat, writeDataset } from '../../report/export/dataset.ts'
import type { Options } from '../command.ts'
import type { Context } from '../context.ts'
import { requireKernels } from '../selection.ts'

export async function run(args: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  const [what, kernel] = args
  if (what === 'kernel') {
    if (kernel === undefined)
      throw usageError('export kernel needs a kernel', "give a hash; 'xlab kernels' lists them")
    return (await import('./export-kernel.ts')).exportKernel(kernel, options, context)
  }
  if (what !== undefined) throw unknownName('thing to export', what, ['kernel'])
  const file = typeof options.output === 'string' ? userPath(options.output) : undefined
  const format = formatOf(options.format, file)
  const filter = typeof options.filter === 'string' ? options.filter : undefined
  const store = context.readOnlyStore()
  requireKernels(store, filter)
  const path = file ?? join(RESULTS_DIR, `dataset.${format}`)
  const written = await writeDataset(store, { file: path, format, filter }, context.signal)
  const { kernels, rows, modules, bytes, modulesFile } = written
  log.info(`wrote ${path}: ${plural(rows, 'row')}, of ${plural(kernels, 'kernel')}`)
  log.info(`wrote ${modulesFile}: the HLO of ${modules} modules; ${(bytes / 1e6).toFixed(1)} MB in all`)
  log.info('columns: docs/dataset.md')
  return EXIT.ok
}

/** As asked for, else by the ending of the file's name. */
function formatOf(typed: Options[string], file: string | undefined): DatasetFormat {
  const word = typed ?? (file === undefined ? 'jsonl' : extname(file).slice(1))
  const format = DATASET_FORMATS.find(name => name === word)
  if (format) return format
  if (typed !== undefined) throw unknownName('format', String(typed), DATASET_FORMATS)
  throw usageError(
    `a dataset is JSON lines or CSV: ${file}`,
    'end its name in .jsonl or .csv, or add --format',
  )
}
