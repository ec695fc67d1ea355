/** A server from its start until it has ended, whatever it runs in. */
import { environmentError } from '../../../errors.ts'
import type { Endpoint } from './http.ts'

/** A server that answers. */
export interface Running {
  readonly endpoint: Endpoint
  /** How it ended, in one line; settles when it has. */
  readonly ended: Promise<string>
  /** Ends it, and waits until it has. */
  stop(): Promise<void>
}

export interface Start {
  /** What is being started, for messages. */
  readonly title: string
  readonly readySeconds: number
  readonly signal: AbortSignal
  /** Runs it until it ends or `signal` aborts, and says how it ended. `onLine` takes what it prints. */
  run(signal: AbortSignal, onLine: (line: string) => void): Promise<string>
  /** Where it listens, by the address it has printed. */
  endpoint(url: string): Endpoint
}

/** Starts a server and waits until it listens. Throws an environment error with its last words if it never does. */
export async function startServer(start: Start): Promise<Running> {
  const { title, readySeconds, signal } = start
  signal.throwIfAborted()
  const ending = new AbortController()
  const abort = (): void => ending.abort()
  signal.addEventListener('abort', abort, { once: true })
  const { promise: listening, resolve: listen } = Promise.withResolvers<string>()
  const ended = start
    .run(ending.signal, line => {
      const url = urlIn(line)
      if (url !== undefined) listen(url)
    })
    .catch((error: Error) => error.message)
    .finally(() => signal.removeEventListener('abort', abort))
  const timer = setTimeout(() => ending.abort(), readySeconds * 1000)
  const url = await Promise.race([listening, ended.then(() => undefined)])
  clearTimeout(timer)
  if (url === undefined) {
    signal.throwIfAborted()
    const how = ending.signal.aborted ? `not ready after ${readySeconds} s` : await ended
    const hint = /memory|alloc/i.test(how)
      ? 'a smaller model needs less memory, and so does a shorter context (xlab.yaml)'
      : 'are the weights whole, and of a kind that this server knows?'
    throw environmentError(`${title} does not start: ${how}`, hint)
  }
  return {
    endpoint: start.endpoint(url),
    ended,
    async stop() {
      ending.abort()
      await ended
    },
  }
}

/** The address in a server's `{"event": "listening", "url": …}`. */
function urlIn(line: string): string | undefined {
  if (!line.startsWith('{"event": "listening"')) return undefined
  const { url } = JSON.parse(line) as { url?: unknown }
  return typeof url === 'string' ? url : undefined
}

/** The line of a server's log that tells what is wrong: of a failed start the first error, else the last. */
export function tellingLine(text: string): string {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  const errors = lines.filter(line => / E \w|error|fail|what\(\)|memory|abort/i.test(line))
  const line = /model loading error/.test(text) ? errors[0] : (errors.at(-1) ?? lines.at(-1))
  return (line ?? '')
    .replace(/^[\d.]+ E /, '')
    .trim()
    .slice(0, 300)
}
