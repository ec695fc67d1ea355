/** `query llm`, `llm-kernels` and `llm-funnel`: language models held to account. docs/llm.md explains every column. */
import { geometricMean } from '../../measure/statistics.ts'
import { type AnswerRow, type NamedQuery, parseColumn } from '../../store/queries/named-queries.ts'
import { type Contest, contest, shareOfBest } from './contest.ts'
import {
  BASELINES,
  type Baseline,
  type Drawn,
  drawnIn,
  type KernelFacts,
  least,
  ratiosOf,
  type Sample,
} from './outcome.ts'
import { type Contestant, type ContestantFacts, readContestants } from './read.ts'

const columns = (text: string): NamedQuery['columns'] => text.split(' ').map(parseColumn)
const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length
const geomean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : geometricMean(values)
const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null

const ORDER: readonly Sample['reached'][] = ['asked', 'answered', 'parsed', 'valid', 'built', 'verified']
/** Samples that came at least so far. */
const reached = (samples: readonly Sample[], stage: Sample['reached']): number =>
  samples.filter(sample => ORDER.indexOf(sample.reached) >= ORDER.indexOf(stage)).length

const who = ({ model, strategy, metric, dialect, seed, target, host }: Contestant): AnswerRow => ({
  ...{ model, strategy, metric, dialect, seed, target, host },
})

/** One contestant against one baseline; nothing when no kernel has that baseline. */
function standing({ contestant, kernels, unconfirmed }: ContestantFacts, baseline: Baseline): AnswerRow[] {
  const compared = kernels.flatMap(facts => {
    const ratios = ratiosOf(facts, baseline)
    return ratios === undefined ? [] : [{ facts, ratios }]
  })
  if (compared.length === 0) return []
  const samples = kernels.flatMap(facts => facts.samples)
  const ratios = compared.map(one => one.ratios)
  const drawn = (key: 'randomCandidates' | 'randomSeconds') =>
    ratios.flatMap(one => {
      const random = one[key]
      const mine = { best: one.bestOfN, fallback: one.fallback }
      return random === undefined ? [] : [{ mine, random }]
    })
  const [byCount, bySeconds] = [drawn('randomCandidates'), drawn('randomSeconds')]
  const won = (prefix: string, all: typeof byCount, kind: keyof Drawn): AnswerRow =>
    contestColumns(prefix, contest(all.map(({ mine, random }) => [mine[kind], random[kind]])))
  return [
    {
      ...who(contestant),
      baseline,
      tried: kernels.length,
      compared: compared.length,
      answers: samples.length,
      parsed: reached(samples, 'parsed'),
      valid: reached(samples, 'valid'),
      verified: reached(samples, 'verified'),
      refuted: samples.filter(sample => sample.refuted).length,
      zero_shot: geomean(ratios.map(one => one.zeroShot)),
      zero_shot_failed: compared.filter(({ facts }) => facts.first === undefined).length,
      random_first: geomean(ratios.flatMap(one => one.randomFirst ?? [])),
      best_of_n: geomean(ratios.map(one => one.bestOfN)),
      none_verified: compared.filter(({ facts }) => facts.samples.every(s => s.value === undefined)).length,
      random_best_n: geomean(byCount.map(({ random }) => random.best)),
      random_best_s: geomean(bySeconds.map(({ random }) => random.best)),
      with_fallback: geomean(ratios.map(one => one.fallback)),
      share_of_best_pct: finite(
        100 * (shareOfBest(ratios.map(one => [one.fallback, one.best])) ?? Number.NaN),
      ),
      random_n: geomean(byCount.map(({ random }) => random.fallback)),
      ...won('best_n', byCount, 'best'),
      ...won('n', byCount, 'fallback'),
      n_kernels: byCount.length,
      random_s: geomean(bySeconds.map(({ random }) => random.fallback)),
      ...won('best_s', bySeconds, 'best'),
      ...won('s', bySeconds, 'fallback'),
      s_kernels: bySeconds.length,
      s_short: ratios.filter(one => one.randomSeconds !== undefined && one.randomShort).length,
      unconfirmed,
      tokens: mean(kernels.map(total('tokens'))),
      seconds: mean(kernels.map(total('seconds'))),
    },
  ]
}

/** The model's value over random's, with its interval and who won. */
const contestColumns = (prefix: string, result: Contest | undefined): AnswerRow => ({
  [`${prefix}_ratio`]: finite(result?.ratio),
  [`${prefix}_low`]: finite(result?.low),
  [`${prefix}_high`]: finite(result?.high),
  [`${prefix}_winner`]: result?.winner ?? null,
})

const total =
  (key: 'tokens' | 'seconds') =>
  ({ samples }: KernelFacts): number =>
    samples.reduce((sum, sample) => sum + sample[key], 0)

const CONTEST = (prefix: string): string =>
  ['ratio.3', 'low.3', 'high.3'].map(column => `${prefix}_${column}`).join(' ')

const LLM_QUERY: NamedQuery = {
  name: 'llm',
  summary:
    'language models by strategy and metric against each baseline: first answer, best of n, with fallback, and chance at equal candidates and seconds',
  columns: columns(
    `model strategy metric baseline tried answers verified zero_shot.3 best_of_n.3 random_best_n.3 best_n_winner with_fallback.3 random_n.3 n_winner random_s.3 s_winner s_short share_of_best_pct.1 tokens.0 seconds.1 parsed valid refuted zero_shot_failed none_verified random_first.3 ${CONTEST('best_n')} random_best_s.3 best_s_winner ${CONTEST('best_s')} ${CONTEST('n')} ${CONTEST('s')} compared n_kernels s_kernels unconfirmed dialect seed target host`,
  ),
  filters: true,
  rows: (store, filter) =>
    readContestants(store, filter).flatMap(facts => BASELINES.flatMap(baseline => standing(facts, baseline))),
}

const KERNELS_QUERY: NamedQuery = {
  name: 'llm-kernels',
  summary:
    'each kernel a language model worked on: its first and best answer, chance, the baselines and the best known',
  columns: columns(
    'hash name model strategy metric samples verified first best_of_n random_n random_s random_drawn oz o3 xla best_known best_proposer tokens.0 seconds.2 failures dialect seed target host',
  ),
  filters: true,
  rows: (store, filter) =>
    readContestants(store, filter).flatMap(({ contestant, kernels }) =>
      kernels.map(facts => kernelRow(contestant, facts)),
    ),
}

function kernelRow(contestant: Contestant, facts: KernelFacts): AnswerRow {
  const { hash, name, samples, first, random, baselines, best } = facts
  const seconds = total('seconds')(facts)
  const drawn = random.slice(0, drawnIn(random, seconds).count)
  return {
    ...{ hash, name },
    ...who(contestant),
    samples: samples.length,
    verified: reached(samples, 'verified'),
    first: first ?? null,
    best_of_n: least(samples.map(({ value }) => value)) ?? null,
    random_n: least(random.slice(0, samples.length).map(({ value }) => value)) ?? null,
    random_s: least(drawn.map(({ value }) => value)) ?? null,
    random_drawn: drawn.length,
    oz: baselines['opt:Oz'] ?? null,
    o3: baselines['opt:O3'] ?? null,
    xla: baselines.xla ?? null,
    best_known: best?.value ?? null,
    best_proposer: best?.proposer ?? null,
    tokens: total('tokens')(facts),
    seconds,
    failures: classes(samples),
  }
}

/** `truncated 3, type error 1`: what samples failed by, most first. */
function classes(samples: readonly Sample[]): string {
  const failed = samples.filter(({ reached, refuted }) => reached !== 'verified' || refuted)
  const counts = [...Map.groupBy(failed, sample => sample.class ?? `only ${sample.reached}`)]
  return counts
    .sort(([a, one], [b, other]) => other.length - one.length || a.localeCompare(b))
    .map(([kind, list]) => `${kind} ${list.length}`)
    .join(', ')
}

/** The baseline a metric's gains are counted against. */
const MAIN: Readonly<Record<Contestant['metric'], Baseline>> = { size: 'opt:Oz', time: 'opt:O3' }

const FUNNEL_QUERY: NamedQuery = {
  name: 'llm-funnel',
  summary:
    'how far the answers of each language model come: asked, answered, parsed, valid, built, verified, better',
  columns: columns(
    'model strategy metric kernels asked answered parsed valid built verified better refuted failures dialect seed target',
  ),
  filters: true,
  rows: (store, filter) =>
    readContestants(store, filter).map(({ contestant, kernels }) => {
      const samples = kernels.flatMap(facts => facts.samples)
      const better = kernels.flatMap(({ samples, baselines }) =>
        samples.filter(
          ({ value }) => (value ?? Number.NaN) < (baselines[MAIN[contestant.metric]] ?? Number.NaN),
        ),
      )
      return {
        ...who(contestant),
        kernels: kernels.length,
        ...Object.fromEntries(ORDER.map(stage => [stage, reached(samples, stage)])),
        better: better.length,
        refuted: samples.filter(({ refuted }) => refuted).length,
        failures: classes(samples),
      }
    }),
}

export const LLM_QUERIES: readonly NamedQuery[] = [LLM_QUERY, KERNELS_QUERY, FUNNEL_QUERY]
