/** Where the figures come from: machine, versions, flags, dates, and the commands that repeat them. */
import type { Store } from '../store/open.ts'
import { escapeMarkdown } from './format.ts'

const list = (store: Store, sql: string): string[] =>
  (store.prepare(sql).pluck().all() as (string | null)[]).filter(
    text => text !== null && text !== '',
  ) as string[]

/** A fact and its values, unescaped. */
export type Fact = readonly [name: string, values: readonly string[]]

/** What the figures rest on; a fact the database does not hold is left out. */
export function facts(store: Store, date: Date): Fact[] {
  const all: Fact[] = [
    ['Report made', [date.toISOString().slice(0, 16).replace('T', ' ').concat(' UTC')]],
    [
      'Harvested',
      list(
        store,
        `SELECT min(substr(started_at, 1, 10)) || ' to ' || max(substr(started_at, 1, 10)) FROM harvest`,
      ),
    ],
    ['Producers', list(store, 'SELECT DISTINCT producer FROM harvest ORDER BY 1')],
    ['LLVM inside XLA', list(store, 'SELECT DISTINCT llvm FROM harvest ORDER BY 1')],
    ['Harvested on', list(store, 'SELECT DISTINCT cpu FROM harvest ORDER BY 1')],
    ['XLA flags', list(store, "SELECT DISTINCT xla_flags FROM harvest WHERE state = 'complete' ORDER BY 1")],
    [
      'LLVM that made the builds',
      list(store, "SELECT DISTINCT llvm FROM build WHERE input <> 'object' ORDER BY 1"),
    ],
    [
      'Targets',
      list(
        store,
        `SELECT DISTINCT t.name || ' (' || t.triple || ', ' || t.cpu || ')' FROM target t JOIN build b ON b.target_id = t.id ORDER BY 1`,
      ),
    ],
    ['Verifier', list(store, 'SELECT DISTINCT verifier FROM verdict ORDER BY 1')],
    [
      'Verified and measured on',
      list(
        store,
        `SELECT DISTINCT o.name || CASE WHEN o.emulated THEN ' (emulated: sizes, verdicts and counts, no times)' ELSE '' END
          || ': ' || o.cpu || ', ' || o.cores || ' cores, ' || o.os FROM host o
         WHERE o.id IN (SELECT host_id FROM campaign UNION SELECT host_id FROM verdict)`,
      ),
    ],
    ['Measuring', campaigns(store)],
  ]
  return all.filter(([, values]) => values.length > 0)
}

/** The facts as a Markdown list. */
export const setting = (store: Store, date: Date): string =>
  facts(store, date)
    .map(([name, values]) => `- ${name}: ${values.map(escapeMarkdown).join('; ')}`)
    .join('\n')

interface Campaign {
  readonly id: number
  readonly state: string
  readonly started_at: string
  readonly options: string
  readonly host_before: string
}

function campaigns(store: Store): string[] {
  const rows = store.prepare('SELECT * FROM campaign ORDER BY id').all() as Campaign[]
  return rows.map(({ id, state, started_at, options, host_before }) => {
    const { links, processes, pairs, seed } = JSON.parse(options) as Record<string, number>
    const before = Object.entries(JSON.parse(host_before) as Record<string, string | number>)
    const host = before.map(([name, value]) => `${name} ${value}`).join(', ')
    return `campaign ${id} (${state}) of ${started_at.slice(0, 16).replace('T', ' ')}: ${links} links × ${processes} processes × ${pairs} pairs, seed ${seed}; host before: ${host}`
  })
}

/** The commands that repeat everything, one a line, as a shell takes them. */
export function repeatCommands(store: Store): string[] {
  const harvests = store
    .prepare("SELECT DISTINCT model, source, xla_flags FROM harvest WHERE state = 'complete' ORDER BY id")
    .all() as { model: string; source: string; xla_flags: string }[]
  const proposers = list(store, 'SELECT proposer FROM proposal GROUP BY proposer ORDER BY min(id)')
  const targets = list(store, 'SELECT DISTINCT t.name FROM target t JOIN proposal p ON p.target_id = t.id')
  const [last] = store
    .prepare("SELECT options FROM campaign WHERE purpose = 'report' ORDER BY id DESC LIMIT 1")
    .pluck()
    .all() as string[]
  const { links, processes, pairs, seed } = JSON.parse(last ?? '{}') as Record<string, number>
  const flags = (source: string, flags: string): string =>
    source === 'dump' || flags === '' ? '' : ` --xla-flags ${quote(flags)}`
  return [
    ...harvests.map(({ model, source, xla_flags }) =>
      source === 'import'
        ? `./xlab import ${quote(model)}`
        : `./xlab harvest ${source === 'dump' ? '--from=' : ''}${quote(model)}${flags(source, xla_flags)}`,
    ),
    `./xlab optimise --with ${quote(proposers.join(','))} --target ${quote(targets.join(','))}`,
    './xlab verify',
    `./xlab bench${last === undefined ? '' : ` --links ${links} --processes ${processes} --pairs ${pairs} --seed ${seed}`}`,
    './xlab report',
  ]
}

/** The commands, in a code block. */
export const repeat = (store: Store): string => `\`\`\`\`sh\n${repeatCommands(store).join('\n')}\n\`\`\`\``

/** A word as a shell takes it, with nothing in it that could end a code block. */
function quote(text: string): string {
  const safe = text.replace(/[\p{Cc}`]/gu, '?')
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`
}
