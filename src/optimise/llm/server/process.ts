/** A model's server as a Python program of ours: started, watched, and gone when we are. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inState, MODELS_DIR } from '../../../config/paths.ts'
import { environmentError } from '../../../errors.ts'
import { describeExit, run } from '../../../process/run.ts'
import type { Endpoint } from './http.ts'

/** A server that answers. */
export interface Running {
  readonly endpoint: Endpoint
  /** How it ended, in one line; settles when it has. */
  readonly ended: Promise<string>
  /** Ends it, and waits until it has. */
  stop(): Promise<void>
}

export interface Program {
  readonly python: string
  /** File in models-py/, and its arguments; `--log FILE` is added. */
  readonly script: string
  readonly args: readonly string[]
  /** What is being started, for messages. */
  readonly title: string
  readonly readySeconds: number
}

/** As long as a timer can be. */
const FOREVER_MS = 2 ** 31 - 1
let started = 0

/**
 * Starts a server and waits until it listens. It ends when its standard input closes, so also when xlab is killed.
 * Throws an environment error with the server's last words if it does not come up.
 */
export async function startProgram(program: Program, signal: AbortSignal): Promise<Running> {
  signal.throwIfAborted()
  const key = randomBytes(16).toString('hex')
  mkdirSync(inState('work'), { recursive: true })
  const logFile = inState('work', `llm-${process.pid}-${started++}.log`)
  const ending = new AbortController()
  const abort = (): void => ending.abort()
  signal.addEventListener('abort', abort, { once: true })
  let listen: (url: string) => void = () => {}
  const listening = new Promise<string>(resolve => {
    listen = resolve
  })
  const ended = run(program.python, [join(MODELS_DIR, program.script), ...program.args, '--log', logFile], {
    leash: true,
    signal: ending.signal,
    timeoutMs: FOREVER_MS,
    env: { XLAB_SERVER_KEY: key, PYTHONDONTWRITEBYTECODE: '1' },
    onStdout: line => {
      const url = urlIn(line)
      if (url !== undefined) listen(url)
    },
  }).then(exit => {
    signal.removeEventListener('abort', abort)
    const words = lastWords(logFile, exit.stderr)
    rmSync(logFile, { force: true })
    return `${describeExit(exit)}${words === '' ? '' : `: ${words}`}`
  })
  const url = await Promise.race([listening, ended.then(() => undefined), late(program.readySeconds)])
  if (typeof url === 'string')
    return {
      endpoint: { url, key },
      ended,
      async stop() {
        ending.abort()
        await ended
      },
    }
  ending.abort()
  const how = await ended
  signal.throwIfAborted()
  throw environmentError(
    `${program.title} does not start: ${url !== undefined ? `not ready after ${program.readySeconds} s` : how}`,
    "see 'xlab doctor'; a smaller model or context needs less memory",
  )
}

/** The address in a server's `{"event": "listening", "url": …}`. */
export function urlIn(line: string): string | undefined {
  if (!line.startsWith('{"event": "listening"')) return undefined
  const { url } = JSON.parse(line) as { url?: unknown }
  return typeof url === 'string' ? url : undefined
}

/** The last line of a server's log that tells of an error, else its last. */
function lastWords(logFile: string, stderr: string): string {
  let text = stderr
  try {
    text = readFileSync(logFile, 'utf8') + stderr
  } catch {
    // it ended before it opened its log
  }
  const lines = text.split('\n').filter(line => line.trim() !== '')
  const line = lines.findLast(one => /error|fail|what\(\)|memory|abort/i.test(one)) ?? lines.at(-1) ?? ''
  return line.trim().slice(0, 300)
}

const late = (seconds: number): Promise<{ late: true }> =>
  new Promise(resolve => setTimeout(() => resolve({ late: true }), seconds * 1000).unref())
