/** What was recorded is answered again without the model; what was not is nobody's answer. */
import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLanes } from '../../../../src/lanes/lanes.ts'
import { openModel } from '../../../../src/optimise/llm/server/model.ts'
import { answer, completion, fakeServer } from './fake-server.ts'

const services = { lanes: createLanes(2), signal: new AbortController().signal }
const folder = mkdtempSync(join(tmpdir(), 'xlab-replay-'))
const request = { prompt: 'optimise', system: 'You choose.', maxTokens: 16, temperature: 0.8, seed: 1 }

test('recorded and replayed, an exchange is the same, failures and token counts too', async () => {
  const file = join(folder, 'new', 'recorded.jsonl')
  const server = await fakeServer((response, { path, body }) => {
    if (path === '/v1/models') answer(response, { data: [{ id: 'llm-compiler-13b', max_model_len: 999 }] })
    else if (path === '/tokenize') answer(response, { count: 5 })
    else if (body.seed === 3) answer(response, { error: 'no' }, 400)
    else if (path.endsWith('completions')) answer(response, completion(`seed ${body.seed}\0"\n`))
    else answer(response, '', 404)
  })
  const model = await openModel({ llm: server.url, record: file }, services)
  const replies = []
  for (const seed of [1, 2, 3]) replies.push(await model.complete({ ...request, seed }))
  expect(await model.countTokens('four words of text')).toBe(5)
  // xlab was killed in the middle of a line.
  appendFileSync(file, '{"key": "half')

  const replay = await openModel({ llm: `replay:${file}` }, services)
  expect(replay).toMatchObject({
    ...{ name: `replay:${file}`, model: 'llm-compiler-13b', contextTokens: 999, tokenCounts: 'exact' },
    dialect: { name: 'llm-compiler' },
  })
  const again = []
  for (const seed of [3, 1, 2]) again.push(await replay.complete({ ...request, seed }))
  expect(again).toEqual([replies[2], replies[0], replies[1]])
  expect(again[2]).toMatchObject({ state: 'ok', text: 'seed 2\0"\n' })
  expect(await replay.countTokens('four words of text')).toBe(5)
  expect(server.received.filter(({ path }) => path.endsWith('completions'))).toHaveLength(3)
  for (const other of [{ seed: 4 }, { temperature: 0.7 }, { prompt: 'else' }, { grammar: 'root ::= "x"' }])
    expect(await replay.complete({ ...request, ...other })).toMatchObject({
      ...{ state: 'failed', fault: 'environment', kind: 'not-recorded' },
    })
})

test.each([
  ['missing', undefined, /cannot be read/],
  ['something else', '{"hello": 1}\n', /is not a recording/],
  ['empty', '', /is not a recording/],
  ['of another version', '{"xlab": "exchanges", "version": 9, "model": "m"}\n', /another xlab/],
])('a recording that is %s is refused', async (what, text, message) => {
  const file = join(folder, `${what}.jsonl`)
  if (text !== undefined) writeFileSync(file, text)
  await expect(openModel({ llm: `replay:${file}` }, services)).rejects.toMatchObject({
    ...{ exitCode: 2, message: expect.stringMatching(message) },
  })
})
