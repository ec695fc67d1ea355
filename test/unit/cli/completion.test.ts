/** What shells are offered: by place on the line, from declarations, the settings and the database. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { complete } from '../../../src/cli/completion/complete.ts'
import {
  DIALECT_NAMES,
  HOST_NAMES,
  LANE_NAMES,
  PROPOSER_NAMES,
  QUERY_NAMES,
  type Sources,
  STRATEGY_NAMES,
  TARGETS,
  VALUES,
} from '../../../src/cli/completion/values.ts'
import { EVERYWHERE } from '../../../src/cli/shared-options.ts'
import { LANES } from '../../../src/cli/tools/test.ts'
import { hosts } from '../../../src/hosts/registry.ts'
import { TARGET_NAMES } from '../../../src/llvm/targets.ts'
import { dialectFor } from '../../../src/optimise/llm/dialects/registry.ts'
import { strategyNamed } from '../../../src/optimise/llm/strategies.ts'
import { PROPOSERS } from '../../../src/optimise/registry.ts'
import { QUERIES } from '../../../src/report/queries.ts'
import { openCurrentStore } from '../../../src/store/open.ts'
import { fill } from '../store/filled.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'xlab-complete-'))
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

const { store, kernels } = fill({ path: join(FOLDER, 'a.db'), count: 3, measured: false })
const sources: Sources = {
  store: async () => store,
  settings: async () => ({
    file: undefined,
    hosts: [{ name: 'lab', kind: 'local' }],
    llms: [{ name: 'big', use: 'http://x/v1' }],
  }),
}

/** The offers for a line; a blank at its end begins another word. */
async function offered(line: string): Promise<readonly string[] | 'files'> {
  const found = await complete(line.split(' '), COMMANDS, EVERYWHERE, sources)
  return found.state === 'files' ? 'files' : found.offers.map(({ value }) => value)
}

test.each([
  ['har', ['harvest']],
  ['--db x har', ['harvest']],
  ['help op', ['optimise']],
  ['harvest cn', ['cnn']],
  ['harvest cnn ml', ['mlp']],
  ['optimise --tar', ['--target']],
  ['optimize --with sea', ['search']],
  ['optimise --with xla,opt:Oz,x', ['xla,opt:Oz,xla-ir']],
  ['optimise --target cortex-a78,la', ['cortex-a78,lab']],
  ['optimise --llm b', ['builtin', 'big']],
  ['bench --host=lo', ['--host=local']],
  ['bench --host local,l', ['local,lab']],
  ['kernels --filter m', ['model:']],
  ['kernels --filter model:', ['model:cnn']],
  ['kernels --filter op:R', ['op:Relu']],
  ['query res', ['results']],
  ['query results -o js', ['json', 'jsonl']],
  ['export ', ['kernel']],
  ['export --format c', ['csv']],
  ['export x ', []],
  ['show x --by pa', ['passes:bad', 'passes:worse']],
  ['test uni', ['unit']],
  ['host pro', ['probe']],
  ['host probe qemu-a5', ['qemu-a55']],
  ['completion f', ['fish']],
  ['report -o ', 'files'],
  ['import x', 'files'],
  ['doctor --db ', 'files'],
  ['doctor x', []],
  ['frobnicate x', []],
])('xlab %s', async (line, offers) => {
  expect(await offered(line)).toEqual(offers)
})

test('kernels by the first digits of their hash', async () => {
  const [first = ''] = kernels
  expect(await offered(`show ${first.slice(0, 6)}`)).toEqual([first.slice(0, 12)])
  expect(await offered('hints ')).toHaveLength(3)
  expect(await offered(`export kernel ${first.slice(0, 6)}`)).toEqual([first.slice(0, 12)])
  expect(await offered('show nobody')).toEqual([])
})

test('every option and argument of every command has something to offer, or is a number or text', async () => {
  const free = /^(n|seconds|amount|percent|time|flags|image|name|proposers|names|text|kind|format|names?)$/
  const without = COMMANDS.flatMap(({ name, options = [] }) =>
    options.flatMap(([flags]) => {
      const long = /--[\w-]+/.exec(flags)?.[0] ?? ''
      const placeholder = /<([\w.-]+)>/.exec(flags)?.[1]
      if (placeholder === undefined || VALUES[`${name} ${long}`] || VALUES[long] || VALUES[placeholder])
        return []
      return free.test(placeholder) ? [] : [`${name} ${flags}`]
    }),
  )
  expect(without).toEqual([])
})

test('names that are repeated there are those of the registries', () => {
  expect(PROPOSER_NAMES.filter(name => PROPOSERS.every(({ word }) => !name.startsWith(word)))).toEqual([])
  expect(PROPOSERS.filter(({ word }) => !PROPOSER_NAMES.some(name => name.startsWith(word)))).toEqual([])
  expect(HOST_NAMES).toEqual(hosts({ file: undefined, hosts: [], llms: [] }).map(({ name }) => name))
  expect(TARGETS).toEqual(TARGET_NAMES)
  expect(LANE_NAMES).toEqual(Object.keys(LANES))
  expect(QUERY_NAMES).toEqual(QUERIES.map(({ name }) => name))
  for (const name of DIALECT_NAMES) expect(dialectFor('any', name).name).toBe(name)
  for (const name of STRATEGY_NAMES) expect(strategyNamed(name).name).toBe(name)
})

test('a database that is missing, foreign or older offers nothing, and is left as it is', () => {
  expect(openCurrentStore(join(FOLDER, 'none.db'))).toBeUndefined()
  expect(openCurrentStore(import.meta.filename)).toBeUndefined()
  const older = fill({ path: join(FOLDER, 'older.db'), measured: false }).store
  older.pragma('user_version = 1')
  expect(openCurrentStore(join(FOLDER, 'older.db'))).toBeUndefined()
  expect(older.pragma('user_version', { simple: true })).toBe(1)
  older.close()
})

test('every command has examples, each a command line that its declaration allows', () => {
  const wrong = COMMANDS.flatMap(({ name, options = [], examples }) => {
    if (examples.length === 0) return [`${name} has none`]
    const known = [...options, ...EVERYWHERE].flatMap(([flags]) => flags.match(/--?[a-z][\w-]*/g) ?? [])
    return examples.filter(
      example =>
        !new RegExp(`\\bxlab ${name}\\b`).test(example) ||
        (example.replace(/'[^']*'/g, '').match(/(?<= )--?[a-z][\w-]*/g) ?? []).some(
          word => !known.includes(word),
        ),
    )
  })
  expect(wrong).toEqual([])
})
