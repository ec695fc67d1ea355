/** `xlab init`: a commented xlab.yaml to start from, which an editor checks and completes. */
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT, userPath } from '../../config/paths.ts'
import { emptySettings } from '../../config/settings/documents.ts'
import { SETTINGS_FILE } from '../../config/settings/settings.ts'
import { EXIT, environmentError, usageError } from '../../errors.ts'
import { log } from '../../log.ts'
import type { CommandModule } from '../command.ts'

const SCHEMA = join(ROOT, 'docs/xlab.schema.json')

export const run: CommandModule['run'] = async (_args, options) => {
  const path = userPath(typeof options.config === 'string' ? options.config : SETTINGS_FILE)
  if (existsSync(path) && options.force !== true)
    throw usageError(`${path} is there already`, 'edit it, or write it anew with --force')
  try {
    writeFileSync(`${path}.part`, emptySettings(schemaFrom(dirname(path))))
    renameSync(`${path}.part`, path)
  } catch (error) {
    throw environmentError(
      `cannot write ${path}: ${(error as Error).message}`,
      'name another file with --config',
    )
  }
  log.info(`wrote ${path}: take the # off what you need`)
  log.info('next: xlab hosts')
  return EXIT.ok
}

/** Where an editor finds the schema: beside files of the project by a relative path, from elsewhere by a full one. */
function schemaFrom(folder: string): string {
  const path = relative(folder, SCHEMA)
  return path.startsWith('..') ? pathToFileURL(SCHEMA).href : path
}
