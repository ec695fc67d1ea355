/**
 * Anybody's SQL on a connection that cannot write. Run as a program (database path as argument, SQL on standard input)
 * it answers with one JSON line: the child can be ended when a statement takes too long, which a call into SQLite cannot.
 */
import { readFileSync } from 'node:fs'
import { nearest, usageError, XlabError } from '../../errors.ts'
import { openStoreReadOnly, type Store } from '../open.ts'

export interface Answer {
  readonly columns: readonly string[]
  /** Values in column order; blobs as hexadecimal, integers beyond 2^53 as text. */
  readonly rows: readonly (readonly unknown[])[]
}

export type ChildAnswer =
  | ({ readonly state: 'ok' } & Answer)
  | { readonly state: 'refused'; readonly exitCode: number; readonly message: string; readonly hint?: string }

/** Comments and blanks before the first word of a statement. */
const LEADING = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/

/** Statements that only ask. EXPLAIN runs nothing; PRAGMA is left out, its table-valued functions answer the same. */
const ASKING = /^(?:select|with|values|explain)\b/i

/** Most rows given back, so that a join gone wrong cannot fill the memory. */
const MOST_ROWS = 5_000_000

/**
 * Runs one read-only statement. Throws a usage error for anything else (several statements, writes, ATTACH, PRAGMA)
 * and for SQL that is wrong, with the nearest names where a name is.
 */
export function ask(store: Store, sql: string): Answer {
  const text = sql.replace(LEADING, '')
  if (text === '') throw usageError('the SQL is empty')
  if (!ASKING.test(text)) throw usageError('only SELECT, WITH, VALUES and EXPLAIN are run', READ_ONLY)
  const statement = prepare(store, sql)
  if (!statement.reader || !statement.readonly) throw usageError('this statement would write', READ_ONLY)
  statement.raw(true).safeIntegers(true)
  const columns = distinct(statement.columns().map(column => column.name))
  const rows: unknown[][] = []
  try {
    for (const row of statement.iterate() as IterableIterator<unknown[]>) {
      if (rows.length >= MOST_ROWS) throw usageError(`more than ${MOST_ROWS} rows`, 'add a LIMIT')
      rows.push(row.map(portable))
    }
  } catch (error) {
    throw error instanceof XlabError ? error : usageError(`SQL: ${(error as Error).message}`)
  }
  return { columns, rows }
}

const READ_ONLY = "the database is only changed by xlab's own commands; see 'xlab query schema'"

function prepare(store: Store, sql: string) {
  try {
    return store.prepare(sql)
  } catch (error) {
    const message = (error as Error).message
    if (message.includes('more than one statement'))
      throw usageError('one statement at a time, please', 'run the query once for each')
    throw usageError(`SQL: ${message}`, hint(store, message))
  }
}

/** Nearest names for "no such column: x" and "no such table: x". */
function hint(store: Store, message: string): string {
  const [, kind, typed = ''] = /no such (column|table): (\S+)/.exec(message) ?? []
  if (kind === undefined) return "the tables and columns: 'xlab query schema'"
  const relations = store
    .prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")
    .pluck()
    .all() as string[]
  const columns = (): string[] =>
    relations.flatMap(name => (store.pragma(`table_info(${name})`) as { name: string }[]).map(c => c.name))
  const names = kind === 'table' ? relations : [...new Set(columns())]
  const close = nearest(typed.split('.').at(-1) ?? '', names)
  return close.length > 0 ? `did you mean ${close.join(', ')}?` : `see 'xlab query schema'`
}

/** Names of a join may repeat; a row as an object could not hold both. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return names.map(name => {
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return times === 1 ? name : `${name}_${times}`
  })
}

function portable(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}

function answer(path: string, sql: string): ChildAnswer {
  try {
    const store = openStoreReadOnly(path)
    return { state: 'ok', ...ask(store, sql) }
  } catch (error) {
    if (!(error instanceof XlabError)) throw error
    const { exitCode, message, hint } = error
    return { state: 'refused', exitCode, message, ...(hint !== undefined && { hint }) }
  }
}

if (import.meta.main)
  process.stdout.write(JSON.stringify(answer(process.argv[2] ?? '', readFileSync(0, 'utf8'))))
