/** What the judge says of a search's builds. */
import { mkdir } from 'node:fs/promises'
import { inState } from '../../config/paths.ts'
import type { Host } from '../../hosts/host.ts'
import { judgeStored, pendingOn } from '../../judge/stored.ts'
import { PASSING, type VerdictState } from '../../kernel/verdict.ts'
import { disassemble } from '../../llvm/disassemble.ts'
import { cached } from '../../store/statements.ts'
import type { ExploreServices } from '../proposer.ts'

/** As `xlab verify` judges unless told otherwise, so that a verdict made here is one made there. */
const SEED = 1
const TRIALS = 16

/** `passed` under every signature; `undecided`: nothing here can say. */
export type Judged = 'passed' | 'refuted' | 'broken' | 'undecided'

/** Judges those of the proposed builds that have no verdict yet. */
export async function judgeAll(
  builds: ReadonlySet<string>,
  host: Host,
  { store, toolchain, lanes, signal }: ExploreServices,
): Promise<void> {
  const pending = await pendingOn({ store, host }, { builds })
  if (pending.length === 0) return
  const directory = inState('work')
  await mkdir(directory, { recursive: true })
  await judgeStored(pending, {
    ...{ store, host, toolchain, lanes, signal, directory, seed: SEED, trials: TRIALS },
    disassemble: bitcode => disassemble(toolchain, bitcode, signal),
  })
}

/** What the latest verdicts make of a build. */
export function judged(build: string, { store }: Pick<ExploreServices, 'store'>): Judged {
  const states = cached(store, 'SELECT state FROM current_verdict WHERE build_hash = ?')
    .pluck()
    .all(build) as VerdictState[]
  if (states.includes('refuted')) return 'refuted'
  if (states.includes('broken')) return 'broken'
  return states.length > 0 && states.every(state => PASSING.includes(state)) ? 'passed' : 'undecided'
}
