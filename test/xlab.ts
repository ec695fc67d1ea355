/** Runs xlab's command line, for tests. */
import { join } from 'node:path'
import { ROOT } from '../src/config/paths.ts'
import { type Exit, run } from '../src/process/run.ts'

export interface Answer {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Arguments of `node` that start xlab. */
export const xlabArgs = (...args: readonly string[]): string[] => [join(ROOT, 'src/main.ts'), ...args]

export async function xlab(...args: readonly string[]): Promise<Answer> {
  const exit: Exit = await run(process.execPath, xlabArgs(...args))
  return {
    code: exit.state === 'exited' ? exit.code : undefined,
    stdout: exit.stdout.toString('utf8'),
    stderr: exit.stderr,
  }
}
