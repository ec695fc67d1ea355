/** Rounds of candidates over many kernels at once. What a round tries never depends on timing or on the order of work. */
import type { Builder, Trial } from '../../compile/builder.ts'
import { distance } from '../../kernel/features/features.ts'
import { forAll, type Lanes } from '../../lanes/lanes.ts'
import { progress } from '../../log.ts'
import type { KernelFeatures } from '../../store/kernels/features.ts'
import { type Store, write } from '../../store/open.ts'
import { ROUND } from '../../store/proposers/searches.ts'
import { isExchange, nextRound, type Schedule } from './schedule.ts'
import { asked, type Candidate, candidateText, parseCandidate, type SearchInput } from './space/candidate.ts'
import { absorb, failuresOf, type Score, type State, saveState } from './state.ts'

/** A kernel that is searched. */
export interface Searched {
  readonly input: SearchInput
  readonly state: State
  readonly features: KernelFeatures | undefined
}

export interface RoundServices {
  readonly store: Store
  readonly builder: Builder
  readonly lanes: Lanes
  readonly signal: AbortSignal
}

export interface Budget {
  /** For each kernel; counted in whole rounds. */
  readonly candidates: number
  /** `performance.now()` after which no kernel begins another round. */
  readonly until: number
}

/** Relatives a kernel takes candidates from in an exchange. */
const RELATIVES = 12
/** Rounds of one kernel before its state is stored and others have their turn. */
const STRETCH = 4
/** The first weeding comes early: before all that is left is kin of what is wrong. */
const FIRST_WEEDING = 5

/**
 * Searches until the budget is spent. Killed anywhere, it goes on from the stretches that were stored. `weedOut` takes what
 * is wrong out of the best of kernels that are as far, and stores them; what it took out does not come back.
 */
export async function searchRounds(
  kernels: readonly Searched[],
  schedule: Schedule,
  score: Score,
  budget: Budget,
  services: RoundServices,
  weedOut: (kernels: readonly Searched[]) => Promise<void>,
): Promise<void> {
  const { store } = services
  const rounds = Math.ceil(budget.candidates / ROUND)
  const pending = kernels.reduce((sum, { state }) => sum + Math.max(0, rounds - state.rounds), 0)
  const shown = progress(
    'search, in rounds of candidates',
    Number.isFinite(budget.until) ? undefined : pending,
  )
  try {
    for (;;) {
      const round = Math.min(...kernels.map(({ state }) => state.rounds))
      if (round >= rounds || performance.now() >= budget.until) return
      const due = kernels.filter(({ state }) => state.rounds === round)
      if (isWeeding(round)) {
        shown.say('what is wrong is weeded out')
        await weedOut(due)
      }
      if (isExchange(round)) show(store, due, round)
      const stop = Math.min(rounds, boundary(round))
      await tryRounds(due, stop, kernels, schedule, () => score, services, {
        until: budget.until,
        onRound: ({ input, state }) => {
          shown.failures(kernels.reduce((sum, { state }) => sum + failuresOf(state), 0))
          shown.step(`${input.kernel.slice(0, 8)}, ${state.tried} candidates`)
        },
        onDone: ({ state }) => write(store, () => saveState(store, state)),
      })
    }
  } finally {
    shown.done()
  }
}

export interface RoundEvents {
  /** `performance.now()` after which no kernel begins another round; each makes one. */
  readonly until?: number
  readonly onTrial?: (kernel: Searched, candidate: Candidate, trial: Extract<Trial, { state: 'ok' }>) => void
  readonly onRound?: (kernel: Searched) => void
  readonly onDone?: (kernel: Searched) => void
}

/** Brings some of the kernels to round `stop`. In a round of exchange they see what `all` have to show. */
export async function tryRounds(
  due: readonly Searched[],
  stop: number,
  all: readonly Searched[],
  schedule: Schedule,
  score: (kernel: Searched) => Score,
  services: RoundServices,
  { until = Number.POSITIVE_INFINITY, ...events }: RoundEvents,
): Promise<void> {
  const { lanes, signal } = services
  const relatives = due.some(({ state }) => isExchange(state.rounds)) ? relativesOf(all) : undefined
  // The slow ones first, so that none of them keeps the others waiting at the end.
  const order = due.toSorted((a, b) => b.state.seconds - a.state.seconds)
  await forAll(lanes, order, signal, async kernel => {
    const { input, state } = kernel
    const before = state.rounds
    const own = input.optimised === undefined ? withoutStarts(schedule) : schedule
    while (state.rounds < stop && (state.rounds === before || performance.now() < until)) {
      const guests = state.rounds === before ? guestsOf(relatives?.get(kernel) ?? [], before, own) : []
      const round = await tryAll(nextRound(state, own, guests), kernel, services)
      absorb(state, round, score(kernel))
      for (const { candidate, trial } of round)
        if (trial.state === 'ok') events.onTrial?.(kernel, candidate, trial)
      events.onRound?.(kernel)
    }
    events.onDone?.(kernel)
  })
}

const isWeeding = (round: number): boolean => round === FIRST_WEEDING || isExchange(round)

/** Where a stretch that begins at `round` ends: at a weeding, at the latest. */
function boundary(round: number): number {
  let stop = round + 1
  while (stop < round + STRETCH && !isWeeding(stop)) stop++
  return stop
}

async function tryAll(
  candidates: readonly Candidate[],
  { input }: Searched,
  { builder, signal }: RoundServices,
): Promise<{ candidate: Candidate; trial: Trial }[]> {
  const trials = await Promise.all(
    candidates.map(candidate => builder.try(...asked(candidate, input), { signal })),
  )
  signal.throwIfAborted()
  return candidates.map((candidate, i) => ({ candidate, trial: trials[i] as Trial }))
}

/** Keeps what each has to show before any of them goes on: those that were interrupted later see the same. */
export function show(store: Store, due: readonly Searched[], round: number): void {
  write(store, () => {
    for (const { state } of due) {
      const [best] = state.best
      if (best === undefined || state.shown[round] !== undefined) continue
      state.shown[round] = candidateText(best.candidate)
      saveState(store, state)
    }
  })
}

/** For each kernel those nearest to it: the same code with other numbers first, then by distance of features. */
function relativesOf(kernels: readonly Searched[]): Map<Searched, Searched[]> {
  return new Map(
    kernels.map(kernel => {
      const far = (other: Searched): number => {
        const [a, b] = [kernel.features, other.features]
        if (a === undefined || b === undefined) return Number.POSITIVE_INFINITY
        return a.shapeless === b.shapeless ? -1 : distance(a.features, b.features)
      }
      const others = kernels.filter(other => other !== kernel).map(other => ({ other, far: far(other) }))
      const name = ({ other }: { other: Searched }): string => other.input.kernel
      others.sort((a, b) => a.far - b.far || (name(a) < name(b) ? -1 : 1))
      return [kernel, others.slice(0, RELATIVES).map(({ other }) => other)]
    }),
  )
}

const guestsOf = (relatives: readonly Searched[], round: number, schedule: Schedule): Candidate[] =>
  relatives.flatMap(({ state }) => {
    const text = state.shown[round]
    const guest = text === undefined ? undefined : parseCandidate(schedule.grammar, text)
    return guest === undefined || (guest.start && !schedule.space.starts.includes(guest.start)) ? [] : [guest]
  })

const withoutStarts = (schedule: Schedule): Schedule => ({
  ...schedule,
  space: { ...schedule.space, starts: [] },
})
