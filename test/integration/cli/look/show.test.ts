/** Answers on a real terminal: the user's pager gets what is too long for it, and assembly stands side by side. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../../../src/process/run.ts'
import { xlab, xlabArgs } from '../../../xlab.ts'
import { FOLDER, prepare } from '../prepared.ts'

let db: string
beforeAll(async () => {
  db = await prepare()
}, 120_000)
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

const RECORD = join(FOLDER, 'paged')
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
const noTerminal = spawnSync('script', ['--version']).status !== 0

/** What a terminal of that many rows shows of a command, with a pager that records what it is given. */
async function onTerminal(rows: number, ...args: readonly string[]): Promise<string> {
  const pager = join(FOLDER, 'pager')
  writeFileSync(pager, `#!/bin/sh\ncat > ${quoted(RECORD)}\n`)
  chmodSync(pager, 0o755)
  rmSync(RECORD, { force: true })
  const command = [process.execPath, ...xlabArgs(...args)].map(quoted).join(' ')
  const env = { PATH: process.env.PATH ?? '', HOME: FOLDER, TERM: 'xterm', PAGER: quoted(pager) }
  const line = `stty rows ${rows} cols 100; ${command}`
  const exit = await run('script', ['-qec', line, '/dev/null'], { env, timeoutMs: 60_000 })
  return exit.stdout.toString('utf8')
}

test.skipIf(noTerminal)(
  'what is too long for a terminal goes through $PAGER, and only that (needs script)',
  async () => {
    const shown = await onTerminal(10, 'kernels', '--db', db)
    expect(readFileSync(RECORD, 'utf8').split('\n').length).toBeGreaterThan(10)
    expect(readFileSync(RECORD, 'utf8')).toContain('call-frame')
    expect(shown).not.toContain('call-frame')
    for (const args of [
      [1000, 'kernels'],
      [10, 'kernels', '--no-pager'],
    ] as const) {
      const [rows, ...command] = args
      expect(await onTerminal(rows, ...command, '--db', db)).toContain('call-frame')
      expect(existsSync(RECORD)).toBe(false)
    }
  },
)

test('assembly of two builds stands side by side', async () => {
  const [hash = ''] = (
    await xlab('query', 'SELECT kernel_hash FROM proposal LIMIT 1', '-o', 'csv', '--db', db)
  ).stdout
    .trim()
    .split('\n')
    .slice(1)
  const { code, stdout } = await xlab('show', hash, '--asm', '--by', 'xla,opt:Oz', '--db', db)
  expect(code).toBe(0)
  const lines = stdout.split('\n')
  expect(lines[0]).toMatch(/xla .*opt:Oz/)
  expect(lines.filter(line => /\bretq?\b/.test(line)).length).toBeGreaterThan(0)
  expect(stdout).toMatch(/\d+ of \d+ lines differ/)
})
