/**
 * What can stand behind an option or in the place of an argument, for a shell to offer. Nothing slow may be loaded
 * here: names that live beside much code are repeated, and a test compares them with where they come from.
 */
import type { Settings } from '../../config/settings/settings.ts'
import type { Store } from '../../store/open.ts'

export interface Offer {
  readonly value: string
  readonly about?: string
}

export interface Sources {
  /** Undefined where there is no database of this version. */
  store(): Promise<Store | undefined>
  settings(): Promise<Settings>
}

export type Values =
  | 'files'
  | {
      /** Several may be given, separated by commas. */
      readonly list?: true
      offer(sources: Sources, typed: string): readonly Offer[] | Promise<readonly Offer[]>
    }

export const PROPOSER_NAMES = [
  ...['xla', 'xla-ir', 'opt:O0', 'opt:O1', 'opt:O2', 'opt:O3', 'opt:Os', 'opt:Oz'],
  ...['passes:', 'random:', 'search', 'llm'],
]
export const HOST_NAMES = ['local', 'docker', 'qemu-a78', 'qemu-a55']
export const TARGETS = [
  ...['native', 'x86-64', 'x86-64-v2', 'x86-64-v3', 'x86-64-v4', 'cortex-a55', 'cortex-a72', 'cortex-a76'],
  ...['cortex-a78', 'cortex-x1', 'neoverse-n1', 'neoverse-v2'],
]
export const LANE_NAMES = ['unit', 'integration', 'docker', 'hosts', 'llm-hf', 'web']
export const STRATEGY_NAMES = ['passes', 'rewrite']
export const DIALECT_NAMES = ['llm-compiler', 'plain', 'instruct']
/** Loading the queries themselves takes longer than a person waits for a key. */
export const QUERY_NAMES = `
  summary results best kernels shares modules gain aa readings targets retargeted coverage ops
  failures harvests models campaigns exchanges context hints search search-curve worth portfolio
  features findings bytes llm llm-kernels llm-funnel schema
`
  .trim()
  .split(/\s+/)
export const SHELLS = ['bash', 'zsh', 'fish']

/** Most kernels offered at once: more would be no help. */
const MOST = 200

const words = (all: readonly string[]): Values => ({ offer: () => all.map(value => ({ value })) })
const several = (all: readonly string[]): Values => ({
  list: true,
  offer: () => all.map(value => ({ value })),
})

const hosts: Values = {
  list: true,
  offer: async sources =>
    [...new Set([...HOST_NAMES, ...(await sources.settings()).hosts.map(({ name }) => name)])].map(value => ({
      value,
    })),
}

/** By the first digits of the hash, or of the name. */
const kernels: Values = {
  offer: async (sources, typed) =>
    ((await sources.store())
      ?.prepare(
        `SELECT substr(k.hash, 1, 12) AS value, k.name || coalesce(' (' || (SELECT h.model FROM sighting s
           JOIN module m ON m.id = s.module_id JOIN harvest h ON h.id = m.harvest_id
           WHERE s.kernel_hash = k.hash LIMIT 1) || ')', '') AS about
         FROM kernel k WHERE k.hash GLOB ? ORDER BY k.hash LIMIT ${MOST}`,
      )
      .all(`${/^[0-9a-f]*$/.test(typed) ? typed : 'none'}*`) ?? []) as Offer[],
}

const column = (store: Store | undefined, sql: string): string[] =>
  (store?.prepare(sql).pluck().all() ?? []) as string[]

const FILTERS: readonly (readonly [prefix: string, sql: string])[] = [
  ['model:', 'SELECT DISTINCT model FROM harvest ORDER BY 1'],
  [
    'op:',
    'SELECT DISTINCT opcode FROM sighting WHERE opcode IS NOT NULL UNION SELECT op_type FROM sighting WHERE op_type IS NOT NULL ORDER BY 1',
  ],
]

const filters: Values = {
  offer: async (sources, typed) => {
    const [prefix, sql] = FILTERS.find(([prefix]) => typed.startsWith(prefix)) ?? []
    if (prefix !== undefined && sql !== undefined)
      return column(await sources.store(), sql).map(name => ({ value: `${prefix}${name}` }))
    return [
      { value: 'model:', about: 'kernels of a model' },
      { value: 'op:', about: 'of an operation' },
      { value: 'name:', about: 'whose name holds a text' },
      { value: 'sample:20', about: 'so many, every model, op and size with its share' },
    ]
  },
}

const models: Values = {
  offer: async () =>
    (await import('../../harvest/runtime/models.ts')).listModels().map(({ name, summary }) => ({
      value: name,
      about: summary,
    })),
}

const llms: Values = {
  offer: async sources => [
    ...['builtin', 'gguf:', 'hf:', 'http://', 'replay:'].map(value => ({ value })),
    ...(await sources.settings()).llms.map(({ name, use }) => ({ value: name, about: use })),
  ],
}

const proposers: Values = {
  list: true,
  offer: async sources =>
    [...column(await sources.store(), 'SELECT DISTINCT proposer FROM proposal ORDER BY 1'), 'best'].map(
      value => ({
        value,
      }),
    ),
}

const formats = words(['table', 'md', 'csv', 'json', 'jsonl'])

/** Of an option (`--host`, or `export --format` for one command), else of a placeholder (`<file>`). */
export const VALUES: Readonly<Record<string, Values>> = {
  '--with': several(PROPOSER_NAMES),
  '--by': proposers,
  '--host': hosts,
  '--target': {
    list: true,
    offer: async sources => [
      ...TARGETS.map(value => ({ value })),
      ...(await sources.settings()).hosts.map(({ name }) => ({ value: name, about: 'a host of xlab.yaml' })),
    ],
  },
  '--filter': filters,
  '--metric': words(['size', 'time']),
  '--strategy': words(STRATEGY_NAMES),
  '--dialect': words(DIALECT_NAMES),
  '--engine': words(['in-process', 'spawn']),
  '--runtime': words(['auto', 'docker', 'local']),
  '--llm': llms,
  '--emit': words(['ll', 's', 'o']),
  'export --format': words(['jsonl', 'csv']),
  'export kernel': words(['kernel']),
  format: formats,
  kernel: kernels,
  hash: kernels,
  model: models,
  'name-or-sql': words(QUERY_NAMES),
  'hosts name': hosts,
  'host action': words(['probe']),
  'host name': hosts,
  lane: words(LANE_NAMES),
  shell: words(SHELLS),
  file: 'files',
  'file.ll': 'files',
  dir: 'files',
  path: 'files',
  db: 'files',
}
