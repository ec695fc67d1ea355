/** What every command is given. Objects are built on first use, so that a command pays only for what it needs. */
import { DEFAULT_DB, userPath } from '../config/paths.ts'
import { loadSettings, type Settings } from '../config/settings/settings.ts'
import { createLanes, type Lanes } from '../lanes/lanes.ts'
import { openStore, openStoreReadOnly, type Store } from '../store/open.ts'

export interface Context {
  readonly dbPath: string
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  /** What xlab.yaml says. Throws a usage error for all that is wrong with it. */
  settings(): Settings
  store(): Store
  readOnlyStore(): Store
  lanes(jobs?: number): Lanes
  /** Runs at the end of the command, however it ends, last registered first. */
  onExit(release: () => unknown): void
}

/** The context and the function that releases all it opened. */
export function createContext(options: { db?: string; config?: string; signal: AbortSignal }): {
  context: Context
  release: () => Promise<void>
} {
  const releases: (() => unknown)[] = []
  const dbPath = options.db !== undefined ? userPath(options.db) : DEFAULT_DB
  let settings: Settings | undefined
  let store: Store | undefined
  let readOnly: Store | undefined
  const context: Context = {
    dbPath,
    signal: options.signal,
    settings: () => {
      settings ??= loadSettings({ path: options.config })
      return settings
    },
    store: () => {
      store ??= openStore(dbPath)
      return store
    },
    readOnlyStore: () => {
      readOnly ??= openStoreReadOnly(dbPath)
      return readOnly
    },
    lanes: jobs => createLanes(jobs),
    onExit: release => releases.push(release),
  }
  const release = async (): Promise<void> => {
    for (const one of releases.reverse()) await one()
    readOnly?.close()
    store?.close()
  }
  return { context, release }
}
