/** Opens the one SQLite file: migrated, checked, safe to interrupt. */
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { environmentError, usageError } from '../errors.ts'
import { makeViews, viewsCurrent } from './queries/views.ts'
import { MIGRATIONS } from './schema.ts'

export type Store = Database.Database

/** `XLAB` in ASCII: marks the file as ours (PRAGMA application_id). */
const APPLICATION_ID = 0x584c4142

/** 64 MiB of pages: hashes are looked up in random order, and SQLite's 2 MiB make that twice as slow. */
const CACHE = 'cache_size = -65536'

/** Readers see the first 1 GiB of the file as memory: no page is copied that is looked at once. */
const MAPPED = 'mmap_size = 1073741824'

/**
 * Opens `path`, creating it if missing. Fails with a clear message, and without touching the file, when it is not
 * an xlab database, was made by a newer xlab, or another process holds it for longer than ten seconds.
 */
export function openStore(path: string): Store {
  return guarded(path, () => {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
    const store = new Database(path, { timeout: 10_000 })
    try {
      store.pragma('foreign_keys = ON')
      store.pragma(CACHE)
      identify(store, path)
      if (store.pragma('journal_mode', { simple: true }) !== 'wal') store.pragma('journal_mode = WAL')
      store.pragma('synchronous = NORMAL')
      migrate(store)
    } catch (error) {
      store.close()
      throw error
    }
    return store
  })
}

/**
 * Runs `work` as one transaction. It waits for other writers before it begins; one that began by reading would be
 * refused, without any wait, if another process had written meanwhile.
 */
export const write = <T>(store: Store, work: () => T): T => store.transaction(work).immediate()

/** Opens an existing database for reading only. */
export function openStoreReadOnly(path: string): Store {
  if (!existsSync(path))
    throw usageError(`no database at ${path}`, "make one with 'xlab harvest', or name it with --db")
  return guarded(path, () => {
    const store = new Database(path, { readonly: true, timeout: 10_000 })
    store.pragma(CACHE)
    store.pragma(MAPPED)
    identify(store, path)
    if (!current(store)) {
      store.close()
      openStore(path).close()
      return openStoreReadOnly(path)
    }
    return store
  })
}

/** For what must not fail, wait or change anything: undefined unless the database is there and of this version. */
export function openCurrentStore(path: string): Store | undefined {
  if (!existsSync(path)) return undefined
  let store: Store | undefined
  try {
    store = new Database(path, { readonly: true, timeout: 50 })
    identify(store, path)
    if (current(store)) return store
  } catch {
    // Damaged, locked, or no database: nothing to say of it.
  }
  store?.close()
  return undefined
}

function guarded(path: string, open: () => Store): Store {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw usageError(
        `${path} is a folder, not a database`,
        `name a file in it: --db ${join(path, 'xlab.db')}`,
      )
    return open()
  } catch (error) {
    const code = (error as { code?: string }).code ?? ''
    if (code === 'SQLITE_NOTADB') throw usageError(`${path} is not a database`, 'name another with --db')
    if (code.startsWith('SQLITE_CORRUPT'))
      throw usageError(`${path} is damaged`, 'restore a copy of it, or name another with --db')
    if (code.startsWith('SQLITE_BUSY'))
      throw environmentError(`${path} is locked by another process`, 'wait for it, or use another --db')
    if (/^(SQLITE_CANTOPEN|SQLITE_READONLY|EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EEXIST)/.test(code))
      throw environmentError(
        `${path} cannot be opened: its folder cannot be written`,
        'SQLite keeps files beside a database, even to read it; check permissions, or use another --db',
      )
    throw error
  }
}

const current = (store: Store): boolean => version(store) === MIGRATIONS.length && viewsCurrent(store)

const version = (store: Store): number => Number(store.pragma('user_version', { simple: true }))

function identify(store: Store, path: string): void {
  const id = store.pragma('application_id', { simple: true })
  const tables = store.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number
  if (id !== APPLICATION_ID && tables > 0)
    throw usageError(`${path} is a database of something else`, 'name another with --db')
  if (version(store) > MIGRATIONS.length)
    throw usageError(
      `${path} was made by a newer xlab (schema ${version(store)}, this one knows ${MIGRATIONS.length})`,
      'update xlab',
    )
}

function migrate(store: Store): void {
  if (current(store)) return
  write(store, () => {
    for (let v = version(store); v < MIGRATIONS.length; v++) store.exec(MIGRATIONS[v]?.sql ?? '')
    makeViews(store)
    store.pragma(`application_id = ${APPLICATION_ID}`)
    store.pragma(`user_version = ${MIGRATIONS.length}`)
  })
}
