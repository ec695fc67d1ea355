/** Prepared statements, prepared once a connection. */
import type { Statement } from 'better-sqlite3'
import type { Store } from './open.ts'

const statements = new WeakMap<Store, Map<string, Statement>>()

/** The prepared form of `sql` on this connection. */
export function cached(store: Store, sql: string): Statement {
  const known = statements.get(store) ?? new Map<string, Statement>()
  statements.set(store, known)
  const statement = known.get(sql) ?? store.prepare(sql)
  known.set(sql, statement)
  return statement
}

/** Inserts `row` (column → value) into `table`; returns the row id. Names come from code, never from users. */
export function insert(
  store: Store,
  table: string,
  row: Readonly<Record<string, unknown>>,
  onConflict = '',
): number {
  const columns = Object.keys(row)
  const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(c => `@${c}`).join(', ')}) ${onConflict}`
  return Number(cached(store, sql).run(row).lastInsertRowid)
}
