/** From the store's exchanges and proposals to what outcome.ts computes with. */

import { kernelFilter } from '../../store/kernels/kernel-filter.ts'
import type { Store } from '../../store/open.ts'
import { SEEDS_OF_A_RUN } from '../../store/proposers/exchanges.ts'
import type { KernelFacts, RandomSample, Sample } from './outcome.ts'
import { baselinesOf, bestOf, proposalsOf } from './proposals.ts'
import { type BuildFacts, buildFacts, type LlmMetric, timedHosts, type Valuing, valuing } from './values.ts'

/** One model as it was spoken to, for one goal: what figures are about. */
export interface Contestant {
  readonly llm: string
  readonly model: string
  readonly dialect: string
  readonly strategy: string
  readonly metric: LlmMetric
  /** The seed the run was given. */
  readonly seed: number
  readonly target: string
  readonly targetId: number
  /** Where times were taken. */
  readonly host: string | null
}

export interface ContestantFacts {
  readonly contestant: Contestant
  readonly kernels: readonly KernelFacts[]
  /** Kernels whose best sample by time was chosen by the samples that value it. */
  readonly unconfirmed: number
}

interface ExchangeRow {
  readonly id: number
  readonly kernel: string
  readonly name: string
  readonly targetId: number
  readonly target: string
  readonly llm: string
  readonly model: string
  readonly dialect: string
  readonly strategy: string
  readonly metric: LlmMetric
  readonly seed: number
  readonly sample: number
  readonly outcome: string
  readonly class: string | null
  readonly seconds: number
  readonly tokens: number
  readonly build: string | null
}

/** Every contestant with its kernels, of those `filter` selects, in a stable order. */
export function readContestants(store: Store, filter?: string): ContestantFacts[] {
  const { where, parameters } = kernelFilter(filter, 'e.kernel_hash')
  const rows = store
    .prepare(
      `SELECT e.id, e.kernel_hash AS kernel, k.name, e.target_id AS targetId, t.name AS target, e.llm, e.model,
         e.dialect || ' ' || e.dialect_version AS dialect, e.strategy, e.metric, e.seed / ${SEEDS_OF_A_RUN} AS seed,
         e.sample, e.outcome, e.class, e.seconds, coalesce(e.prompt_tokens, 0) + coalesce(e.reply_tokens, 0) AS tokens,
         e.build_hash AS build
       FROM exchange e JOIN kernel k ON k.hash = e.kernel_hash JOIN target t ON t.id = e.target_id
       WHERE e.strategy <> 'hints' AND ${where} ORDER BY e.id`,
    )
    .all(...parameters) as ExchangeRow[]
  if (rows.length === 0) return []
  const builds = buildFacts(store)
  const groups = Map.groupBy(rows, row =>
    [row.model, row.dialect, row.strategy, row.metric, row.seed, row.targetId].join('\n'),
  )
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => contestantFacts(store, group, builds, filter))
}

function contestantFacts(
  store: Store,
  rows: readonly ExchangeRow[],
  builds: ReadonlyMap<string, BuildFacts>,
  filter: string | undefined,
): ContestantFacts {
  const { llm, model, dialect, strategy, metric, seed, target, targetId } = rows[0] as ExchangeRow
  const host = metric === 'time' ? timedHosts(store)[0] : undefined
  const value = valuing(store, metric, host?.id)
  const worth = (build: BuildFacts | undefined): number | undefined =>
    build?.verified ? value(build)?.value : undefined
  const proposals = proposalsOf(store, targetId, builds, metric, seed)
  const kernels: KernelFacts[] = []
  let unconfirmed = 0
  for (const [hash, mine] of Map.groupBy(rows, row => row.kernel)) {
    const samples = [...Map.groupBy(mine, row => row.sample).values()].map(one =>
      sampleOf(one, builds, worth),
    )
    const first = mine[0]
    const others = proposals.get(hash) ?? []
    const facts: KernelFacts = {
      ...{ hash, name: first?.name ?? '', samples },
      first: worth(builds.get(first?.build ?? '')),
      random: others
        .filter(({ random }) => random)
        .map(({ build }): RandomSample => ({ value: worth(build), seconds: build.seconds })),
      baselines: baselinesOf(others, value),
      best: bestOf(others, worth),
    }
    if (chosenBySamples(mine, builds, value)) unconfirmed++
    kernels.push(facts)
  }
  const known = new Set(kernels.map(({ hash }) => hash))
  for (const { hash, name } of neverShown(store, { model, dialect, strategy }, filter))
    if (!known.has(hash)) {
      const others = proposals.get(hash) ?? []
      const random: RandomSample[] = []
      const [baselines, best] = [baselinesOf(others, value), bestOf(others, worth)]
      kernels.push({ hash, name, samples: [], first: undefined, random, baselines, best })
    }
  const contestant = {
    llm,
    model,
    dialect,
    strategy,
    metric,
    seed,
    target,
    targetId,
    host: host?.name ?? null,
  }
  return { contestant, kernels, unconfirmed }
}

const REACHED: Readonly<Record<string, Sample['reached']>> = {
  ...{ failed: 'asked', replied: 'answered', none: 'answered', invalid: 'parsed' },
  ...{ unchanged: 'valid', broken: 'valid', built: 'built' },
}

/** The answers of one sample as one: what its last answer with a build came to, else its last. */
function sampleOf(
  rows: readonly ExchangeRow[],
  builds: ReadonlyMap<string, BuildFacts>,
  worth: (build: BuildFacts | undefined) => number | undefined,
): Sample {
  const last =
    rows.findLast(row => builds.get(row.build ?? '')?.verified) ??
    rows.findLast(row => row.outcome !== 'failed') ??
    (rows.at(-1) as ExchangeRow)
  const build = builds.get(last.build ?? '')
  const reached = REACHED[last.outcome] ?? 'asked'
  const made = [...new Set(rows.flatMap(row => row.build ?? []))]
  return {
    reached: reached === 'built' && build?.verified ? 'verified' : reached,
    refuted: build?.wrong ?? false,
    class: last.class ?? undefined,
    value: worth(build),
    tokens: rows.reduce((sum, row) => sum + row.tokens, 0),
    seconds:
      rows.reduce((sum, row) => sum + row.seconds, 0) +
      made.reduce((sum, hash) => sum + (builds.get(hash)?.seconds ?? 0), 0),
  }
}

/** Whether the best of several samples is known only by what chose it. */
function chosenBySamples(
  rows: readonly ExchangeRow[],
  builds: ReadonlyMap<string, BuildFacts>,
  value: Valuing,
): boolean {
  const values = rows.flatMap(row => {
    const build = builds.get(row.build ?? '')
    return build?.verified ? (value(build) ?? []) : []
  })
  const [best] = values.toSorted((a, b) => a.value - b.value)
  return values.length > 1 && best?.confirmed === false
}

/** Kernels that did not fit the model's window in any form. */
function neverShown(
  store: Store,
  { model, dialect, strategy }: Pick<Contestant, 'model' | 'dialect' | 'strategy'>,
  filter: string | undefined,
): { hash: string; name: string }[] {
  const { where, parameters } = kernelFilter(filter, 'k.hash')
  return store
    .prepare(
      `SELECT k.hash, k.name FROM showing s JOIN kernel k ON k.hash = s.kernel_hash
       WHERE s.form = 'refused' AND s.model = ? AND s.dialect = ? AND s.strategy = ? AND ${where} ORDER BY k.hash`,
    )
    .all(model, dialect.split(' ')[0], strategy, ...parameters) as { hash: string; name: string }[]
}
