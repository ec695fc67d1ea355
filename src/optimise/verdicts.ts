/** What the judge says of an explorer's builds. */
import { mkdir } from 'node:fs/promises'
import { inState } from '../config/paths.ts'
import { judgeStored, pendingOn } from '../judge/stored.ts'
import { PASSING, type Verdict, type VerdictState } from '../kernel/verdict.ts'
import { cached } from '../store/statements.ts'
import type { ExploreServices } from './proposer.ts'

/** As `xlab verify` judges unless told otherwise, so that a verdict made here is one made there. */
export const USUAL = { seed: 1, trials: 16 } as const

/** `passed` under every signature; `undecided`: nothing here can say. */
export type Judged = 'passed' | 'refuted' | 'broken' | 'undecided'

/** Judges those of the proposed builds that can run here and have no verdict yet; all of one `kernel`, where given. */
export async function judgeProposed(
  builds: ReadonlySet<string>,
  services: ExploreServices,
  options: { readonly kernel?: string; readonly onVerdict?: (build: string, verdict: Verdict) => void } = {},
): Promise<void> {
  if (builds.size === 0) return
  const { store, toolchain, lanes, signal } = services
  const host = await services.host()
  const pending = await pendingOn({ store, host }, { filter: options.kernel, builds })
  if (pending.length === 0) return
  const directory = inState('work')
  await mkdir(directory, { recursive: true })
  await judgeStored(
    pending,
    { store, host, toolchain, lanes, signal, directory, ...USUAL },
    options.onVerdict,
  )
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
