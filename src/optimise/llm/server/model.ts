/** What a language model is to everything above it: text in, text or a kind of failure out. */
import type { LlmSettings } from '../../../config/settings/settings.ts'
import { unknownName } from '../../../errors.ts'
import type { Lanes } from '../../../lanes/lanes.ts'
import type { Reply } from '../../../store/proposers/exchanges.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { recorded } from './replay.ts'

export interface LanguageModel {
  /** As typed: `builtin`, `gguf:…`, a URL, a name of xlab.yaml. */
  readonly name: string
  /** The model's own name. */
  readonly model: string
  /** SHA-256 of the weights, where they are a file here. */
  readonly weightsHash: string | undefined
  /** Prompt and reply together; what the chat template takes is already left out. */
  readonly contextTokens: number
  readonly dialect: Dialect
  /** Whether the server holds its replies to `grammar`. */
  readonly grammars: boolean
  /** Whether countTokens is the server's own count, or three characters a token. */
  readonly tokenCounts: 'exact' | 'estimated'
  countTokens(text: string): Promise<number>
  /** Never throws for the model's failure, only when `signal` aborts; runs in the quiet lane where the model is on this machine. */
  complete(request: CompletionRequest): Promise<Completion>
  /** Ends the server if xlab started it. */
  close(): Promise<void>
}

export interface CompletionRequest {
  readonly prompt: string
  readonly system?: string
  /** Most tokens of the reply. */
  readonly maxTokens: number
  /** 0 is greedy. */
  readonly temperature: number
  readonly seed: number
  readonly stop?: readonly string[]
  /** GBNF, used where the server can. */
  readonly grammar?: string
  readonly signal?: AbortSignal
}

/** What came of a request; what a model gets wrong is said, not thrown. */
export type Completion = Reply

export interface ModelOptions {
  /** As typed; `builtin` unless said. */
  readonly llm?: string | undefined
  /** The model's name at the server. */
  readonly llmModel?: string | undefined
  readonly dialect?: string | undefined
  /** File to write exchanges to, one JSON object a line. */
  readonly record?: string | undefined
}

export interface ModelServices {
  readonly lanes: Lanes
  readonly signal: AbortSignal
  /** Models that xlab.yaml names. */
  readonly llms?: readonly LlmSettings[]
}

/** A model as the user wants it: what was typed, with what xlab.yaml says of it. */
export interface Wanted {
  readonly name: string
  /** What is behind the word: a path, an id; for a URL all of it. */
  readonly rest: string
  readonly model: string | undefined
  readonly dialect: string | undefined
  readonly keyEnv: string | undefined
  readonly context: number | undefined
}

/** Tokens of a chat template around a prompt: no model's is longer. */
export const TEMPLATE_TOKENS = { completion: 0, chat: 64 } as const

type Open = (wanted: Wanted, services: ModelServices) => Promise<LanguageModel>

/** Every way in, by how it is typed. To add one: a file and a line here. */
const WAYS: readonly (readonly [typed: RegExp, load: () => Promise<Open>])[] = [
  [/^builtin$/, async () => (await import('./builtin.ts')).openBuiltin],
  [/^gguf:(?=.)/, async () => (await import('./builtin.ts')).openGguf],
  [/^hf:(?=.)/, async () => (await import('./hf.ts')).openHf],
  [/^(?=https?:\/\/.)/, async () => (await import('./url.ts')).openUrl],
  [/^replay:(?=.)/, async () => async wanted => (await import('./replay.ts')).openReplay(wanted)],
]

/**
 * The model the user asks for, ready to answer. Throws a usage error for a name, file or option that makes no sense,
 * an environment error for a server that does not answer. Close it when done.
 */
export async function openModel(options: ModelOptions, services: ModelServices): Promise<LanguageModel> {
  const typed = options.llm ?? 'builtin'
  const named = services.llms?.find(({ name }) => name === typed)
  const use = named?.use ?? typed
  const [way, load] = WAYS.find(([pattern]) => pattern.test(use)) ?? []
  if (way === undefined || load === undefined)
    throw unknownName('language model', typed, [
      ...['builtin', 'gguf:PATH', 'hf:ID_OR_PATH', 'http://HOST:PORT', 'replay:FILE'],
      ...(services.llms ?? []).map(({ name }) => name),
    ])
  const open = await load()
  const model = await open(
    {
      ...{ name: typed, rest: use.replace(way, ''), model: options.llmModel ?? named?.model },
      ...{ dialect: options.dialect ?? named?.dialect, keyEnv: named?.keyEnv, context: named?.context },
    },
    services,
  )
  if (options.record === undefined) return model
  try {
    return recorded(model, options.record)
  } catch (error) {
    await model.close()
    throw error
  }
}
