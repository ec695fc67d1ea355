/** Every way a server can misbehave is one kind of completion, in bounded time; nothing is thrown. */
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type ClientOptions, openClient } from '../../../../src/optimise/llm/server/client.ts'
import type { CompletionRequest } from '../../../../src/optimise/llm/server/model.ts'
import { answer, type Behave, completion, type FakeServer, fakeServer } from './fake-server.ts'

const REQUEST: CompletionRequest = { prompt: 'optimise', maxTokens: 16, temperature: 0.8, seed: 7 }

/** What the client makes of it, with seconds of four milliseconds: a request may take 300 of those. */
async function ask(
  behave: Behave,
  request: Partial<CompletionRequest> = {},
  options: Partial<ClientOptions> = {},
) {
  const server = await fakeServer(behave)
  const client = openClient({
    ...{ endpoint: { url: server.url }, model: 'm', speaks: 'completion', fields: 'plain', secondMs: 4 },
    ...options,
  })
  return { server, client, reply: await client.complete({ ...REQUEST, ...request }) }
}

const asked = (server: FakeServer) =>
  server.received.filter(({ path }) => path.endsWith('completions')).length

test('a good answer comes with its counts, and the request says all that shapes it', async () => {
  const { server, reply } = await ask(response => answer(response, completion('gvn')), { stop: ['\n'] })
  expect(reply).toMatchObject({
    ...{ state: 'ok', text: 'gvn', promptTokens: 7, replyTokens: 3, cachedTokens: 5, finish: 'stop' },
  })
  expect(server.received[0]).toMatchObject({ path: '/v1/completions', authorization: undefined })
  expect(server.received[0]?.body).toEqual({
    ...{
      model: 'm',
      prompt: 'optimise',
      max_tokens: 16,
      temperature: 0.8,
      seed: 7,
      stop: ['\n'],
      stream: false,
    },
  })
})

test('a grammar goes to servers that know it and to no other', async () => {
  const grammar = 'root ::= "gvn"'
  const plain = await ask(response => answer(response, completion('gvn')), { grammar })
  expect(plain.server.received[0]?.body).not.toHaveProperty('grammar')
  const llama = await ask(
    response => answer(response, completion('gvn')),
    { grammar },
    { fields: 'llama.cpp' },
  )
  expect(llama.server.received[0]?.body).toMatchObject({ grammar, cache_prompt: true })
})

const html: Behave = response => {
  response.writeHead(200, { 'content-type': 'text/html' })
  response.end('<!doctype html><title>Sign in</title>')
}
const overflow = {
  error: { code: 400, message: 'request (9 tokens) exceeds the available context size (8 tokens)' },
}
const openai = {
  error: { code: 'context_length_exceeded', message: "This model's maximum context length is 8" },
}

test.each<[what: string, behave: Behave, failed: object, requests: number]>([
  ['401', r => answer(r, { error: { message: 'bad key' } }, 401), { fault: 'environment', kind: '401' }, 1],
  ['403', r => answer(r, {}, 403), { fault: 'environment', kind: '403' }, 1],
  ['400', r => answer(r, { error: 'what?' }, 400), { fault: 'subject', kind: '400' }, 1],
  ['500', r => answer(r, { error: 'oops' }, 500), { fault: 'unclear', kind: '500' }, 3],
  ['503', r => answer(r, { error: { message: 'loading' } }, 503), { fault: 'unclear', kind: '503' }, 4],
  [
    'no such model',
    r => answer(r, { error: "model 'x' not found" }, 404),
    { fault: 'environment', kind: 'no-model' },
    1,
  ],
  ['HTML', html, { fault: 'environment', kind: 'html' }, 1],
  ['not JSON', r => answer(r, 'hello'), { fault: 'unclear', kind: 'not-json' }, 2],
  [
    'half of its JSON',
    r => answer(r, '{"choices": [{"text": "gv'),
    { fault: 'unclear', kind: 'not-json' },
    2,
  ],
  ['raw NUL bytes', r => answer(r, '{"choices": [{"text": "a\0b"}]}'), { kind: 'not-json' }, 2],
  ['JSON of something else', r => answer(r, { hello: 1 }), { fault: 'unclear', kind: 'not-a-completion' }, 1],
  ['an array', r => answer(r, []), { fault: 'unclear', kind: 'not-a-completion' }, 1],
  ['an empty answer', r => answer(r, completion('')), { fault: 'subject', kind: 'empty' }, 1],
  ['blank', r => answer(r, completion(' \n\n')), { fault: 'subject', kind: 'empty' }, 1],
  ['no text at all', r => answer(r, completion(null)), { fault: 'subject', kind: 'empty' }, 1],
  ['context overflow', r => answer(r, overflow, 400), { fault: 'subject', kind: 'too-long' }, 1],
  ['OpenAI’s context overflow', r => answer(r, openai, 400), { fault: 'subject', kind: 'too-long' }, 1],
  [
    'out of memory',
    r => answer(r, { error: 'CUDA out of memory' }, 500),
    { fault: 'unclear', kind: 'out-of-memory' },
    1,
  ],
  ['slow', () => {}, { fault: 'unclear', kind: 'timeout' }, 1],
  ['closes at once', r => r.destroy(), { fault: 'unclear', kind: 'reset' }, 2],
  [
    'resets mid-answer',
    r => {
      r.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      r.write('{"choices": [')
      setTimeout(() => r.socket?.resetAndDestroy(), 5)
    },
    { fault: 'unclear', kind: 'reset' },
    2,
  ],
  [
    'an answer of 10 MB',
    r => answer(r, completion('x'.repeat(10e6))),
    { fault: 'subject', kind: 'too-much' },
    1,
  ],
  [
    'an answer that never ends',
    r => {
      r.writeHead(200)
      const more = setInterval(() => (r.destroyed ? clearInterval(more) : r.write('x'.repeat(1 << 20))), 1)
    },
    { fault: 'subject', kind: 'too-much' },
    1,
  ],
  [
    'sends elsewhere',
    r => answer(r, '', 302, { location: 'http://evil.example/' }),
    { fault: 'environment', kind: '302' },
    1,
  ],
])('%s', async (_what, behave, failed, requests) => {
  const { server, reply } = await ask(behave)
  expect(reply).toMatchObject({ state: 'failed', ...failed, message: expect.stringMatching(/./) })
  expect(asked(server)).toBe(requests)
})

test('refused: nobody listens there', async () => {
  const gone = createServer()
  await new Promise<void>(resolve => gone.listen(0, '127.0.0.1', resolve))
  const { port } = gone.address() as { port: number }
  await new Promise(resolve => gone.close(resolve))
  const { reply } = await ask(() => {}, {}, { endpoint: { url: `http://127.0.0.1:${port}` } })
  expect(reply).toMatchObject({ state: 'failed', fault: 'environment', kind: 'refused' })
})

test('429 with Retry-After is waited for, and then answered', async () => {
  const times: number[] = []
  const { reply } = await ask((response, _request, nth) => {
    times.push(performance.now())
    if (nth < 2) answer(response, { error: 'slow down' }, 429, { 'retry-after': '20' })
    else answer(response, completion('gvn'))
  })
  expect(reply).toMatchObject({ state: 'ok', text: 'gvn' })
  // Twenty of the test's seconds.
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(70)
})

test('429 that asks for an hour is not waited for', async () => {
  const { server, reply } = await ask(r => answer(r, { error: 'quota' }, 429, { 'retry-after': '3600' }))
  expect(reply).toMatchObject({ state: 'failed', fault: 'environment', kind: '429' })
  expect(asked(server)).toBe(1)
})

test('500 once is forgotten', async () => {
  const { reply } = await ask((r, _, nth) =>
    nth === 0 ? answer(r, 'oops', 500) : answer(r, completion('gvn')),
  )
  expect(reply).toMatchObject({ state: 'ok', text: 'gvn' })
})

test('NUL bytes in JSON are text like any other', async () => {
  const { reply } = await ask(r => answer(r, completion('gvn\0dce')))
  expect(reply).toMatchObject({ state: 'ok', text: 'gvn\0dce' })
})

test('endless repetition is told, long answers are not called it', async () => {
  const stuck = await ask(r => answer(r, completion(`module(${'gvn,dce,'.repeat(60)}`, 'length')))
  expect(stuck.reply).toMatchObject({ state: 'ok', finish: 'length', looping: true })
  const long = Array.from({ length: 99 }, (_, i) => `%${i} = add i32 %a, ${i}`).join('\n')
  const fine = await ask(r => answer(r, completion(long)))
  expect(fine.reply).not.toHaveProperty('looping')
})

test('a server with chat alone is asked there, once known only there', async () => {
  const { server, client, reply } = await ask(
    (response, { path }) =>
      path === '/v1/chat/completions'
        ? answer(response, { choices: [{ message: { content: 'gvn' }, finish_reason: 'stop' }] })
        : answer(response, 'not here', 404),
    { system: 'You choose.' },
  )
  expect(reply).toMatchObject({ state: 'ok', text: 'gvn' })
  await client.complete(REQUEST)
  expect(server.received.map(({ path }) => path)).toEqual([
    '/v1/completions',
    '/v1/chat/completions',
    '/v1/chat/completions',
  ])
  expect(server.received[1]?.body.messages).toEqual([
    { role: 'system', content: 'You choose.' },
    { role: 'user', content: 'optimise' },
  ])
})

test('tokens are the server’s own count, or none', async () => {
  const counting = (body: unknown) => async () => {
    const server = await fakeServer(response => answer(response, body, body === '' ? 404 : 200))
    const client = openClient({ endpoint: { url: server.url }, model: 'm', speaks: 'chat', fields: 'plain' })
    return client.countTokens('a b c')
  }
  expect(await counting({ tokens: [1, 2, 3] })()).toBe(3)
  expect(await counting({ count: 4, max_model_len: 9 })()).toBe(4)
  expect(await counting('')()).toBeUndefined()
})

test('an abort ends the request and everything it waits for', async () => {
  const ending = new AbortController()
  onTestFinished(() => ending.abort())
  const waiting = ask(response => answer(response, '', 429, { 'retry-after': '200' }), {
    signal: ending.signal,
  })
  setTimeout(() => ending.abort(), 50)
  await expect(waiting).rejects.toThrow(/abort/i)
})
