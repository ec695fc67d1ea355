/** Servers that xlab starts: one that dies is started again, one that keeps dying is given up. */
import { expect, test } from 'vitest'
import { createLanes } from '../../../../src/lanes/lanes.ts'
import { instruct } from '../../../../src/optimise/llm/dialects/instruct.ts'
import type { Running } from '../../../../src/optimise/llm/server/running.ts'
import { type Served, servedModel } from '../../../../src/optimise/llm/server/served.ts'
import { answer, completion, fakeServer } from './fake-server.ts'

const request = { prompt: 'optimise', maxTokens: 8, temperature: 0, seed: 1 }

/** A model whose servers die on their first request while `dies()`, and what was started and asked of them. */
async function model(dies: () => boolean, kind: Served['kind'] = 'transformers') {
  const seen = { starts: 0, bodies: [] as Record<string, unknown>[] }
  const served: Served = {
    ...{ name: 'builtin', model: 'm', weightsHash: undefined, contextTokens: 1000, dialect: instruct, kind },
    async start(): Promise<Running> {
      seen.starts++
      const { promise: ended, resolve: end } = Promise.withResolvers<string>()
      const server = await fakeServer((response, { body }) => {
        seen.bodies.push(body)
        if (!dies()) return answer(response, { ...completion('gvn'), tokens: [1, 2] })
        end('ended by SIGKILL')
        response.destroy()
      })
      return { endpoint: { url: server.url }, ended, stop: async () => end('cancelled') }
    },
  }
  return { seen, opened: await servedModel(served, createLanes(2)) }
}

test('one death costs nothing but time', async () => {
  let deaths = 1
  const { seen, opened } = await model(() => deaths-- > 0)
  expect(await opened.complete(request)).toMatchObject({ state: 'ok', text: 'gvn' })
  expect(seen.starts).toBe(2)
})

test('tokens are counted by the next server when one dies', async () => {
  let deaths = 1
  const { opened } = await model(() => deaths-- > 0)
  expect(await opened.countTokens('a text of thirty characters...')).toBe(2)
})

test('a request that ends it twice fails; after four ends in a row it is given up, and not started any more', async () => {
  const { seen, opened } = await model(() => true)
  const died = { state: 'failed', fault: 'unclear', kind: 'died', message: 'ended by SIGKILL' }
  expect(await opened.complete(request)).toMatchObject(died)
  expect(await opened.complete(request)).toMatchObject(died)
  expect(await opened.complete(request)).toMatchObject({
    fault: 'environment',
    message: expect.stringMatching(/4 times in a row/),
  })
  expect(seen.starts).toBe(4)
})

test('an answer between deaths makes up for them', async () => {
  let nth = 0
  const { opened } = await model(() => nth++ % 2 === 0)
  for (let i = 0; i < 6; i++) expect(await opened.complete(request)).toMatchObject({ state: 'ok' })
})

test('a prompt is computed once, before its first sample, and from its beginning', async () => {
  const { seen, opened } = await model(() => false, 'llama.cpp')
  for (const seed of [1, 2]) await opened.complete({ ...request, seed, grammar: 'root ::= "gvn"' })
  expect(
    seen.bodies.map(({ seed, max_tokens, cache_prompt, grammar }) => [
      seed,
      max_tokens,
      cache_prompt,
      grammar !== undefined,
    ]),
  ).toEqual([
    [1, 1, false, false],
    [1, 8, true, true],
    [2, 8, true, true],
  ])
  // The fake says that five of seven tokens were known: too few to be as if the whole had been computed at once.
  seen.bodies.length = 0
  await opened.complete({ ...request, prompt: 'another' })
  expect(seen.bodies.map(({ max_tokens, cache_prompt }) => [max_tokens, cache_prompt])).toEqual([
    [1, true],
    [1, false],
    [8, true],
  ])
})

test('closed, it answers no more', async () => {
  const { opened } = await model(() => false)
  await opened.close()
  expect(await opened.complete(request)).toMatchObject({ state: 'failed', kind: 'closed' })
})
