/** `xlab models`: the models that can be harvested by name. */
import { EXIT } from '../../errors.ts'
import { listModels } from '../../harvest/runtime/runtime.ts'
import { printTable } from '../../report/format.ts'
import type { CommandModule } from '../command.ts'

export const run: CommandModule['run'] = async (_args, options) => {
  printTable(listModels(), ['name', 'summary'], options.json === true ? 'json' : 'table')
  return EXIT.ok
}
