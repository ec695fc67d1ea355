/** Any OpenAI-compatible server of the user's: llama.cpp, vLLM, Ollama, a hosted one. */
import { environmentError, usageError } from '../../../errors.ts'
import { log } from '../../../log.ts'
import { dialectFor } from '../dialects/registry.ts'
import { estimateTokens, openClient } from './client.ts'
import { failureOf, parsed } from './failures.ts'
import { type Endpoint, send } from './http.ts'
import { type LanguageModel, type ModelServices, TEMPLATE_TOKENS, type Wanted } from './model.ts'

/** Where neither the server nor the user says how much fits. */
const USUAL_CONTEXT = 4096

/**
 * Asks the server what it is, so that a wrong address, key or name is one error before any work. The key comes from
 * the environment alone and leaves only in the request's header, to this address and no other.
 */
export async function openUrl(wanted: Wanted, services: ModelServices): Promise<LanguageModel> {
  const url = baseOf(wanted.rest)
  const key = keyFor(wanted)
  const endpoint: Endpoint = { url: url.href.replace(/\/$/, ''), ...(key !== undefined && { key }) }
  if (key !== undefined && url.protocol === 'http:' && !isLoopback(url.hostname))
    log.warn(`the key for ${url.host} travels unencrypted; use https`)
  const limits = { timeoutMs: 30_000, maxBytes: 16 << 20, signal: services.signal }
  const listed = await send(endpoint, '/v1/models', undefined, limits)
  const failed = failureOf(listed)
  if (failed !== undefined && !['404', '405', '501'].includes(failed.kind))
    throw environmentError(
      `${wanted.name}: ${failed.message}`,
      /^40[13]$/.test(failed.kind)
        ? 'export XLAB_LLM_KEY=…, or name another variable as key-env in xlab.yaml'
        : 'is the server running, and is this its address? e.g. http://localhost:8080',
    )
  const models = modelsIn(listed.state === 'answered' ? listed.body : '')
  const model = wanted.model ?? models[0]?.id
  if (model === undefined)
    throw usageError(`${wanted.name} does not list its models`, 'name one with --llm-model')
  if (wanted.model === undefined && models.length > 1)
    throw usageError(
      `${wanted.name} has ${models.length} models`,
      `name one with --llm-model: ${models
        .slice(0, 10)
        .map(({ id }) => id)
        .join(', ')}`,
    )
  const props = await send(endpoint, '/props', undefined, limits)
  const settings = props.state === 'answered' && props.status === 200 ? parsed(props.body) : undefined
  const isLlama = settings?.default_generation_settings !== undefined
  const dialect = dialectFor(model, wanted.dialect)
  const client = openClient({
    endpoint,
    model,
    speaks: dialect.speaks,
    fields: isLlama ? 'llama.cpp' : 'plain',
  })
  const counted = (await client.countTokens('how many', services.signal)) !== undefined
  const context =
    wanted.context ?? contextIn(settings) ?? models.find(({ id }) => id === model)?.context ?? USUAL_CONTEXT
  return {
    ...{ name: wanted.name, model, weightsHash: undefined, dialect, grammars: isLlama },
    contextTokens: context - TEMPLATE_TOKENS[dialect.speaks],
    tokenCounts: counted ? 'exact' : 'estimated',
    countTokens: async text =>
      (counted ? await client.countTokens(text, services.signal) : undefined) ?? estimateTokens(text),
    complete: request =>
      isLoopback(url.hostname)
        ? services.lanes.quiet(() => client.complete(request))
        : client.complete(request),
    close: async () => {},
  }
}

/** The address without the `/v1` that people copy with it. Secrets in it would be stored with every exchange. */
function baseOf(typed: string): URL {
  const url = URL.canParse(typed) ? new URL(typed) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw usageError(`'${typed}' is not a URL`, 'e.g. --llm http://localhost:8080')
  if (url.username !== '' || url.password !== '' || url.search !== '')
    throw usageError(
      `the address of ${url.host} holds more than an address`,
      'put the key into XLAB_LLM_KEY; addresses are stored with every answer',
    )
  url.hash = ''
  url.pathname = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
  return url
}

/** The key for this server: from the variable that xlab.yaml names, else XLAB_LLM_KEY, else OpenAI's own for OpenAI. */
function keyFor({ keyEnv, rest }: Wanted): string | undefined {
  if (keyEnv !== undefined) {
    const key = process.env[keyEnv]
    if (!key) throw environmentError(`the variable ${keyEnv} holds no key`, `export ${keyEnv}=…`)
    return key
  }
  const own = /^https:\/\/([\w-]+\.)?openai\.com(\/|$)/.test(rest) ? process.env.OPENAI_API_KEY : undefined
  return process.env.XLAB_LLM_KEY || own || undefined
}

const isLoopback = (host: string): boolean => /^(localhost|127\.[\d.]+|\[::1\])$/.test(host)

/** Models as /v1/models lists them; vLLM says how long their context is, llama.cpp's server too. */
function modelsIn(body: string): { id: string; context: number | undefined }[] {
  const { data } = parsed(body) ?? {}
  if (!Array.isArray(data)) return []
  return (data as { id?: unknown; max_model_len?: unknown; meta?: { n_ctx?: unknown } }[])
    .filter(({ id }) => typeof id === 'string')
    .map(({ id, max_model_len, meta }) => ({
      id: String(id),
      context: positive(max_model_len) ?? positive(meta?.n_ctx),
    }))
}

/** llama.cpp's server says it in its settings. */
function contextIn(settings: Record<string, unknown> | undefined): number | undefined {
  const generation = settings?.default_generation_settings as { n_ctx?: unknown } | undefined
  return positive(generation?.n_ctx) ?? positive(settings?.n_ctx)
}

const positive = (value: unknown): number | undefined =>
  typeof value === 'number' && value > 0 ? value : undefined
