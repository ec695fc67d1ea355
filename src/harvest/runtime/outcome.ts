/** From what a run reported and how its process ended, to its outcome and whose fault a failure is. Pure. */

import type { Facts, HarvestEvent, Loss, Timing } from './events.ts'
import type { RunOutcome } from './runtime.ts'

/** How the process ended, whatever it ran in. */
export type ProcessEnd =
  | { readonly state: 'exited'; readonly code: number }
  | { readonly state: 'signalled'; readonly signal: string }
  | { readonly state: 'timeout' | 'flooded' | 'out-of-memory' }

export interface Limits {
  readonly timeLimitSeconds: number
  readonly memoryBytes: number
}

type Verdict = Pick<RunOutcome, 'state' | 'fault' | 'reason'>
type Error = Extract<HarvestEvent, { event: 'error' }>

/** Collects events as they come. */
export function collector(): {
  add(event: HarvestEvent): void
  readonly facts: Facts
  readonly timings: readonly Timing[]
  readonly losses: readonly Loss[]
  conclude(end: ProcessEnd, log: string, limits: Limits): Verdict
} {
  let facts: Facts = {}
  let error: Error | undefined
  let files: number | undefined
  let phase = 'start'
  const timings: Timing[] = []
  const losses: Loss[] = []
  return {
    add(event) {
      if (event.event === 'facts') {
        const { event: _, ...found } = event
        facts = found
      } else if (event.event === 'timing') {
        const { event: _, ...timing } = event
        timings.push(timing)
      } else if (event.event === 'loss') losses.push({ step: event.step, loss: event.loss })
      else if (event.event === 'phase') phase = event.phase
      else if (event.event === 'done') files = event.files
      else error ??= event
    },
    get facts() {
      return facts
    },
    timings,
    losses,
    conclude: (end, log, limits) => conclude({ error, files, phase }, end, log, limits),
  }
}

interface Reported {
  readonly error: Error | undefined
  readonly files: number | undefined
  readonly phase: string
}

function conclude({ error, files, phase }: Reported, end: ProcessEnd, log: string, limits: Limits): Verdict {
  const failed = (fault: NonNullable<RunOutcome['fault']>, reason: string): Verdict => ({
    state: 'failed',
    fault,
    reason,
  })
  const flag = refusedFlags(log)
  if (flag !== undefined && files === undefined) return failed('subject', flag)
  switch (end.state) {
    case 'timeout':
      return failed(
        'subject',
        `ran past its time limit of ${limits.timeLimitSeconds} s (in phase '${phase}')`,
      )
    case 'flooded':
      return failed('subject', `printed more than 64 MiB (in phase '${phase}')`)
    case 'out-of-memory':
      return failed(
        'subject',
        `killed for memory (limit ${gibibytes(limits.memoryBytes)}; in phase '${phase}')`,
      )
  }
  if (error !== undefined) return failed(error.fault, error.message)
  if (end.state === 'signalled')
    return failed('unclear', `ended by ${end.signal} in phase '${phase}'${lastWords(log)}`)
  if (files === undefined)
    return failed('unclear', `ended with exit code ${end.code} in phase '${phase}'${lastWords(log)}`)
  if (/Could not write XLA debug data to .*(RESOURCE_EXHAUSTED|No space left|quota)/.test(log))
    return failed('environment', 'no space left on the disk: XLA could not write its whole dump')
  if (files === 0)
    return failed('subject', 'XLA compiled nothing: jit-compile something (jit_compile=True), then run it')
  return { state: 'complete' }
}

const gibibytes = (bytes: number): string => `${+(bytes / 2 ** 30).toFixed(2)} GiB`

/** What XLA says about flags it does not know or cannot read, before it ends the process (parse_flags_from_env.cc). */
export function refusedFlags(log: string): string | undefined {
  const unknown = /Unknown flags? in XLA_FLAGS: (.+)/.exec(log)?.[1]
  if (unknown !== undefined) return `XLA does not know ${unknown.trim().split(/\s+/).join(', ')}`
  const value = /Couldn't interpret value (.*?) for flag (\S+?)\.?$/m.exec(log)
  if (value !== null) return `XLA cannot read ${value[1]} as a value of --${value[2]?.replace(/^-+/, '')}`
  return undefined
}

/** The last line that says something, for a process that died without a report. */
function lastWords(log: string): string {
  const line = log
    .split('\n')
    .map(text => text.trim())
    .findLast(text => /^[\x20-\x7e]{8,}$/.test(text) && !/^(WARNING|I0000|@ )/.test(text))
  return line === undefined ? '' : `: ${line.slice(0, 300)}`
}
