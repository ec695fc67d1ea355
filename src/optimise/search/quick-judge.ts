/** Candidates built and judged together, without a trace in the store: who may go on, and who is wrong. */
import { type JudgedBuild, type JudgedKernel, judge } from '../../judge/judge.ts'
import { PASSING } from '../../kernel/verdict.ts'
import { forAll } from '../../lanes/lanes.ts'
import { kernelSymbol } from '../../llvm/object/object.ts'
import { inScratch } from '../../process/scratch.ts'
import { semanticsOf } from '../../store/builds/verdicts.ts'
import type { ExploreServices } from '../proposer.ts'
import { USUAL } from '../verdicts.ts'
import type { Searched } from './rounds.ts'
import { asked, type Candidate } from './space/candidate.ts'

/** A candidate by the hash of its content, which twins share. */
export interface Entrant {
  readonly candidate: Candidate
  readonly contentHash: string
}

/** Entrants of one kernel, and the kernel as the judge takes it; its builds are those of the moment. */
export interface Contenders {
  readonly kernel: Searched
  readonly judged: JudgedKernel
  readonly entrants: readonly Entrant[]
}

export interface Sifted<C extends Contenders> {
  readonly contenders: C
  /** Those that passed; `hash` is the content's. */
  readonly passed: readonly JudgedBuild[]
  /** Contents that were refuted. Those that nothing refutes but nothing confirms either are in neither. */
  readonly wrong: ReadonlySet<string>
}

/** Enough to find most of what is wrong; what wins is judged whole. */
export const QUICK_TRIALS = 2

/** Builds and judges the entrants of all, by so many trials; as usual with the judge, small kernels get more. */
export async function sift<C extends Contenders>(
  all: readonly C[],
  trials: number,
  services: ExploreServices,
): Promise<Sifted<C>[]> {
  const { builder, toolchain, lanes, signal } = services
  const host = await services.host()
  const sifted = all.map(contenders => ({
    ...{ contenders, builds: [] as JudgedBuild[], passed: [] as JudgedBuild[], wrong: new Set<string>() },
  }))
  await forAll(lanes, sifted, signal, async ({ contenders, builds }) => {
    for (const { candidate, contentHash } of contenders.entrants) {
      const [request, source] = asked(candidate, contenders.kernel.input)
      const built = await builder.build(request, source, { signal })
      if (built.state !== 'ok') continue
      const { object } = built
      const semantics = semanticsOf(request.input)
      builds.push({ hash: contentHash, object, symbol: kernelSymbol(object), semantics, contentHash })
    }
  })
  const owners = new Map<JudgedKernel, (typeof sifted)[number]>()
  for (const one of sifted)
    if (one.builds.length > 0) owners.set({ ...one.contenders.judged, builds: one.builds }, one)
  await inScratch('sift', async directory => {
    const judging = { toolchain, host, lanes, directory, ...USUAL, trials, signal }
    await judge([...owners.keys()], judging, ({ kernel, build, verdict }) => {
      const one = owners.get(kernel)
      if (PASSING.includes(verdict.state)) one?.passed.push(build)
      else if (verdict.state === 'refuted') one?.wrong.add(build.contentHash)
    })
  })
  return sifted
}
