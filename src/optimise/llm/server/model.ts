/** What a language model is to everything above it: text in, text or a kind of failure out. */
import type { Lanes } from '../../../lanes/lanes.ts'
import type { Dialect } from '../dialects/dialect.ts'

export interface LanguageModel {
  /** As typed: `builtin`, `gguf:…`, a URL, a name of xlab.yaml. */
  readonly name: string
  /** The model's own name. */
  readonly model: string
  /** SHA-256 of the weights, where they are a file here. */
  readonly weightsHash: string | undefined
  /** Prompt and reply together. */
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

export type Completion =
  | {
      readonly state: 'ok'
      readonly text: string
      readonly promptTokens: number
      readonly replyTokens: number
      /** Prompt tokens the server had from an earlier request. */
      readonly cachedTokens?: number
      readonly seconds: number
      readonly finish: 'stop' | 'length'
    }
  | {
      readonly state: 'failed'
      /** subject: the same request would fail again. environment: nothing else would fare better now. unclear: try again. */
      readonly fault: 'subject' | 'environment' | 'unclear'
      /** `timeout`, `refused`, `401`, `429`, `html`, `too-long`, … */
      readonly kind: string
      readonly message: string
      readonly seconds: number
    }

export interface ModelOptions {
  /** `builtin` unless said. */
  readonly llm?: string | undefined
  readonly llmModel?: string | undefined
  readonly dialect?: string | undefined
  /** File to write exchanges to, one JSON object a line. */
  readonly record?: string | undefined
}

export interface ModelServices {
  readonly lanes: Lanes
  readonly signal: AbortSignal
}
