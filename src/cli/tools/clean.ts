/** `xlab clean`: removes what a crash leaves behind: containers, work folders, half-made parts. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inState, ROOT } from '../../config/paths.ts'
import { findEngine } from '../../containers/engine.ts'
import { EXIT } from '../../errors.ts'
import { log } from '../../log.ts'
import type { CommandModule } from '../command.ts'

/** Beside another xlab that runs, only what is older than any run may be is surely nobody's. */
const NOBODYS_MS = 24 * 3_600_000

export const run: CommandModule['run'] = async () => {
  const found = await findEngine()
  const containers = found.state === 'found' ? await found.engine.reap() : []
  const folders = leftovers()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  if (found.state === 'none') log.info('no Docker engine answers; containers were not looked for')
  for (const name of [...containers.map(container => `container ${container}`), ...folders])
    console.log(`removed ${name}`)
  if (containers.length + folders.length === 0) console.log('nothing to clean')
  return EXIT.ok
}

function leftovers(): string[] {
  const since = Date.now() - (othersRun() ? NOBODYS_MS : 0)
  const work = entries(inState('work'))
  const parts = ['python', 'toolchain'].flatMap(kind =>
    entries(inState(kind)).filter(path => path.endsWith('.part')),
  )
  const runners = entries(inState('cache', 'runner')).filter(path => path.includes('/new-'))
  return [...work, ...parts, ...runners].filter(
    path => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) <= since,
  )
}

const entries = (folder: string): string[] => {
  try {
    return readdirSync(folder).map(name => join(folder, name))
  } catch {
    return []
  }
}

/** True if another xlab of this clone, or its tests, may be running: it may own any folder. */
function othersRun(): boolean {
  try {
    return readdirSync('/proc')
      .filter(pid => /^\d+$/.test(pid) && Number(pid) !== process.pid)
      .some(pid =>
        commandLine(pid).some(word => word.startsWith(join(ROOT, 'src/')) || word.includes('vitest')),
      )
  } catch {
    return true // no /proc here: be careful
  }
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return [] // it has just ended
  }
}
