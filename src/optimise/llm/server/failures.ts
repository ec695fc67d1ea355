/** What a server's answer means when it is not a completion: whose fault it is, and what to say. */
import type { HttpAnswer } from './http.ts'
import type { Completion } from './model.ts'

export type Failed = Extract<Completion, { state: 'failed' }>
export type Failure = Omit<Failed, 'state' | 'seconds'>

/** What servers say, whatever the status: llama.cpp, vLLM, Ollama, OpenAI, models-py/llm_server.py. */
const SAYINGS: readonly (readonly [said: RegExp, kind: string, fault: Failed['fault']])[] = [
  [
    /exceed_context_size|context_length_exceeded|maximum context length|exceeds? the (available )?context|context (window|length) (is )?(exceeded|too)|prompt is too long/i,
    'too-long',
    'subject',
  ],
  [
    /out of memory|out_of_memory|bad_alloc|failed to allocate|insufficient memory/i,
    'out-of-memory',
    'unclear',
  ],
  [
    /model\b[^.]{0,80}(not found|does not exist|not exist|unknown)|unknown model|no such model/i,
    'no-model',
    'environment',
  ],
]

/** By HTTP status; a hundred stands for all of its kind that are not listed. */
const STATUSES: Readonly<Record<number, readonly [fault: Failed['fault'], hint: string]>> = {
  300: ['environment', 'name the address it sends to instead; a key is never sent on to another one'],
  400: ['subject', ''],
  401: ['environment', 'check the key, XLAB_LLM_KEY'],
  403: ['environment', 'the key may not use this model'],
  404: ['environment', 'check the URL and --llm-model'],
  408: ['unclear', ''],
  413: ['subject', ''],
  429: ['environment', 'too many requests'],
  500: ['unclear', ''],
}

/** The failure behind an answer, or undefined for one of status 200 that is JSON. */
export function failureOf(answer: HttpAnswer): Failure | undefined {
  if (answer.state === 'refused')
    return failure('environment', 'refused', `no server answers: ${answer.message}`)
  if (answer.state === 'flooded') return failure('subject', 'too-much', answer.message)
  if (answer.state !== 'answered') return failure('unclear', answer.state, answer.message)
  const { status, body } = answer
  if (/^\s*</.test(body))
    return failure(
      'environment',
      'html',
      `status ${status} and a web page: ${said(body)}; is this the API’s address?`,
    )
  if (status === 200)
    return parsed(body) === undefined ? failure('unclear', 'not-json', said(body)) : undefined
  const message = said(errorText(body))
  for (const [pattern, kind, fault] of SAYINGS) if (pattern.test(body)) return failure(fault, kind, message)
  const [fault, hint] = STATUSES[status] ?? STATUSES[Math.floor(status / 100) * 100] ?? ['unclear', '']
  const where = answer.location === undefined ? '' : ` to ${answer.location}`
  return failure(
    fault,
    String(status),
    [`status ${status}${where}`, message, hint].filter(part => part !== '').join('; '),
  )
}

/** The JSON of a body, or undefined. */
export function parsed(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

export const failure = (fault: Failed['fault'], kind: string, message: string): Failure => ({
  fault,
  kind,
  message,
})

/** The message in an error's JSON, wherever this server puts it, else the text itself. */
function errorText(body: string): string {
  const json = parsed(body)
  const error = json?.error ?? json
  if (typeof error === 'string') return error
  const { message, detail } = (error ?? {}) as Record<string, unknown>
  if (typeof message === 'string') return message
  return typeof detail === 'string' ? detail : body
}

/** One short line of what a server said. */
const said = (text: string): string => {
  const line = text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line || 'nothing'
}
