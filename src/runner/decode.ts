/** What the runner answers: one JSON object a line. Checked field by field, for it comes from another machine. Pure. */
import type { Counterexample } from '../kernel/verdict.ts'
import type {
  CountedInstructions,
  MachineSeen,
  RunnerHello,
  Sample,
  TimingFailure,
  VerifyResult,
} from './protocol.ts'

/** One line: a result of a job by its number, the end of a job, or the runner's own trouble. */
export type Answer =
  | RunnerHello
  | { readonly kind: 'result'; readonly job: number; readonly result: Numbered }
  | { readonly kind: 'done'; readonly job: number }
  | { readonly kind: 'fatal'; readonly reason: string }

/** A result that lacks its job's id. */
export type Numbered =
  | Omit<VerifyResult, 'id'>
  | Omit<Sample, 'id'>
  | Omit<CountedInstructions, 'id'>
  | Omit<MachineSeen, 'id'>
  | Omit<TimingFailure, 'id'>

/** Reads one line. Throws on a line that no runner of this version writes. */
export function decodeLine(line: string): Answer {
  const fields = record(JSON.parse(line))
  const kind = text(fields, 'kind')
  switch (kind) {
    case 'hello':
      return {
        kind,
        functions: count(fields, 'functions'),
        jail: text(fields, 'jail').split(' '),
        clock: clock(fields),
      }
    case 'fatal':
      return { kind, reason: text(fields, 'reason') }
    case 'done':
      return { kind, job: count(fields, 'job') }
    case 'verify':
      return { kind: 'result', job: count(fields, 'job'), result: verifyResult(fields) }
    case 'sample':
      return {
        kind: 'result',
        job: count(fields, 'job'),
        result: {
          kind,
          function: text(fields, 'function'),
          process: count(fields, 'process'),
          pair: count(fields, 'pair'),
          position: count(fields, 'position'),
          batch: count(fields, 'batch'),
          nsPerCall: number(fields, 'nsPerCall'),
          metric: metric(fields),
          retaken: count(fields, 'retaken'),
          ...optionalText(fields, 'disturbance'),
        },
      }
    case 'machine':
      return {
        kind: 'result',
        job: count(fields, 'job'),
        result: { kind, leastCrowding: count(fields, 'leastCrowding') },
      }
    case 'count':
      return {
        kind: 'result',
        job: count(fields, 'job'),
        result: { kind, function: text(fields, 'function'), instructions: number(fields, 'instructions') },
      }
    case 'time-failed':
      return {
        kind: 'result',
        job: count(fields, 'job'),
        result: { kind, reason: text(fields, 'reason'), ...optionalText(fields, 'function') },
      }
    default:
      throw new Error(`unknown answer '${kind}'`)
  }
}

const STATES: readonly string[] = ['agreed', 'exhausted', 'refuted', 'broken', 'undecided']
const isState = (state: string): state is VerifyResult['state'] => STATES.includes(state)

function verifyResult(fields: Fields): Omit<VerifyResult, 'id'> {
  const state = text(fields, 'state')
  if (!isState(state)) throw new Error(`unknown state '${state}'`)
  return {
    kind: 'verify',
    function: text(fields, 'function'),
    state,
    trials: count(fields, 'trials'),
    worstUlps: number(fields, 'worstUlps'),
    seconds: number(fields, 'seconds'),
    ...optionalText(fields, 'reason'),
    ...(fields.counterexample !== undefined && {
      counterexample: counterexample(record(fields.counterexample)),
    }),
  }
}

function counterexample(fields: Fields): Counterexample {
  const { values } = fields
  return {
    trial: count(fields, 'trial'),
    seed: count(fields, 'seed'),
    inputs: text(fields, 'inputs'),
    argument: count(fields, 'argument'),
    element: count(fields, 'element'),
    differing: count(fields, 'differing'),
    expected: text(fields, 'expected'),
    actual: text(fields, 'actual'),
    ...optionalText(fields, 'lowest'),
    ...optionalText(fields, 'highest'),
    ...(Array.isArray(values) && { values: values.map(String) }),
  }
}

function clock(fields: Fields): RunnerHello['clock'] {
  const name = text(fields, 'clock')
  if (name !== 'cpu' && name !== 'wall') throw new Error(`unknown clock '${name}'`)
  return name
}

function metric(fields: Fields): Sample['metric'] {
  const name = text(fields, 'metric')
  if (name !== 'time' && name !== 'time-cold') throw new Error(`unknown metric '${name}'`)
  return name
}

type Fields = Readonly<Record<string, unknown>>

function record(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new Error('not an object')
  return value as Fields
}

function text(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw new Error(`'${name}' is no text`)
  return value
}

function number(fields: Fields, name: string): number {
  const value = fields[name]
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw new Error(`'${name}' is no number from 0 up`)
  return value
}

function count(fields: Fields, name: string): number {
  const value = number(fields, name)
  if (!Number.isSafeInteger(value)) throw new Error(`'${name}' is no whole number`)
  return value
}

const optionalText = <K extends string>(fields: Fields, name: K): { readonly [key in K]?: string } =>
  fields[name] === undefined ? {} : ({ [name]: text(fields, name) } as { readonly [key in K]?: string })
