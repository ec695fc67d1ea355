/** Imports go one way, down the ladder of ARCHITECTURE.md, and each foreign package has one owner. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const SRC = resolve(import.meta.dirname, '../../src')
const RUNGS: readonly (readonly string[])[] = [
  ['errors.ts', 'log.ts'],
  ['kernel', 'config'],
  ['process', 'containers', 'store', 'lanes'],
  ['llvm'],
  ['runner'],
  ['hosts'],
  ['compile'],
  ['judge', 'measure'],
  ['harvest', 'optimise', 'verify', 'bench', 'report'],
  ['cli'],
  ['main.ts'],
]
const OWNERS: Readonly<Record<string, string>> = {
  yaml: 'config',
  execa: 'process',
  dockerode: 'containers',
  'better-sqlite3': 'store',
  'p-queue': 'lanes',
  koffi: 'llvm',
  commander: 'main.ts',
  '@observablehq/plot': 'report',
  linkedom: 'report',
  diff: 'report',
}

const rungOf = (part: string): number => RUNGS.findIndex(rung => rung.includes(part))
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
const imports = files.flatMap(file =>
  [
    ...readFileSync(join(SRC, file), 'utf8').matchAll(
      /(?:^(?:import|export|\})[^'\n]* from |^import |\bimport\()'([^']+)'/gm,
    ),
  ].map(match => ({
    file,
    from: file.split('/')[0] ?? '',
    specifier: match[1] ?? '',
  })),
)

test('every file stands on a rung', () => {
  expect(files.filter(file => rungOf(file.split('/')[0] ?? '') < 0)).toEqual([])
})

test('a file imports from a lower rung or its own folder', () => {
  const wrong = imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .filter(({ file, from, specifier }) => {
      const to = relative(SRC, resolve(SRC, file, '..', specifier)).split('/')[0] ?? ''
      return to !== from && rungOf(to) >= rungOf(from)
    })
  expect(wrong).toEqual([])
})

test('a foreign package is imported by its owner alone', () => {
  const foreign = imports.filter(
    ({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'),
  )
  expect(foreign.filter(({ from, specifier }) => OWNERS[specifier] !== from)).toEqual([])
})
