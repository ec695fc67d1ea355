/** Which candidates a round tries: it follows from seed, kernel, round and what earlier rounds found, and nothing else. */
import { type Random, seededRandom } from '../../kernel/random.ts'
import { type PassList, randomPassList } from '../../llvm/passes/grammar.ts'
import { chanceIndex, ROUND } from '../../store/proposers/searches.ts'
import { randomSeed } from '../random/random.ts'
import { SETTINGS } from '../random/setting.ts'
import { type Candidate, candidateKey, type Metric } from './space/candidate.ts'
import { moved, type Walk } from './space/moves.ts'
import type { Level } from './space/pipelines.ts'
import { parentsOf, type State } from './state.ts'

/** Every so many rounds the best of every kernel are shown to its relatives. */
const EXCHANGE_EVERY = 10
/** Draws of a move before chance alone decides. */
const REDRAWS = 12

export const isExchange = (round: number): boolean => round > 0 && round % EXCHANGE_EVERY === 0

export interface Schedule extends Walk {
  readonly metric: Metric
  readonly pipelines: ReadonlyMap<Level, PassList>
}

/** The round after those the state has behind it. `relatives`: what they show, nearest first. */
export function nextRound(state: State, schedule: Schedule, relatives: readonly Candidate[]): Candidate[] {
  const round = state.rounds
  const { kernel, seed } = state.key
  const random = seededRandom(`search ${seed} ${kernel} ${schedule.metric} ${round}`)
  const parents = parentsOf(state).map(best => best.candidate)
  const chosen: Candidate[] = []
  const taken = new Set<number>()
  const take = (candidate: Candidate): void => {
    taken.add(candidateKey(candidate))
    chosen.push(candidate)
  }
  const isNew = (candidate: Candidate): boolean => {
    const key = candidateKey(candidate)
    return !state.seen.has(key) && !taken.has(key)
  }
  const guests = relatives.filter(isNew)
  const opening = openings(schedule)
  if (round === 0) for (const candidate of opening.slice(0, ROUND)) take(candidate)
  for (let place = chosen.length; place < ROUND; place++) {
    const index = chanceIndex(round * ROUND + place)
    if (index !== undefined) {
      const draw = seededRandom(randomSeed(seed, kernel, index))
      take({ ...SETTINGS[schedule.metric], passes: randomPassList(schedule.grammar, draw), without: [] })
      continue
    }
    // What did not fit into the first round goes into places that chance does not need.
    const late = round === 0 ? undefined : opening[ROUND + (round - 1) * (ROUND / 2) + place - ROUND / 2]
    if (place >= ROUND / 2 && late !== undefined && isNew(late)) {
      take(late)
      continue
    }
    const guest = place >= ROUND / 2 ? guests.find(isNew) : undefined
    take(guest ?? fresh(parents, schedule, random, isNew))
  }
  return chosen
}

/** A move that leads where the search has not been; by chance alone when there is nothing to move. */
function fresh(
  parents: readonly Candidate[],
  schedule: Schedule,
  random: Random,
  isNew: (candidate: Candidate) => boolean,
): Candidate {
  for (let i = 0; i < REDRAWS && parents.length > 0; i++) {
    const candidate = moved(parents, schedule, random)
    if (isNew(candidate)) return candidate
  }
  return { ...SETTINGS[schedule.metric], passes: randomPassList(schedule.grammar, random), without: [] }
}

/** LLVM's own levels first (-Oz is candidate 0, -O3 candidate 1), then one change of each setting. */
function openings({ grammar: _, metric, space, pipelines }: Schedule): Candidate[] {
  const whole = (
    level: Level,
    attributes: readonly string[],
    codegenLevel: Candidate['codegenLevel'],
  ): Candidate => ({
    passes: [{ name: 'default', parameters: level, nest: '' }],
    ...{ attributes, codegenLevel, codegenOptions: [], without: [] },
  })
  const oz = whole('Oz', ['minsize', 'optsize'], 2)
  const o3 = whole('O3', [], 3)
  const base = metric === 'size' ? oz : o3
  const spelled = (level: Level): Candidate[] => {
    const passes = pipelines.get(level)
    return passes === undefined ? [] : [{ ...base, passes }]
  }
  const toggled = (one: Candidate, word: string): Candidate => ({
    ...one,
    attributes: one.attributes.includes(word)
      ? one.attributes.filter(other => other !== word)
      : [...one.attributes, word].sort(),
  })
  const words = space.attributes.flat()
  const settings = [
    ...words.map(word => toggled(base, word)),
    ...space.codegenOptions.flatMap(options =>
      options.slice(0, 2).map(option => ({ ...base, codegenOptions: [option] })),
    ),
    ...space.features.map(name => ({ ...base, without: [name] })),
    ...(metric === 'time'
      ? (['O2', 'O1'] as const).flatMap(level => words.map(word => toggled(whole(level, [], 3), word)))
      : []),
  ]
  const all = [oz, o3, whole('Os', ['optsize'], 2), whole('O2', [], 2), whole('O1', [], 1)]
  // What XLA made, as it stands and optimised once more.
  for (const start of space.starts) all.push({ ...o3, passes: [], start }, { ...o3, start })
  all.push(...spelled('Oz'), ...spelled('O2'), ...spelled('O3'), ...settings)
  return [...new Map(all.map(candidate => [candidateKey(candidate), candidate])).values()]
}
