/**
 * The one protocol: OpenAI-compatible completions, with what llama.cpp's server adds to it where it is there
 * (https://github.com/ggml-org/llama.cpp/tree/master/tools/server). Nothing a server does makes it throw.
 */
import { setTimeout } from 'node:timers/promises'
import { log } from '../../../log.ts'
import { type Failed, type Failure, failure, failureOf, parsed } from './failures.ts'
import { type Endpoint, type HttpAnswer, send } from './http.ts'
import type { Completion, CompletionRequest } from './model.ts'

export interface ClientOptions {
  readonly endpoint: Endpoint
  /** The model's name at the server. */
  readonly model: string
  /** Raw text, or a message in the model's chat template. */
  readonly speaks: 'completion' | 'chat'
  /** Whether the server takes llama.cpp's own fields: hosted ones refuse what they do not know. */
  readonly fields: 'llama.cpp' | 'plain'
  /** How often a request is sent again, and after how many seconds, by the kind of failure. */
  readonly again?: Readonly<Record<string, readonly number[]>>
  /** What one second of patience lasts; tests have little. */
  readonly secondMs?: number
}

export interface Client {
  complete(request: CompletionRequest, extra?: Readonly<Record<string, unknown>>): Promise<Completion>
  /** The server's own count, or undefined where it has no tokenizer to ask. */
  countTokens(text: string, signal?: AbortSignal): Promise<number | undefined>
}

/** Bytes of an answer that are read; no reply is as long as that. */
const MOST_BYTES = 4 << 20
/** Seconds a server may ask us to wait, all its requests together. */
const LONGEST_WAIT = 300
/** Tokens a second of a model that is slow but alive. */
const SLOWEST = { prompt: 20, reply: 1 }
/** For servers of others: what is worth another try. */
const AGAIN: Readonly<Record<string, readonly number[]>> = {
  refused: [1, 2],
  reset: [1],
  'not-json': [1],
  500: [1, 4],
  502: [1, 4],
  503: [1, 4, 8],
  504: [1],
}

export function openClient(options: ClientOptions): Client {
  const { endpoint, model, again = AGAIN } = options
  const second = options.secondMs ?? 1000
  let speaks = options.speaks
  let tokenizer: 'asked' | 'none' = 'asked'

  /** One request, sent again as the kind of failure allows. */
  async function ask(
    path: string,
    body: unknown,
    limits: { seconds: number; signal?: AbortSignal },
  ): Promise<{ answer: HttpAnswer; failed: Failure | undefined }> {
    let waited = 0
    for (let tries = 0; ; tries++) {
      const answer = await send(endpoint, path, body, {
        timeoutMs: limits.seconds * second,
        maxBytes: MOST_BYTES,
        ...(limits.signal && { signal: limits.signal }),
      })
      const failed = failureOf(answer)
      if (failed === undefined) return { answer, failed }
      const wait =
        failed.kind === '429' && answer.state === 'answered'
          ? (answer.retryAfter ?? 2 ** tries)
          : again[failed.kind]?.[tries]
      if (wait === undefined || waited + wait > LONGEST_WAIT || tries > 9) return { answer, failed }
      if (wait >= 2) log.info(`${model}: ${failed.message}; asked again in ${Math.ceil(wait)} s`)
      waited += wait
      await setTimeout(wait * second, undefined, limits.signal && { signal: limits.signal })
    }
  }

  async function complete(
    request: CompletionRequest,
    extra: Readonly<Record<string, unknown>> = {},
  ): Promise<Completion> {
    const started = performance.now()
    const characters = request.prompt.length + (request.system?.length ?? 0)
    const seconds = 60 + characters / 3 / SLOWEST.prompt + request.maxTokens / SLOWEST.reply
    const limits = { seconds, ...(request.signal && { signal: request.signal }) }
    const body = {
      ...sampling(request, model),
      ...(options.fields === 'llama.cpp' && llamaFields(request)),
      ...extra,
    }
    let { answer, failed } = await ask(...routed(speaks, body, request), limits)
    if (speaks === 'completion' && failed?.kind === '404') {
      const chat = await ask(...routed('chat', body, request), limits)
      if (chat.failed?.kind !== '404') {
        speaks = 'chat'
        ;({ answer, failed } = chat)
      }
    }
    const took = (performance.now() - started) / 1000
    if (failed !== undefined || answer.state !== 'answered')
      return asFailed(failed ?? failure('unclear', answer.state, ''), took)
    return completionOf(parsed(answer.body) ?? {}, request, took)
  }

  return {
    complete,
    async countTokens(text, signal) {
      if (tokenizer === 'none') return undefined
      const { answer, failed } = await ask(
        '/tokenize',
        { content: text, prompt: text, model },
        { seconds: 60, ...(signal && { signal }) },
      )
      const { tokens, count } = (answer.state === 'answered' ? parsed(answer.body) : undefined) ?? {}
      if (failed === undefined && typeof count === 'number') return count
      if (failed === undefined && Array.isArray(tokens)) return tokens.length
      if (answer.state === 'answered') tokenizer = 'none'
      return undefined
    },
  }
}

/** Path and body by the way a model is spoken to. A server with chat alone gets a raw prompt as the user's message. */
function routed(
  speaks: 'completion' | 'chat',
  body: object,
  { system, prompt }: CompletionRequest,
): [path: string, body: object] {
  if (speaks === 'completion')
    return ['/v1/completions', { ...body, prompt: system === undefined ? prompt : `${system}\n\n${prompt}` }]
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: prompt },
  ]
  return ['/v1/chat/completions', { ...body, messages }]
}

const sampling = ({ maxTokens, temperature, seed, stop }: CompletionRequest, model: string): object => ({
  model,
  max_tokens: maxTokens,
  temperature,
  seed,
  stream: false,
  ...(stop !== undefined && stop.length > 0 && { stop }),
})

const llamaFields = ({ grammar }: CompletionRequest): object => ({
  cache_prompt: true,
  ...(grammar !== undefined && { grammar }),
})

const asFailed = (failed: Failure, seconds: number): Failed => ({ state: 'failed', ...failed, seconds })

/** https://platform.openai.com/docs/api-reference/completions/object, and the chat's. */
function completionOf(
  json: Record<string, unknown>,
  request: CompletionRequest,
  seconds: number,
): Completion {
  const choice = (Array.isArray(json.choices) ? json.choices[0] : undefined) as
    | Record<string, unknown>
    | undefined
  const message = choice?.message as Record<string, unknown> | undefined
  const text = choice?.text === undefined ? message?.content : choice.text
  if (choice === undefined || (typeof text !== 'string' && text !== null))
    return asFailed(failure('unclear', 'not-a-completion', 'JSON without choices'), seconds)
  if (typeof text !== 'string' || text.trim() === '')
    return asFailed(failure('subject', 'empty', 'an empty answer'), seconds)
  const usage = (json.usage ?? {}) as Record<string, unknown>
  const details = (usage.prompt_tokens_details ?? {}) as Record<string, unknown>
  const count = (value: unknown, of: string): number =>
    typeof value === 'number' ? value : estimateTokens(of)
  return {
    state: 'ok',
    text,
    promptTokens: count(usage.prompt_tokens, `${request.system ?? ''}${request.prompt}`),
    replyTokens: count(usage.completion_tokens, text),
    ...(typeof details.cached_tokens === 'number' && { cachedTokens: details.cached_tokens }),
    seconds,
    finish: choice.finish_reason === 'length' ? 'length' : 'stop',
    ...(loops(text) && { looping: true as const }),
  }
}

/** Where no tokenizer can be asked: IR has about three characters a token. */
export const estimateTokens = (text: string): number => Math.ceil(text.length / 3)

/** The longest piece whose repetition is looked for, and what counts as endless: so often, and over so much text. */
const REPEATED = { unit: 256, times: 6, characters: 120 }

/** True when `text` ends in one piece said again and again, as small models do until their tokens are used up. */
function loops(text: string): boolean {
  const tail = text.slice(-REPEATED.unit * (REPEATED.times + 1))
  for (let unit = 1; unit <= REPEATED.unit; unit++) {
    const needed = Math.max(unit * REPEATED.times, REPEATED.characters)
    if (needed + unit > tail.length) continue
    let same = 0
    while (same < needed && tail[tail.length - 1 - same] === tail[tail.length - 1 - same - unit]) same++
    if (same === needed) return true
  }
  return false
}
