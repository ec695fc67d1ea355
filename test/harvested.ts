/** For tests: a model harvested by the command, and the kernels it gave. */
import { join } from 'node:path'
import { expect } from 'vitest'
import { openStoreReadOnly } from '../src/store/open.ts'
import { xlab } from './xlab.ts'

export interface Harvested {
  /** Hashes of the kernels, sorted. */
  readonly kernels: readonly string[]
  readonly harvest: Readonly<Record<string, unknown>>
  readonly modules: readonly Readonly<Record<string, unknown>>[]
  readonly stdout: string
}

/** Harvests `model` into a new database in `dir`. */
export async function harvested(
  dir: string,
  model: string,
  ...options: readonly string[]
): Promise<Harvested> {
  const db = join(dir, `${[model, ...options].join(' ').replace(/\W+/g, '-')}-${Date.now()}.db`)
  const { code, stdout, stderr } = await xlab('harvest', '--db', db, model, ...options)
  expect(code, stderr).toBe(0)
  const store = openStoreReadOnly(db)
  try {
    return {
      kernels: store.prepare('SELECT hash FROM kernel ORDER BY hash').pluck().all() as string[],
      harvest: store.prepare('SELECT * FROM harvest').get() as Record<string, unknown>,
      modules: store.prepare('SELECT * FROM module ORDER BY id').all() as Record<string, unknown>[],
      stdout,
    }
  } finally {
    store.close()
  }
}
