/** The schema in words: read from its own SQL and comments. Run as a program it writes docs/schema.md. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../config/paths.ts'
import { openStore } from './open.ts'
import { VIEWS } from './queries/views.ts'
import { MIGRATIONS } from './schema.ts'

export interface SchemaColumn {
  readonly name: string
  readonly type: string
  /** `key`, `not null`, and `→ table.column` for a foreign key. */
  readonly constraint: string
  readonly about: string
}

export interface SchemaRelation {
  readonly kind: 'table' | 'view'
  readonly name: string
  readonly about: string
  readonly columns: readonly SchemaColumn[]
}

/** Comments of the migrations: of `table` and of `table.column`. */
function comments(): Map<string, string> {
  const found = new Map<string, string>()
  let table = ''
  for (const line of MIGRATIONS.flatMap(({ sql }) => sql.split('\n'))) {
    const [, text = ''] = /--\s*(.*)$/.exec(line) ?? []
    const [, created] = /^CREATE TABLE (\w+)/.exec(line) ?? []
    const [, added] = /^ALTER TABLE (\w+) ADD COLUMN/.exec(line) ?? []
    const [, column] = /^(?: {2}|ALTER TABLE \w+ ADD COLUMN )([a-z_0-9]+) [A-Z]/.exec(line) ?? []
    table = created ?? added ?? table
    if (created !== undefined) found.set(created, text)
    else if (column !== undefined) found.set(`${table}.${column}`, text)
  }
  return found
}

/** Every table and view with its columns, tables in the order they are made. */
export function describeSchema(): SchemaRelation[] {
  const store = openStore(':memory:')
  const about = comments()
  const names = store
    .prepare("SELECT type AS kind, name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY rowid")
    .all() as { kind: 'table' | 'view'; name: string }[]
  const relations = names.map(({ kind, name }): SchemaRelation => {
    const columns = store.pragma(`table_info(${name})`) as {
      name: string
      type: string
      notnull: number
      pk: number
    }[]
    const foreign = store.pragma(`foreign_key_list(${name})`) as { from: string; table: string; to: string }[]
    return {
      kind,
      name,
      about: about.get(name) ?? VIEWS.find(view => view.name === name)?.summary ?? '',
      columns: columns.map(column => {
        const key = foreign.find(({ from }) => from === column.name)
        const parts = [
          column.pk > 0 ? 'key' : column.notnull ? 'not null' : '',
          key ? `→ ${key.table}.${key.to}` : '',
        ]
        return {
          name: column.name,
          type: column.type,
          constraint: parts.filter(part => part !== '').join(' '),
          about: about.get(`${name}.${column.name}`) ?? '',
        }
      }),
    }
  })
  store.close()
  return relations
}

/** docs/schema.md. */
export function schemaMarkdown(): string {
  const relations = describeSchema()
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
  const table = ({ name, about, columns }: SchemaRelation): string =>
    [
      `### ${name}`,
      '',
      `${about.charAt(0).toUpperCase()}${about.slice(1)}.`,
      '',
      '| column | type | | meaning |',
      '|---|---|---|---|',
      ...columns.map(c => `| ${c.name} | ${c.type} | ${c.constraint} | ${cell(c.about)} |`),
      '',
    ].join('\n')
  const view = ({ name, about, columns }: SchemaRelation): string =>
    `### ${name}\n\n${about.charAt(0).toUpperCase()}${about.slice(1)}.\n\nColumns: ${columns.map(c => c.name).join(', ')}.\n`
  return [
    '# The database',
    '',
    'One SQLite file (default `results/xlab.db`); words as in [GLOSSARY.md](../GLOSSARY.md). Blobs are',
    'zstd-compressed and found by the SHA-256 of what they hold. Times are in nanoseconds, sizes in bytes.',
    'Views are plain SQL and work in the sqlite3 shell and in datasette.',
    '',
    'This page is generated from `src/store/schema.ts` and `src/store/queries/views.ts` by `npm run schema`.',
    '',
    '## Tables',
    '',
    ...relations.filter(({ kind }) => kind === 'table').map(table),
    '## Views',
    '',
    ...relations.filter(({ kind }) => kind === 'view').map(view),
  ].join('\n')
}

export const SCHEMA_PAGE = join(ROOT, 'docs/schema.md')

if (import.meta.main) {
  mkdirSync(dirname(SCHEMA_PAGE), { recursive: true })
  writeFileSync(SCHEMA_PAGE, schemaMarkdown())
}
