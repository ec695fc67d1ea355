/**
 * Jobs through a runner process, wherever a host starts it. The runner survives what it runs; if it dies all the same,
 * it is started again on what has no answer, and a job that it died on twice is answered for it. When only the
 * connection to it went, no job is blamed.
 */
import { environmentError } from '../errors.ts'
import { describeExit } from '../process/run.ts'
import { type Answer, decodeLine } from '../runner/decode.ts'
import { encodeJob } from '../runner/encode.ts'
import type { RunnerJob, RunnerResult } from '../runner/protocol.ts'
import type { Ended, StartOptions } from './machine.ts'

/** Starts the bundle on a host with these options and gives how it ended. */
export type StartRunner = (options: StartOptions) => Promise<Ended>

/** Times a connection may go within one call before the host counts as lost. */
const MAX_LOSSES = 5

const MAX_ANSWER_BYTES = 512 << 20
const DAY_MS = 24 * 3600 * 1000

/** Runs the jobs. A verify job's results come as they are found, a timing job's together when it is done. */
export async function runJobs(
  jobs: readonly RunnerJob[],
  start: StartRunner,
  options: { readonly signal?: AbortSignal; readonly onResult: (result: RunnerResult) => void },
): Promise<void> {
  const { signal, onResult } = options
  const work = jobs.map((job): Work => ({ job, done: false, deaths: 0, answered: new Set(), samples: [] }))
  let losses = 0
  for (let greeted = false; ; ) {
    const left = work.filter(one => !one.done)
    if (left.length === 0) return
    let fatal = ''
    let confused: unknown
    const take = (answer: Answer): void => {
      if (answer.kind === 'hello') {
        if (!greeted) onResult(answer)
        greeted = true
      } else if (answer.kind === 'fatal') fatal = answer.reason
      else takeAnswer(answer, left, onResult)
    }
    const exit = await start({
      input: left.map((one, i) => encodeJob(remaining(one), i)).join(''),
      timeoutMs: Math.min(DAY_MS, 60_000 + left.reduce((sum, { job }) => sum + longestMs(job), 0)),
      maxBytes: MAX_ANSWER_BYTES,
      onStdout: line => {
        if (line === '' || confused !== undefined) return
        try {
          take(decodeLine(line))
        } catch (error) {
          confused = error
        }
      },
      ...(signal && { signal }),
    })
    signal?.throwIfAborted()
    if (confused !== undefined) throw confused
    const first = left.find(one => !one.done)
    if (first === undefined) continue
    first.samples = []
    if (exit.state === 'lost') {
      if (++losses > MAX_LOSSES)
        throw environmentError(
          `the connection to the host went ${losses} times: ${exit.why}`,
          'the same command goes on with what is missing',
        )
      continue
    }
    if (++first.deaths < 2) continue
    answerFor(first, `the runner itself failed: ${fatal || describeExit(exit)}`, onResult)
  }
}

interface Work {
  readonly job: RunnerJob
  done: boolean
  deaths: number
  /** Functions of a verify job that have their result. */
  readonly answered: Set<string>
  /** Results of a timing job, held back until it is done: a restart repeats it whole. */
  samples: RunnerResult[]
}

function takeAnswer(
  answer: Exclude<Answer, { kind: 'hello' | 'fatal' }>,
  left: readonly Work[],
  onResult: (result: RunnerResult) => void,
): void {
  const one = left[answer.job]
  if (one === undefined) throw new Error(`an answer to job ${answer.job}, which was not asked`)
  if (answer.kind === 'done') {
    one.done = true
    for (const result of one.samples) onResult(result)
    return
  }
  const result = { ...answer.result, id: one.job.id } as RunnerResult
  if (result.kind !== 'verify') one.samples.push(result)
  else if (!one.answered.has(result.function)) {
    one.answered.add(result.function)
    onResult(result)
  }
}

/** The job without what is answered. */
const remaining = ({ job, answered }: Work): RunnerJob =>
  job.kind === 'verify' ? { ...job, candidates: job.candidates.filter(c => !answered.has(c.function)) } : job

function answerFor(one: Work, reason: string, onResult: (result: RunnerResult) => void): void {
  one.done = true
  const { id } = one.job
  const job = remaining(one)
  if (job.kind === 'time') onResult({ kind: 'time-failed', id, reason })
  else
    for (const { function: name } of job.candidates)
      onResult({
        kind: 'verify',
        id,
        function: name,
        state: 'undecided',
        trials: 0,
        worstUlps: 0,
        seconds: 0,
        reason,
      })
}

/** No job takes longer, for the runner bounds every run: an upper bound on its bounds. */
function longestMs(job: RunnerJob): number {
  if (job.kind === 'time') return (job.functions.length + 1) * job.limitMs
  const runs = job.trials === 'exhaustive' ? 2 ** 24 / 256 : job.trials.length
  return runs * (job.references.length + job.candidates.length) * job.limitMs
}
