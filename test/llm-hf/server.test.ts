/** Hugging Face transformers in their container, with a tiny random Llama that the image itself makes. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readService } from '../../src/config/compose.ts'
import { findEngine } from '../../src/containers/engine.ts'
import { sha256 } from '../../src/kernel/build.ts'
import { createLanes } from '../../src/lanes/lanes.ts'
import { type LanguageModel, openModel } from '../../src/optimise/llm/server/model.ts'
import { findExchange, putExchange } from '../../src/store/proposers/exchanges.ts'
import { fill } from '../unit/store/filled.ts'

const weights = mkdtempSync(join(tmpdir(), 'xlab-tiny-'))
const ended = new AbortController()
const services = { lanes: createLanes(2), signal: ended.signal }
// The container it is for, also on a machine whose own Python could do it.
process.env.XLAB_LLM_PYTHON = '/nowhere/python'
let model: LanguageModel

beforeAll(async () => {
  const found = await findEngine()
  if (found.state === 'none') throw new Error(found.tried.join('; '))
  const service = readService('llm-hf')
  const image = await found.engine.ensureImage({ name: service.image, ...service.build })
  const made = await found.engine.run({
    ...service,
    image: image.name,
    entrypoint: ['python3'],
    command: ['/test/make_model.py', '/out/tiny'],
    networkMode: 'none',
    inputs: [{ source: import.meta.dirname, target: '/test', volume: '/test', files: () => [] }],
    output: { source: weights, target: '/out', volume: '/out' },
    ...{ timeLimitSeconds: 300, onLine: () => {}, signal: ended.signal },
  })
  expect(made).toMatchObject({ state: 'exited', code: 0 })
  model = await openModel({ llm: `hf:${join(weights, 'tiny')}`, dialect: 'llm-compiler' }, services)
})

afterAll(async () => {
  await model?.close()
  rmSync(weights, { recursive: true, force: true })
})

const request = { prompt: '[INST] define void [/INST]', maxTokens: 12, temperature: 0.8, seed: 1 }

test('says what it is: name, weights, context, its own count of tokens', async () => {
  expect(model).toMatchObject({
    model: 'tiny',
    weightsHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    contextTokens: 512,
    tokenCounts: 'exact',
    grammars: false,
  })
  expect(await model.countTokens('define void @kernel(ptr %0) {')).toBe(10)
})

test('a request gets tokens back, the same for the same seed, and greedy ones for any', async () => {
  const first = await model.complete(request)
  expect(first).toMatchObject({ state: 'ok', replyTokens: 12, finish: 'length', cachedTokens: 0 })
  const other = await model.complete({ ...request, seed: 2 })
  const again = await model.complete(request)
  const textOf = (completion: typeof first) => (completion.state === 'ok' ? completion.text : '')
  expect(again).toMatchObject({ text: textOf(first) })
  expect(other).not.toMatchObject({ text: textOf(first) })
  // The prompt was computed once for all three.
  expect(again.state === 'ok' && again.cachedTokens).toBeGreaterThan(0)
  const [greedy, greedyToo] = [
    await model.complete({ ...request, temperature: 0 }),
    await model.complete({ ...request, temperature: 0, seed: 9 }),
  ]
  expect(greedyToo).toMatchObject({ text: textOf(greedy) })
})

test('what it answered is stored and found again', async () => {
  const { store, kernels } = fill()
  const reply = await model.complete(request)
  const key = {
    ...{ kernel: kernels[0] ?? '', targetId: 1, model: model.model, weightsHash: model.weightsHash },
    ...{ dialect: model.dialect, strategy: 'passes', metric: 'size', prompt: request.prompt },
    ...{ sampling: { temperature: 0.8 }, seed: 1, sample: 0, round: 0 },
  }
  putExchange(store, { ...key, llm: model.name, form: 'whole', reply })
  expect(findExchange(store, key)?.reply).toMatchObject({ state: 'ok', replyTokens: 12 })
  expect(store.prepare('SELECT weights_hash, prompt_hash FROM exchange').get()).toEqual({
    weights_hash: model.weightsHash,
    prompt_hash: sha256(request.prompt),
  })
})

test('a prompt over its context is the subject’s failure, and the next one is answered', async () => {
  const long = await model.complete({ ...request, prompt: 'define void '.repeat(400) })
  expect(long).toMatchObject({ state: 'failed', fault: 'subject', kind: 'too-long' })
  expect(await model.complete(request)).toMatchObject({ state: 'ok' })
})

test('it has no network, and nothing of it is left when it is closed', async () => {
  const ours = async () => {
    const all = await new Docker().listContainers({ all: true, filters: { label: ['xlab.owner'] } })
    return all.filter(({ Image }) => Image.startsWith('xlab-llm-hf'))
  }
  const [container] = await ours()
  expect(container?.HostConfig.NetworkMode).toBe('none')
  const folders = () => readdirSync(tmpdir()).filter(name => name.startsWith('xlab-llm-'))
  expect(folders()).toHaveLength(1)
  await model.close()
  expect(await ours()).toEqual([])
  expect(folders()).toEqual([])
})
