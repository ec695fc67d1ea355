/** `xlab kernels`: the kernels in the database. */
import { EXIT } from '../../errors.ts'
import { log } from '../../log.ts'
import { parseFormat, printTable } from '../../report/format.ts'
import { listKernels } from '../../store/kernels/kernels.ts'
import type { CommandModule } from '../command.ts'

export const run: CommandModule['run'] = async (_args, options, context) => {
  const format = parseFormat(options.output)
  const filter = typeof options.filter === 'string' ? options.filter : undefined
  const kernels = listKernels(context.readOnlyStore(), filter)
  if (kernels.length === 0) log.info(filter === undefined ? 'no kernels yet' : `no kernel matches ${filter}`)
  printTable(
    kernels.map(kernel => ({ ...kernel })),
    ['hash', 'name', 'op', 'models', 'lines', 'abi', 'runnable'],
    format,
  )
  return EXIT.ok
}
