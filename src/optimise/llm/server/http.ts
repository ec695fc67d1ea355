/** One HTTP request to a language model's server: bounded in time and size, never redirected, never an exception but abort. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** Where a server listens. */
export interface Endpoint {
  /** Base URL without a slash at its end. */
  readonly url: string
  /** Unix socket to connect to instead of the URL's host. */
  readonly socketPath?: string
  /** Sent as a bearer token; cut out of everything that comes back. */
  readonly key?: string
}

export interface Limits {
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly signal?: AbortSignal
}

export type HttpAnswer =
  | {
      readonly state: 'answered'
      readonly status: number
      readonly type: string
      readonly body: string
      /** Seconds of Retry-After. */
      readonly retryAfter: number | undefined
      readonly location: string | undefined
    }
  /** refused: no connection. reset: one that ended before the answer did. flooded: more than maxBytes. */
  | { readonly state: 'refused' | 'reset' | 'timeout' | 'flooded'; readonly message: string }

/** GET without a body, else POST of JSON. Rejects only when `signal` aborts. */
export function send(endpoint: Endpoint, path: string, body: unknown, limits: Limits): Promise<HttpAnswer> {
  const url = new URL(`${endpoint.url}${path}`)
  const text = body === undefined ? undefined : JSON.stringify(body)
  const hidden = (received: string): string =>
    endpoint.key ? received.replaceAll(endpoint.key, '[key]') : received
  return new Promise((resolve, reject) => {
    const { signal } = limits
    if (signal?.aborted) return reject(signal.reason)
    let connected = false
    const finish = (answer: HttpAnswer): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      resolve(answer)
      request.destroy()
    }
    const fail = (error: Error): void => {
      const state = connected ? 'reset' : 'refused'
      finish({ state, message: hidden(error.message || ((error as NodeJS.ErrnoException).code ?? 'closed')) })
    }
    const abort = (): void => {
      reject(signal?.reason)
      fail(new Error('aborted'))
    }
    const secure = url.protocol === 'https:'
    const request = (secure ? httpsRequest : httpRequest)(url, {
      method: text === undefined ? 'GET' : 'POST',
      agent: false,
      ...(endpoint.socketPath !== undefined && { socketPath: endpoint.socketPath }),
      headers: {
        accept: 'application/json',
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        }),
        ...(endpoint.key !== undefined && { authorization: `Bearer ${endpoint.key}` }),
      },
    })
    const timer = setTimeout(
      () => finish({ state: 'timeout', message: `no answer in ${Math.round(limits.timeoutMs / 1000)} s` }),
      limits.timeoutMs,
    )
    signal?.addEventListener('abort', abort, { once: true })
    request.on('socket', socket =>
      socket.once(secure ? 'secureConnect' : 'connect', () => (connected = true)),
    )
    request.on('error', fail)
    request.on('response', response => {
      const chunks: Buffer[] = []
      let received = 0
      response.on('error', fail)
      response.on('aborted', () => fail(new Error('the connection ended in the middle of the answer')))
      response.on('data', (chunk: Buffer) => {
        received += chunk.length
        chunks.push(chunk)
        if (received > limits.maxBytes)
          finish({ state: 'flooded', message: `an answer of more than ${limits.maxBytes} bytes` })
      })
      response.on('end', () => finish(answered(response, Buffer.concat(chunks), hidden)))
    })
    request.end(text)
  })
}

const answered = (response: IncomingMessage, body: Buffer, hidden: (text: string) => string): HttpAnswer => ({
  state: 'answered',
  status: response.statusCode ?? 0,
  type: response.headers['content-type'] ?? '',
  body: hidden(body.toString('utf8')),
  retryAfter: seconds(response.headers['retry-after']),
  location: response.headers.location && hidden(response.headers.location),
})

/** Retry-After as RFC 9110 has it: seconds, or a date. */
function seconds(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header.trim())) return Number(header)
  const until = Date.parse(header)
  return Number.isNaN(until) ? undefined : Math.max(0, (until - Date.now()) / 1000)
}
