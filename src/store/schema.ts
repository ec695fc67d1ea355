/** The database's shape, as named migrations applied in order. Words are those of GLOSSARY.md. */
import { campaign } from './migrations/campaign.ts'
import { exchange } from './migrations/exchange.ts'
import { first } from './migrations/first.ts'
import { host } from './migrations/host.ts'
import { licence } from './migrations/licence.ts'
import { report } from './migrations/report.ts'
import { results } from './migrations/results.ts'
import { search } from './migrations/search.ts'
import { showing } from './migrations/showing.ts'
import { weeded } from './migrations/weeded.ts'

export interface Migration {
  readonly name: string
  readonly sql: string
}

/** Migration N brings a database from version N to N + 1. Never edited once released; only added to. */
export const MIGRATIONS: readonly Migration[] = [
  { name: 'first', sql: first },
  { name: 'search', sql: search },
  { name: 'exchange', sql: exchange },
  { name: 'campaign', sql: campaign },
  { name: 'host', sql: host },
  { name: 'showing', sql: showing },
  { name: 'report', sql: report },
  { name: 'results', sql: results },
  { name: 'licence', sql: licence },
  { name: 'weeded', sql: weeded },
]
