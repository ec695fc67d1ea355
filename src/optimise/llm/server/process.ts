/** A model's server as a Python program of ours: started, watched, and gone when we are. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { inState, MODELS_DIR } from '../../../config/paths.ts'
import { describeExit, run } from '../../../process/run.ts'
import { type Running, startServer, tellingLine } from './running.ts'

export interface Program {
  readonly python: string
  /** File in models-py/, and its arguments; `--log FILE` is added. */
  readonly script: string
  readonly args: readonly string[]
  /** What is being started, for messages. */
  readonly title: string
  readonly readySeconds: number
}

/**
 * Threads of a model's server: one core is left free. Its threads wait for each other after every small step, so one
 * that has to share its core holds up all: on two busy cores, two threads gave 1 token a second and one gave 72.
 */
export const SERVER_THREADS = Math.max(1, availableParallelism() - 1)

/** As long as a timer can be. */
const FOREVER_MS = 2 ** 31 - 1
let started = 0

/** Starts a server. It ends when its standard input closes, so also when xlab is killed. Errors as startServer's. */
export function startProgram(program: Program, signal: AbortSignal): Promise<Running> {
  const { python, script, args, title, readySeconds } = program
  const key = randomBytes(16).toString('hex')
  mkdirSync(inState('work'), { recursive: true })
  const logFile = inState('work', `llm-${process.pid}-${started++}.log`)
  return startServer({
    ...{ title, readySeconds, signal },
    endpoint: url => ({ url, key }),
    async run(ending, onLine) {
      const exit = await run(python, [join(MODELS_DIR, script), ...args, '--log', logFile], {
        leash: true,
        signal: ending,
        timeoutMs: FOREVER_MS,
        env: { XLAB_SERVER_KEY: key, PYTHONDONTWRITEBYTECODE: '1' },
        onStdout: onLine,
      })
      // Of a server that was killed, the log tells nothing.
      const words =
        exit.state === 'signalled' && exit.signal === 'SIGKILL'
          ? ''
          : tellingLine(`${readIfThere(logFile)}\n${exit.stderr}`)
      rmSync(logFile, { force: true })
      return `${describeExit(exit)}${words === '' ? '' : `: ${words}`}`
    },
  })
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // it ended before it opened its log
  }
}
