/** Every named query: those that are SQL alone, and those that compute. To add one: an entry here or in the store's. */
import { unknownName } from '../errors.ts'
import { describeSchema } from '../store/describe.ts'
import { type NamedQuery, SQL_QUERIES } from '../store/queries/named-queries.ts'
import { LLM_QUERIES } from './llm/queries.ts'
import { SEARCH_QUERIES } from './search/queries.ts'
import { SUMMARY_QUERY } from './summary.ts'

const SCHEMA_QUERY: NamedQuery = {
  name: 'schema',
  summary: 'the tables and views of the database, for SQL of your own',
  columns: ['relation', 'kind', 'column', 'type', 'constraint', 'about'].map(name => ({ name })),
  filters: false,
  rows: () =>
    describeSchema().flatMap(({ kind, name, columns }) =>
      columns.map(({ name: column, type, constraint, about }) => ({
        relation: name,
        kind,
        column,
        type,
        constraint,
        about,
      })),
    ),
}

export const QUERIES: readonly NamedQuery[] = [
  SUMMARY_QUERY,
  ...SQL_QUERIES,
  ...SEARCH_QUERIES,
  ...LLM_QUERIES,
  SCHEMA_QUERY,
]

/** The query of that name; a usage error with the nearest names when there is none. */
export function namedQuery(name: string): NamedQuery {
  const query = QUERIES.find(known => known.name === name)
  if (!query)
    throw unknownName(
      'query',
      name,
      QUERIES.map(known => known.name),
    )
  return query
}
