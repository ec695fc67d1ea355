/** A model whose server xlab starts: started again when it dies, ended with xlab, alone on the machine while it works. */
import type { Lanes } from '../../../lanes/lanes.ts'
import { log } from '../../../log.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { type Client, estimateTokens, openClient } from './client.ts'
import { type Completion, type CompletionRequest, type LanguageModel, TEMPLATE_TOKENS } from './model.ts'
import type { Running } from './running.ts'

export interface Served {
  readonly name: string
  readonly model: string
  readonly weightsHash: string | undefined
  readonly contextTokens: number
  readonly dialect: Dialect
  /** llama.cpp: grammars, and a cache of the prompt. */
  readonly kind: 'llama.cpp' | 'transformers'
  /** Starts the server; throws an environment error if it cannot be. */
  start(): Promise<Running>
}

interface Connection {
  readonly running: Running
  readonly client: Client
  ended: string | undefined
  /** The prompt whose computation the server holds. */
  prompt: string | undefined
}

/** Deaths in a row, without an answer between them, after which a server is given up. */
const MOST_DEATHS = 4

/** Starts the server, so that one that cannot start is an error before any work. */
export async function servedModel(served: Served, lanes: Lanes): Promise<LanguageModel> {
  let deaths = 0
  let closed = false
  let current: Promise<Connection> | undefined = connect(served)
  const { model } = served
  await current

  /** The living server; a dead one is replaced. */
  async function connection(): Promise<Connection> {
    const known = await current
    if (known !== undefined && known.ended === undefined) return known
    if (known !== undefined) log.warn(`the server of ${model} ended (${known.ended}); it is started again`)
    current = connect(served)
    current.catch(() => {
      current = undefined
    })
    return current
  }

  async function complete(request: CompletionRequest): Promise<Completion> {
    const started = performance.now()
    const failed = (kind: string, message: string): Completion => ({
      ...{ state: 'failed', fault: 'environment', kind, message },
      seconds: (performance.now() - started) / 1000,
    })
    for (;;) {
      if (closed) return failed('closed', `the server of ${model} was closed`)
      if (deaths >= MOST_DEATHS)
        return failed('died', `the server of ${model} ended ${deaths} times in a row`)
      let opened: Connection
      try {
        opened = await connection()
      } catch (error) {
        request.signal?.throwIfAborted()
        return failed('died', (error as Error).message)
      }
      const completion = await prepared(opened, request, served.kind)
      if (completion.state === 'ok') deaths = 0
      if (completion.state === 'ok' || !['refused', 'reset'].includes(completion.kind)) return completion
      // A connection breaks a moment before its server's end is known.
      const how = await Promise.race([opened.running.ended, soon()])
      if (how === undefined) return completion
      opened.ended = how
      deaths++
      // Once may be chance; the same request ending it twice is not.
      if (deaths % 2 === 0)
        return {
          ...{
            state: 'failed',
            fault: 'unclear',
            kind: /memory|bad_alloc/i.test(how) ? 'out-of-memory' : 'died',
          },
          ...{ message: how, seconds: (performance.now() - started) / 1000 },
        }
    }
  }

  return {
    ...{ name: served.name, model, weightsHash: served.weightsHash, dialect: served.dialect },
    contextTokens: served.contextTokens - TEMPLATE_TOKENS[served.dialect.speaks],
    grammars: served.kind === 'llama.cpp',
    tokenCounts: 'exact',
    async countTokens(text) {
      for (let tries = 0; tries < 2; tries++) {
        const { client, running } = await connection()
        const count = await client.countTokens(text)
        if (count !== undefined) return count
        await Promise.race([running.ended, soon()])
      }
      return estimateTokens(text)
    },
    complete: request => lanes.quiet(() => complete(request)),
    async close() {
      closed = true
      await (await current?.catch(() => undefined))?.running.stop()
    },
  }
}

async function connect(served: Served): Promise<Connection> {
  const running = await served.start()
  const client = openClient({
    ...{ endpoint: running.endpoint, model: served.model, speaks: served.dialect.speaks },
    fields: served.kind === 'llama.cpp' ? 'llama.cpp' : 'plain',
    // What breaks a connection to our own server is known, and mended, above.
    again: {},
  })
  const opened: Connection = { running, client, ended: undefined, prompt: undefined }
  running.ended.then(how => {
    opened.ended = how
  })
  return opened
}

/** llama.cpp computes a prompt in pieces of CHUNK tokens; one shorter than EDGE gives slightly other numbers. */
const CHUNK = 512
const EDGE = 32

/** Whether `tokens` computed behind `known` ones give exactly what all of them at once would. */
function asIfWhole(tokens: number, known: number): boolean {
  const whole = (count: number): boolean => count % CHUNK === 0 || count % CHUNK >= EDGE
  return known === 0 || (known >= EDGE && whole(tokens) && whole(tokens - known))
}

/**
 * A request to llama.cpp, after its prompt has been computed once for all its samples. A prompt computed in other
 * pieces, or together with the first token of the reply, gives another text for the same seed; this way each sample
 * finds the same state, in any order, on any day. What the prompt shares with the last one is kept where that changes
 * nothing: test/integration/llm compares the texts.
 */
async function prepared(
  opened: Connection,
  request: CompletionRequest,
  kind: Served['kind'],
): Promise<Completion> {
  const prompt = `${request.system ?? ''}\0${request.prompt}`
  if (kind !== 'llama.cpp' || opened.prompt === prompt) return opened.client.complete(request)
  const shares = opened.prompt !== undefined && !prompt.startsWith(opened.prompt)
  opened.prompt = undefined
  const { grammar: _, stop: __, ...bare } = request
  const compute = (share: 'shared' | 'alone'): Promise<Completion> =>
    opened.client.complete({ ...bare, maxTokens: 1 }, { cache_prompt: share === 'shared' })
  let first = await compute(shares ? 'shared' : 'alone')
  const exact =
    first.state === 'ok' ? asIfWhole(first.promptTokens, first.cachedTokens ?? 0) : first.kind !== 'empty'
  if (shares && !exact) first = await compute('alone')
  if (first.state === 'failed' && first.kind !== 'empty') return first
  opened.prompt = prompt
  const completion = await opened.client.complete(request)
  if (completion.state === 'failed') return completion
  const cachedTokens = first.state === 'ok' ? (first.cachedTokens ?? 0) : 0
  return { ...completion, cachedTokens, seconds: completion.seconds + first.seconds }
}

const soon = (): Promise<undefined> =>
  new Promise(resolve => setTimeout(() => resolve(undefined), 1500).unref())
