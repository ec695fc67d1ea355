/** Fetches a small wheel in a process of its own, whose environment the test chooses; prints what came of it. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { XlabError } from '../../../src/errors.ts'
import { ensureWheel } from '../../../src/llvm/wheels.ts'

const small = {
  ...{ title: 'part 1.0', folder: 'part-1.0', requirements: 'llvm.txt', megabytes: [1, 1] as const },
  executables: ['bin'],
}
try {
  const folder = await ensureWheel(small)
  const files = readdirSync(join(folder, 'bin'))
  const mode = statSync(join(folder, 'bin/tool')).mode & 0o777
  console.log(JSON.stringify({ files, mode }))
} catch (error) {
  if (!(error instanceof XlabError)) throw error
  console.log(JSON.stringify({ exitCode: error.exitCode, message: error.message, hint: error.hint }))
}
