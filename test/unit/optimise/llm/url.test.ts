/** A server by its URL: asked once what it is; its key goes nowhere but to it. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { createLanes } from '../../../../src/lanes/lanes.ts'
import { type ModelOptions, openModel } from '../../../../src/optimise/llm/server/model.ts'
import { putExchange } from '../../../../src/store/proposers/exchanges.ts'
import { fill } from '../../store/filled.ts'
import { answer, type Behave, completion, fakeServer } from './fake-server.ts'

const KEY = 'sk-very-secret-0123456789'
const services = { lanes: createLanes(2), signal: new AbortController().signal }
const open = (options: ModelOptions, llms = {}) => openModel(options, { ...services, ...llms })
const request = { prompt: 'optimise', maxTokens: 16, temperature: 0, seed: 1 }

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** A server with one model, like vLLM; `more` goes first. */
const usual =
  (more: Readonly<Record<string, (response: ServerResponse) => void>> = {}): Behave =>
  (response, { path }) => {
    const own = more[path]
    if (own) own(response)
    else if (path === '/v1/models')
      answer(response, { data: [{ id: 'llm-compiler-7b', max_model_len: 2048 }] })
    else if (path.endsWith('completions')) answer(response, completion("opt -p 'gvn'"))
    else answer(response, { detail: 'Not Found' }, 404)
  }

test('its model, context and dialect are found out; /v1 at the end of the address is no mistake', async () => {
  const server = await fakeServer(usual())
  for (const llm of [server.url, `${server.url}/`, `${server.url}/v1`]) {
    const model = await open({ llm })
    expect(model).toMatchObject({
      ...{ name: llm, model: 'llm-compiler-7b', contextTokens: 2048, grammars: false },
      ...{ tokenCounts: 'estimated', dialect: { name: 'llm-compiler' } },
    })
    expect(await model.complete(request)).toMatchObject({ state: 'ok', text: "opt -p 'gvn'" })
    expect(await model.countTokens('abcdef')).toBe(2)
  }
})

test('llama.cpp’s server is known by its settings', async () => {
  const server = await fakeServer(
    usual({
      '/props': response => answer(response, { default_generation_settings: { n_ctx: 1000 } }),
      '/tokenize': response => answer(response, { tokens: [1, 2, 3] }),
      '/v1/models': response => answer(response, { data: [{ id: 'some-instruct.gguf' }] }),
    }),
  )
  const model = await open({ llm: server.url })
  expect(model).toMatchObject({ grammars: true, tokenCounts: 'exact', dialect: { name: 'instruct' } })
  // What the chat template takes is kept free.
  expect(model.contextTokens).toBe(1000 - 64)
})

test.each<[what: string, behave: Behave, options: ModelOptions, message: RegExp, exitCode: number]>([
  ['401', r => answer(r, 'no', 401), {}, /401.*XLAB_LLM_KEY/, 5],
  ['HTML', r => answer(r, '<html><h1>Welcome</h1></html>'), {}, /web page: Welcome/, 5],
  ['no list', usual({ '/v1/models': r => answer(r, {}, 404) }), {}, /does not list its models/, 2],
  [
    'many',
    usual({ '/v1/models': r => answer(r, { data: [{ id: 'a' }, { id: 'b' }] }) }),
    {},
    /has 2 models/,
    2,
  ],
  ['unknown dialect', usual(), { dialect: 'pirate' }, /unknown dialect 'pirate'/, 2],
])('%s: one error before any work', async (_what, behave, options, message, exitCode) => {
  const server = await fakeServer(behave)
  await expect(open({ llm: server.url, ...options })).rejects.toMatchObject({
    ...{ message: expect.stringMatching(message), hint: expect.stringMatching(/./), exitCode },
  })
})

test.each([
  ['nobody there', 'http://127.0.0.1:1', /no server answers/],
  ['a key in the address', `http://user:${KEY}@127.0.0.1:1`, /more than an address/],
  ['a key behind it', `http://127.0.0.1:1/v1?key=${KEY}`, /more than an address/],
  ['no way in', 'ggfu:file', /unknown language model/],
])('%s is refused', async (_what, llm, message) => {
  const error = await open({ llm }).catch(error => error)
  expect(error.message).toMatch(message)
  expect(`${error.message} ${error.hint}`).not.toContain(KEY)
})

test('xlab.yaml’s names stand for its entries, and the command line goes first', async () => {
  vi.stubEnv('MINE', KEY)
  const server = await fakeServer(usual())
  const llms = [{ name: 'ours', use: server.url, keyEnv: 'MINE', context: 512, dialect: 'plain' }]
  const model = await open({ llm: 'ours', llmModel: 'big' }, { llms })
  expect(model).toMatchObject({ name: 'ours', model: 'big', contextTokens: 512, dialect: { name: 'plain' } })
  expect(new Set(server.received.map(({ authorization }) => authorization))).toEqual(
    new Set([`Bearer ${KEY}`]),
  )
  vi.stubEnv('MINE', '')
  await expect(open({ llm: 'ours' }, { llms })).rejects.toThrow(/MINE holds no key/)
})

test('OpenAI’s key goes to OpenAI alone', async () => {
  vi.stubEnv('OPENAI_API_KEY', KEY)
  const server = await fakeServer(usual())
  await open({ llm: server.url })
  expect(server.received.map(({ authorization }) => authorization)).not.toContain(`Bearer ${KEY}`)
})

test('a redirect is not followed, so that the key stays here', async () => {
  vi.stubEnv('XLAB_LLM_KEY', KEY)
  const evil = await fakeServer(usual())
  const server = await fakeServer((r, { path }) => answer(r, '', 307, { location: `${evil.url}${path}` }))
  await expect(open({ llm: server.url })).rejects.toThrow(/status 307 to http/)
  expect(evil.received).toEqual([])
})

test('a key reaches neither log, nor database, nor recording, even when the server repeats it', async () => {
  vi.stubEnv('XLAB_LLM_KEY', KEY)
  const shown: string[] = []
  for (const stream of [process.stderr, process.stdout])
    vi.spyOn(stream, 'write').mockImplementation(text => Boolean(shown.push(String(text))))
  const folder = mkdtempSync(join(tmpdir(), 'xlab-key-'))
  let nth = 0
  const server = await fakeServer(
    usual({
      '/v1/completions': r =>
        nth++ === 0
          ? answer(r, completion(`your key is ${KEY}`))
          : answer(r, { error: { message: `Incorrect API key provided: ${KEY}` } }, 401),
    }),
  )
  const model = await open({ llm: server.url, record: join(folder, 'exchanges.jsonl') })
  const { store, kernels } = fill({ path: join(folder, 'xlab.db') })
  for (const seed of [1, 2]) {
    const reply = await model.complete({ ...request, seed })
    putExchange(store, {
      ...{ kernel: kernels[0] ?? '', targetId: 1, model: model.model, weightsHash: model.weightsHash },
      ...{ dialect: model.dialect, strategy: 'passes', metric: 'size', prompt: request.prompt },
      ...{ sampling: {}, seed, sample: 0, round: 0, llm: model.name, form: 'whole' as const, reply },
    })
    shown.push(JSON.stringify(reply))
  }
  const rows = store.prepare('SELECT * FROM exchange').all()
  expect(rows).toMatchObject([{ outcome: 'replied' }, { outcome: 'failed', class: '401' }])
  const texts = store.prepare('SELECT hash FROM blob').pluck().all() as string[]
  const { getText } = await import('../../../../src/store/blobs.ts')
  shown.push(JSON.stringify(rows), ...texts.map(hash => getText(store, hash)))
  store.close()
  for (const file of readdirSync(folder)) shown.push(readFileSync(join(folder, file), 'latin1'))
  expect(server.received.some(({ authorization }) => authorization === `Bearer ${KEY}`)).toBe(true)
  expect(shown.join('\n')).toContain('your key is [key]')
  expect(shown.join('\n')).not.toContain(KEY)
})
