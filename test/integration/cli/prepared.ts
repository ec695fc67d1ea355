/** For tests: a database of real kernels with builds, copied for each test that may change it. */
import { copyFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DUMPS } from '../../dumps.ts'
import { type Answer, xlab } from '../../xlab.ts'

export const FOLDER = mkdtempSync(join(tmpdir(), 'xlab command line '))

/** Runs a command that must succeed. */
async function must(...args: readonly string[]): Promise<Answer> {
  const answer = await xlab(...args)
  if (answer.code !== 0) throw new Error(`xlab ${args.join(' ')}: ${answer.code}\n${answer.stderr}`)
  return answer
}

/** The kernels of a dump, and builds of its reductions. */
export async function prepare(): Promise<string> {
  const db = join(FOLDER, 'prepared.db')
  await must('harvest', '--from', join(DUMPS, 'tensorflow-2.21'), '--db', db)
  await must('optimise', '--with', 'xla,opt:Oz', '--filter', 'name:reduce', '--db', db)
  return db
}

let copies = 0
export function copyOf(db: string): string {
  const copy = join(FOLDER, `copy-${copies++}.db`)
  copyFileSync(db, copy)
  return copy
}
