/** Reduces what was refuted: the shortest list, with the fewest settings, whose code is still wrong. */
import { mkdir } from 'node:fs/promises'
import { inState } from '../../config/paths.ts'
import type { Host } from '../../hosts/host.ts'
import { judge } from '../../judge/judge.ts'
import { type JudgedKernel, storedKernel } from '../../judge/stored.ts'
import { type BuildResult, buildHash } from '../../kernel/build.ts'
import type { Counterexample, Verdict } from '../../kernel/verdict.ts'
import { progress } from '../../log.ts'
import { putBuild } from '../../store/builds/builds.ts'
import { write } from '../../store/open.ts'
import { hasFinding, putFinding } from '../../store/proposers/findings.ts'
import type { ExploreServices } from '../proposer.ts'
import { USUAL } from '../verdicts.ts'
import { minimise } from './minimise.ts'
import type { Schedule } from './schedule.ts'
import { asked, type Candidate, candidateText, requestOf } from './space/candidate.ts'
import type { Settled } from './winners.ts'

/** Candidates of one finding that are run; those that come out equal to one known need not be. */
const MOST_RUNS = 40

/** Keeps each refuted build as a finding, reduced. One that was reduced before stays as it is. */
export async function keepFindings(
  settled: readonly Settled[],
  schedule: Schedule,
  services: ExploreServices,
): Promise<void> {
  const work = settled.flatMap(({ kernel, refuted }) =>
    refuted.filter(({ build }) => !hasFinding(services.store, build)).map(found => ({ kernel, found })),
  )
  if (work.length === 0) return
  const host = await services.host()
  const shown = progress('reducing what was refuted', work.length)
  try {
    for (const { kernel, found } of work) {
      services.signal.throwIfAborted()
      await keep(kernel, found, schedule, host, services)
      shown.step(kernel.input.kernel.slice(0, 8))
    }
  } finally {
    shown.done()
  }
}

async function keep(
  { input, state }: Settled['kernel'],
  found: Settled['refuted'][number],
  schedule: Schedule,
  host: Host,
  services: ExploreServices,
): Promise<void> {
  const { store, builder, signal } = services
  const refuter = await openRefuter(found.build, host, services)
  let last: { readonly candidate: Candidate; readonly result: BuildResult } | undefined
  const reduced =
    refuter === undefined
      ? found.candidate
      : await minimise(found.candidate, schedule.pipelines, async candidate => {
          const result = await builder.build(...asked(candidate, input), { signal })
          const wrong = result.state === 'ok' && (await refuter.isWrong(result))
          if (wrong) last = { candidate, result }
          return wrong
        })
  write(store, () => {
    const request = requestOf(reduced, input)
    if (last !== undefined) putBuild(store, request, last.result)
    putFinding(store, {
      ...{ kernel: input.kernel, targetId: state.key.targetId, kind: 'refuted', build: found.build },
      steps: found.candidate.passes.length,
      reason: refuter?.told().reason,
      counterexample: refuter?.told().counterexample,
      reduced: {
        candidate: candidateText(reduced),
        build: last === undefined ? found.build : buildHash(request),
        steps: reduced.passes.length,
      },
    })
  })
}

type Ok = Extract<BuildResult, { state: 'ok' }>
type Told = Pick<Verdict, 'reason' | 'counterexample'>

/** Says of builds whether the judge refutes them, under the first signature that refuted the one found. */
async function openRefuter(build: string, host: Host, { store, toolchain, lanes, signal }: ExploreServices) {
  const kernel = await storedKernel(build, 'refuted', { store, toolchain, signal })
  const [first] = kernel?.builds ?? []
  if (kernel === undefined || first === undefined) return undefined
  const known = new Map([[first.contentHash, true]])
  const directory = inState('work')
  await mkdir(directory, { recursive: true })
  let runs = 0
  let verdict: Told = storedRefutation(store, build)
  const services = { toolchain, host, lanes, directory, ...USUAL, signal }
  const ask = async (one: JudgedKernel['builds'][number]): Promise<Verdict | undefined> => {
    let answer: Verdict | undefined
    await judge([{ ...kernel, builds: [one] }], services, judgement => {
      answer = judgement.verdict
    })
    return answer
  }
  return {
    /** What the judge said of the last that was wrong. */
    told: () => verdict,
    async isWrong({ object, contentHash }: Ok): Promise<boolean> {
      const before = known.get(contentHash)
      if (before !== undefined || runs >= MOST_RUNS) return before ?? false
      runs++
      const answer = await ask({ ...first, object, contentHash, hash: contentHash })
      const wrong = answer?.state === 'refuted'
      if (answer?.state === 'refuted') verdict = answer
      known.set(contentHash, wrong)
      return wrong
    },
  }
}

function storedRefutation(store: ExploreServices['store'], build: string): Told {
  const row = store
    .prepare("SELECT reason, counterexample FROM current_verdict WHERE build_hash = ? AND state = 'refuted'")
    .get(build) as { reason: string | null; counterexample: string | null } | undefined
  return {
    ...(row?.reason && { reason: row.reason }),
    ...(row?.counterexample && { counterexample: JSON.parse(row.counterexample) as Counterexample }),
  }
}
