/** `xlab hosts`: machines that can run builds, and their state. */
import { EXIT } from '../errors.ts'
import { HOSTS } from '../hosts/registry.ts'
import { printTable } from '../report/format.ts'
import type { CommandModule } from './command.ts'

export const run: CommandModule['run'] = async (_args, options) => {
  const rows = await Promise.all(
    HOSTS.map(async ({ name, kind, emulated, describe }) => {
      const { state, ...facts } = await describe()
      return { name, kind, emulated: emulated ? 'yes' : 'no', ...facts, state }
    }),
  )
  const json = options.json === true
  const words = (state: object): string =>
    Object.entries(state)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')
  printTable(
    json ? rows : rows.map(row => ({ ...row, state: words(row.state) })),
    ['name', 'kind', 'emulated', 'cpu', 'cores', 'os', 'state'],
    json ? 'json' : 'table',
  )
  return EXIT.ok
}
