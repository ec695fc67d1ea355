/** `xlab completion SHELL`: prints what that shell sources. */
import { EXIT, unknownName } from '../../errors.ts'
import type { CommandModule } from '../command.ts'
import { SCRIPTS } from './scripts.ts'

export const run: CommandModule['run'] = async ([shell = '']) => {
  const script = SCRIPTS[shell]
  if (script === undefined) throw unknownName('shell', shell, Object.keys(SCRIPTS))
  process.stdout.write(script)
  return EXIT.ok
}
