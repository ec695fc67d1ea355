/** The recorded dumps of test/fixtures/dumps, for tests. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const DUMPS = resolve(import.meta.dirname, 'fixtures/dumps')
export const PRODUCERS = ['jax-0.10', 'tensorflow-2.16', 'tensorflow-2.18', 'tensorflow-2.21'] as const
/** Those whose IR can be read here: the newer LLVM that JAX's needs comes for x86-64 only. */
export const READABLE = PRODUCERS.filter(name => name !== 'jax-0.10' || process.arch === 'x64')
export type Producer = (typeof PRODUCERS)[number]

/** Every `.ll` of a producer: its name, path and text. */
export function irFiles(producer: Producer): { name: string; path: string; text: string }[] {
  const dir = join(DUMPS, producer)
  return readdirSync(dir)
    .filter(name => name.endsWith('.ll'))
    .sort()
    .map(name => ({ name, path: join(dir, name), text: readFileSync(join(dir, name), 'utf8') }))
}

/** The text of one file whose name ends so. */
export function irFile(producer: Producer, ending: string): string {
  const file = irFiles(producer).find(({ name }) => name.endsWith(ending))
  if (!file) throw new Error(`no ${ending} in ${producer}`)
  return file.text
}
