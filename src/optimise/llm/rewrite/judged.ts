/** What the judge says of a model's rewrites, and how a model is told. */
import { mkdir } from 'node:fs/promises'
import { inState } from '../../../config/paths.ts'
import { judgeStored, pendingOn } from '../../../judge/stored.ts'
import { runsOn } from '../../../kernel/runs-on.ts'
import { type Counterexample, PASSING, type VerdictState } from '../../../kernel/verdict.ts'
import { disassemble } from '../../../llvm/disassemble.ts'
import type { Session, Task } from '../strategy.ts'
import { classOfBroken } from './classes.ts'

/** As `xlab verify` judges unless told otherwise: a verdict made here is one made there. */
const SEED = 1
const TRIALS = 16

/** What is wrong with a build: its class, and a sentence that shows it. */
export interface Fault {
  readonly class: string
  readonly message: string
}

/** Judges those builds of a kernel that have no verdict; nothing where they cannot run here. */
export async function judgeBuilds(task: Task, builds: ReadonlySet<string>, session: Session): Promise<void> {
  const { store, toolchain, lanes, signal, spent } = session
  const host = await session.host()
  if (builds.size === 0 || !runsOn(task.target, host.target)) return
  const pending = await pendingOn({ store, host }, { filter: task.kernel.hash, builds })
  const directory = inState('work')
  await mkdir(directory, { recursive: true })
  const services = { store, host, toolchain, lanes, signal, directory, seed: SEED, trials: TRIALS }
  const text = (bitcode: Uint8Array): Promise<string> => disassemble(toolchain, bitcode, signal)
  await judgeStored(pending, { ...services, disassemble: text }, (_, { state }) => {
    spent.judged++
    if (PASSING.includes(state)) spent.verified++
  })
}

interface Row {
  readonly state: VerdictState
  readonly reason: string | null
  readonly counterexample: string | null
}

/** What the latest verdicts hold against a build; undefined when nothing is known against it. */
export function faultOf(build: string, { store }: Pick<Session, 'store'>): Fault | undefined {
  const row = store
    .prepare(
      `SELECT state, reason, counterexample FROM current_verdict
       WHERE build_hash = ? AND state IN ('refuted', 'broken') ORDER BY signature_hash`,
    )
    .get(build) as Row | undefined
  if (row === undefined) return undefined
  if (row.state === 'broken') {
    const reason = row.reason ?? 'it does not run'
    return { class: classOfBroken(reason), message: `It ${reason}` }
  }
  return { class: 'refuted', message: refutation(row) }
}

function refutation({ reason, counterexample }: Row): string {
  if (counterexample === null) return `Its results are wrong: ${reason ?? 'they differ'}`
  const { argument, element, expected, actual, inputs, values, differing } = JSON.parse(
    counterexample,
  ) as Counterexample
  const where =
    values === undefined
      ? `for ${inputs} inputs, element ${element} of argument ${argument}`
      : `for arguments (${values.join(', ')}), the result`
  const more = differing > 1 ? `, and ${differing - 1} more differ` : ''
  return `Its results are wrong: ${where} must be ${expected} and is ${actual}${more}`
}
