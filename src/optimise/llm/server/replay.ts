/**
 * Recorded exchanges (`--record FILE`, `--llm replay:FILE`): one JSON object a line. The first says what the model was
 * (`{"xlab": "exchanges", "version": 1, "model", "weightsHash", "contextTokens", "dialect", …}`), each other line one
 * exchange (`{"key", "request", "completion"}`) or one count (`{"key", "tokens"}`). A key is the SHA-256 of what was
 * asked, so that a request finds its reply whatever the order. docs/language-models.md has the format.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { userPath } from '../../../config/paths.ts'
import { usageError } from '../../../errors.ts'
import { sha256 } from '../../../kernel/build.ts'
import { dialectFor } from '../dialects/registry.ts'
import { estimateTokens } from './client.ts'
import { parsed } from './failures.ts'
import type { Completion, CompletionRequest, LanguageModel, Wanted } from './model.ts'

interface Header {
  readonly xlab: 'exchanges'
  readonly version: 1
  readonly model: string
  readonly weightsHash: string | undefined
  readonly contextTokens: number
  readonly dialect: string
  readonly grammars: boolean
  readonly tokenCounts: 'exact' | 'estimated'
}

const asked = ({ prompt, system, maxTokens, temperature, seed, stop, grammar }: CompletionRequest) => ({
  ...{ system, prompt, maxTokens, temperature, seed },
  ...{ stop, grammar },
})

const keyOf = (request: CompletionRequest): string => sha256(JSON.stringify(asked(request)))

/** `model`, with all it answers written to `file` as it comes. Throws a usage error if that cannot be written. */
export function recorded(model: LanguageModel, file: string): LanguageModel {
  const path = userPath(file)
  const { model: name, weightsHash, contextTokens, dialect, grammars, tokenCounts } = model
  const header: Header = {
    ...{ xlab: 'exchanges', version: 1, model: name, weightsHash },
    ...{ contextTokens, dialect: dialect.name, grammars, tokenCounts },
  }
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${JSON.stringify(header)}\n`)
  } catch (error) {
    throw usageError(`--record ${file} cannot be written: ${(error as Error).message}`)
  }
  const write = (line: object): void => appendFileSync(path, `${JSON.stringify(line)}\n`)
  return {
    ...model,
    async countTokens(text) {
      const tokens = await model.countTokens(text)
      write({ key: sha256(text), tokens })
      return tokens
    },
    async complete(request) {
      const completion = await model.complete(request)
      write({ key: keyOf(request), request: asked(request), completion })
      return completion
    },
  }
}

/** The model of a recording. What was not recorded fails as the environment's fault: the model is not to blame. */
export function openReplay(wanted: Wanted): LanguageModel {
  const [first, ...lines] = linesOf(wanted.rest)
  const header = first as Partial<Header> | undefined
  if (header?.xlab !== 'exchanges' || typeof header.model !== 'string')
    throw usageError(
      `${wanted.rest} is not a recording`,
      "'xlab optimise --with llm --record FILE' writes one",
    )
  if (header.version !== 1) throw usageError(`${wanted.rest} was recorded by another xlab`, 'record it again')
  const completions = new Map<string, Completion>()
  const counts = new Map<string, number>()
  for (const { key, completion, tokens } of lines as Record<string, unknown>[]) {
    if (typeof tokens === 'number') counts.set(String(key), tokens)
    else completions.set(String(key), completion as Completion)
  }
  return {
    ...{ name: wanted.name, model: header.model, weightsHash: header.weightsHash },
    contextTokens: header.contextTokens ?? 4096,
    dialect: dialectFor(header.model, wanted.dialect ?? header.dialect),
    grammars: header.grammars ?? false,
    tokenCounts: header.tokenCounts ?? 'estimated',
    countTokens: async text => counts.get(sha256(text)) ?? estimateTokens(text),
    async complete(request) {
      request.signal?.throwIfAborted()
      return (
        completions.get(keyOf(request)) ?? {
          ...{ state: 'failed', fault: 'environment', kind: 'not-recorded', seconds: 0 },
          message: `${wanted.rest} has no answer to this request (seed ${request.seed}): recorded with other options, kernels or prompts?`,
        }
      )
    },
    close: async () => {},
  }
}

function linesOf(file: string): unknown[] {
  let text: string
  try {
    text = readFileSync(userPath(file), 'utf8')
  } catch (error) {
    throw usageError(`${file} cannot be read: ${(error as Error).message}`)
  }
  // The last line may be half written.
  return text.split('\n').flatMap(line => parsed(line) ?? [])
}
