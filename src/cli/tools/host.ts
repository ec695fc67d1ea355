/** `xlab host probe NAME`: what a host runs code for, as LLVM calls it, and how to say otherwise. */
import { EXIT, unknownName, usageError } from '../../errors.ts'
import { hostNamed } from '../../hosts/registry.ts'
import type { CommandModule } from '../command.ts'
import { words } from './hosts.ts'

export const run: CommandModule['run'] = async ([action = '', name], options, context) => {
  if (action !== 'probe') throw unknownName('action', action, ['probe'])
  if (name === undefined) throw usageError('which host?', "'xlab hosts' shows them")
  const host = await hostNamed(name, context.settings()).open(context.signal)
  context.onExit(() => host.close())
  const { kind, emulated, target } = host
  const facts = await host.describe()
  if (options.json === true) {
    console.log(JSON.stringify({ name, kind, emulated, target, ...facts }, undefined, 2))
    return EXIT.ok
  }
  console.log(`# ${facts.cpu}, ${facts.cores} cores, ${facts.os}${emulated ? ', emulated' : ''}`)
  console.log(`# ${words(facts.state)}`)
  console.log('# To compile for something else, write these under the host in xlab.yaml:')
  for (const key of ['triple', 'cpu', 'features'] as const) console.log(`${key}: ${target[key]}`)
  return EXIT.ok
}
