/**
 * Instructions a function executes in a call, from qemu's own log: it tells each block of code it translates, with its
 * instructions, and each block it enters. (Counting plugins would be faster; Debian's user-mode qemu takes none.)
 */
import { environmentError } from '../errors.ts'
import { describeExit, type Exit, type RunOptions } from '../process/run.ts'
import { decodeLine } from '../runner/decode.ts'
import { encodeJob } from '../runner/encode.ts'
import type { CountedInstructions, TimingFailure, TimingJob } from '../runner/protocol.ts'

/** Addresses in a bundle, as its runner tells them. */
interface Marks {
  readonly begin: number
  readonly end: number
  /** First and last address of what is not the runner's own. */
  readonly code: readonly [number, number]
}

/** Runs the bundle under the emulator with these options of the emulator's and words for the runner. */
export type Emulate = (options: readonly string[], words: readonly string[], how: RunOptions) => Promise<Exit>

/** A call that enters more blocks than fit in this much log is not counted. */
const MAX_LOG_BYTES = 400 << 20
const LIMIT_MS = 120_000

/** Counts each function of a job, in a process of its own. What cannot be counted is a failure that says why. */
export async function countFunctions(
  job: TimingJob,
  emulate: Emulate,
  onResult: (result: CountedInstructions | TimingFailure) => void,
  signal?: AbortSignal,
): Promise<void> {
  const marks = await marksOf(emulate)
  const ranges = [marks.begin, marks.end].map(at => `0x${at.toString(16)}+1`)
  const [from, to] = marks.code
  const filter = [...ranges, `0x${from.toString(16)}..0x${to.toString(16)}`].join(',')
  for (const name of job.functions) {
    const counter = blockCounter(marks)
    let reason: string | undefined
    const exit = await emulate(['-d', 'in_asm,exec,nochain', '-dfilter', filter], ['trace'], {
      input: encodeJob({ ...job, functions: [name] }, 0),
      timeoutMs: LIMIT_MS,
      maxBytes: MAX_LOG_BYTES,
      onStderr: line => counter.read(line),
      onStdout: line => {
        const answer = line === '' ? undefined : decodeLine(line)
        if (answer?.kind === 'fatal') reason = answer.reason
        if (answer?.kind === 'result' && answer.result.kind === 'time-failed') reason = answer.result.reason
      },
      ...(signal && { signal }),
    })
    signal?.throwIfAborted()
    const instructions = counter.total()
    if (exit.state === 'flooded') reason = 'it executes more than is logged'
    else if (exit.state !== 'exited') reason = describeExit(exit)
    if (reason === undefined && instructions !== undefined)
      onResult({ kind: 'count', id: job.id, function: name, instructions })
    else
      onResult({
        kind: 'time-failed',
        id: job.id,
        function: name,
        reason: `its instructions were not counted: ${reason ?? 'the emulator does not log what it executes'}`,
      })
  }
}

async function marksOf(emulate: Emulate): Promise<Marks> {
  const exit = await emulate([], ['marks'], { timeoutMs: 60_000 })
  const { begin, end, code } = JSON.parse(exit.stdout.toString('utf8') || '{}') as Partial<Marks>
  if (begin === undefined || end === undefined || code === undefined)
    throw environmentError(`the runner does not start under the emulator: ${describeExit(exit)}`)
  return { begin, end, code }
}

/**
 * Reads qemu's log (`-d in_asm,exec,nochain`) line by line: `IN:` begins a block and each line of an address is one of
 * its instructions; `Trace N: HOST [FLAGS/ADDRESS/…` enters one.
 */
export function blockCounter(marks: Pick<Marks, 'begin' | 'end'>): {
  read(line: string): void
  /** Instructions between the marks; undefined when these were not both passed, or a block was unknown. */
  total(): number | undefined
} {
  const sizes = new Map<number, number>()
  let block: number | undefined
  let fresh = false
  let state: 'before' | 'between' | 'after' | 'lost' = 'before'
  let total = 0
  const enter = (address: number): void => {
    if (address === marks.begin && state === 'before') state = 'between'
    else if (address === marks.end && state === 'between') state = 'after'
    else if (state === 'between') {
      const size = sizes.get(address)
      if (size === undefined) state = 'lost'
      else total += size
    }
  }
  return {
    read(line) {
      if (line.startsWith('Trace ')) {
        const address = /\[[^/]*\/([0-9a-f]+)\//.exec(line)?.[1]
        if (address !== undefined) enter(Number.parseInt(address, 16))
      } else if (line.startsWith('IN:')) fresh = true
      else if (line.startsWith('0x')) {
        if (fresh) {
          block = Number.parseInt(line.slice(2, line.indexOf(':')), 16)
          sizes.set(block, 0)
          fresh = false
        }
        if (block !== undefined) sizes.set(block, (sizes.get(block) ?? 0) + 1)
      }
    },
    total: () => (state === 'after' ? total : undefined),
  }
}
