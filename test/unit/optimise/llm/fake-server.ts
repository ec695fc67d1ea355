/** A local HTTP server that behaves as badly as it is told to, and notes what it was sent. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Received {
  readonly path: string
  readonly authorization: string | undefined
  readonly body: Record<string, unknown>
}

export interface FakeServer {
  readonly url: string
  readonly received: Received[]
}

export type Behave = (response: ServerResponse, request: Received, nth: number) => void

/** Starts one on a free port; it ends with the test. `nth` counts the requests for completions, from 0. */
export async function fakeServer(behave: Behave): Promise<FakeServer> {
  const received: Received[] = []
  let completions = 0
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      const one = {
        path: request.url ?? '',
        authorization: request.headers.authorization,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      }
      received.push(one)
      behave(response, one, one.path.endsWith('completions') ? completions++ : -1)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

/** A JSON answer. */
export function answer(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** What a server that works answers to a request for a completion. */
export const completion = (text: string | null, finish = 'stop') => ({
  object: 'text_completion',
  choices: [{ index: 0, text, finish_reason: finish }],
  usage: { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 5 } },
})
