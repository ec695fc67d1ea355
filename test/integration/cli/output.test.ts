/** What a program reads: standard output holds results and nothing else, in every format. */
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { QUERIES } from '../../../src/report/queries.ts'
import { type Answer, xlab } from '../../xlab.ts'
import { FOLDER, prepare } from './prepared.ts'

let db = ''
beforeAll(async () => {
  db = await prepare()
})
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

const parsed = ({ code, stdout }: Answer): unknown => {
  expect(code).toBe(0)
  return JSON.parse(stdout)
}

test('every named query gives JSON, and all of them are listed', async () => {
  const listed = parsed(await xlab('query', '--list', '-o', 'json')) as { name: string }[]
  expect(listed.map(({ name }) => name)).toEqual(QUERIES.map(({ name }) => name))
  for (const { name } of listed)
    expect(parsed(await xlab('query', name, '-o', 'json', '--db', db))).toBeInstanceOf(Array)
})

test('one question, the same rows in every format', async () => {
  const ask = (format: string): Promise<Answer> =>
    xlab('query', 'SELECT hash, name FROM kernel ORDER BY hash', '-o', format, '--db', db)
  const rows = parsed(await ask('json')) as { hash: string; name: string }[]
  expect(rows.length).toBeGreaterThan(20)
  const lines = async (format: string): Promise<string[]> => (await ask(format)).stdout.trim().split('\n')
  expect((await lines('jsonl')).map(line => JSON.parse(line))).toEqual(rows)
  expect(await lines('csv')).toEqual(['hash,name', ...rows.map(({ hash, name }) => `${hash},${name}`)])
  expect((await lines('table')).slice(1).map(line => line.split(/\s+/)[0])).toEqual(
    rows.map(row => row.hash.slice(0, 12)),
  )
  expect((await lines('md')).length).toBe(rows.length + 2)
})

test.each([
  ['models'],
  ['hosts'],
  ['doctor'],
  ['show', 'wrapped_scatter'],
  ['verify', '--filter', 'name:scatter'],
])('xlab %s --json is JSON', async (...words) => {
  expect(parsed(await xlab(...words, '--json', '--db', db))).toBeTypeOf('object')
})

test('no colour and no cursor movement off a terminal; --quiet leaves results alone', async () => {
  const loud = await xlab('optimise', '--with', 'xla', '--filter', 'name:reduce', '--db', db)
  expect(loud.stderr).toMatch(/LLVM 22/)
  const quiet = await xlab('optimise', '--with', 'xla', '--filter', 'name:reduce', '--db', db, '--quiet')
  expect(quiet).toEqual({ code: 0, stdout: loud.stdout, stderr: '' })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(loud.stdout + loud.stderr).not.toMatch(/[\x1b\r]/)
})
