/** What everybody proposed for the kernels of a target: the baselines, chance, and the best known. */
import type { Store } from '../../store/open.ts'
import { BASELINES, type Baseline, type KernelFacts } from './outcome.ts'
import type { BuildFacts, LlmMetric, Valuing } from './values.ts'

export interface Proposal {
  readonly id: number
  readonly proposer: string
  readonly random: boolean
  readonly build: BuildFacts
}

/** All proposals for the target by kernel, random's of this metric in their order and of one seed: the run's if there is one. */
export function proposalsOf(
  store: Store,
  targetId: number,
  builds: ReadonlyMap<string, BuildFacts>,
  metric: LlmMetric,
  seed: number,
): Map<string, Proposal[]> {
  const rows = store
    .prepare(
      `SELECT id, kernel_hash AS kernel, proposer, build_hash AS build, json_extract(parameters, '$.metric') AS metric,
         json_extract(parameters, '$.seed') AS seed
       FROM proposal WHERE target_id = ? ORDER BY kernel_hash, proposer, sample, id`,
    )
    .all(targetId) as {
    id: number
    kernel: string
    proposer: string
    build: string
    metric: string | null
    seed: number | null
  }[]
  const drawn = rows.filter(row => row.proposer === 'random' && row.metric === metric)
  const chosen = drawn.some(row => row.seed === seed) ? seed : Math.min(...drawn.map(row => row.seed ?? 0))
  const proposals = new Map<string, Proposal[]>()
  for (const row of rows) {
    const build = builds.get(row.build)
    if (build === undefined) continue
    const random = row.proposer === 'random' && row.metric === metric && row.seed === chosen
    const known = proposals.get(row.kernel) ?? []
    proposals.set(row.kernel, known)
    known.push({ id: row.id, proposer: row.proposer, random, build })
  }
  return proposals
}

/** A baseline counts unless it is known to be wrong. */
export const baselinesOf = (proposals: readonly Proposal[], value: Valuing): KernelFacts['baselines'] =>
  Object.fromEntries(
    BASELINES.flatMap(name => {
      const build = proposals.find(
        ({ proposer, build }) => proposer === name && build.ok && !build.wrong,
      )?.build
      const own = build && value(build)
      return own === undefined ? [] : [[name satisfies Baseline, own.value]]
    }),
  )

export function bestOf(
  proposals: readonly Proposal[],
  worth: (build: BuildFacts) => number | undefined,
): KernelFacts['best'] {
  let best: KernelFacts['best']
  // Of equals the first who proposed it.
  for (const { proposer, build } of proposals.toSorted((a, b) => a.id - b.id)) {
    const value = worth(build)
    if (value !== undefined && (best === undefined || value < best.value)) best = { value, proposer }
  }
  return best
}
