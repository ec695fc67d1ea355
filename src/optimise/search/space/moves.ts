/** How a candidate becomes another: the moves of the local search. Pure: all chance is in the numbers given. */
import { below, pick, type Random } from '../../../kernel/random.ts'
import {
  type PassGrammar,
  type PassList,
  randomPassList,
  randomStep,
  stepOf,
} from '../../../llvm/passes/grammar.ts'
import type { Candidate } from './candidate.ts'
import { changedSetting, type Space } from './settings.ts'

/** Longest list a move makes; LLVM's -O3 has about 110 passes. */
const MOST_STEPS = 140

export interface Walk {
  readonly grammar: PassGrammar
  readonly space: Space
}

type Move = (parent: Candidate, other: Candidate, walk: Walk, random: Random) => Candidate

const withPasses = (candidate: Candidate, passes: PassList): Candidate => ({
  ...candidate,
  passes: passes.slice(0, MOST_STEPS),
})

/** Moves with how often each is made, in parts of 100. */
const MOVES: readonly (readonly [parts: number, move: Move])[] = [
  [30, (parent, _, walk, random) => withPasses(parent, edited(parent.passes, walk, random))],
  [20, (parent, _, walk, random) => changedSetting(parent, walk.space, random)],
  [
    12,
    (parent, _, walk, random) => {
      const once = changedSetting(parent, walk.space, random)
      return changedSetting(once, walk.space, random)
    },
  ],
  [
    13,
    (parent, _, walk, random) =>
      changedSetting(withPasses(parent, edited(parent.passes, walk, random)), walk.space, random),
  ],
  // The passes of one under the settings of another.
  [8, (parent, other) => withPasses(other, parent.passes)],
  [
    12,
    (parent, other, _, random) => {
      const head = parent.passes.slice(0, below(random, parent.passes.length + 1))
      return withPasses(parent, [...head, ...other.passes.slice(below(random, other.passes.length + 1))])
    },
  ],
  [
    5,
    (parent, _, walk, random) => {
      const more = randomPassList(walk.grammar, random, { minLength: 1, maxLength: 6 })
      return withPasses(parent, random() < 0.5 ? [...more, ...parent.passes] : [...parent.passes, ...more])
    },
  ],
]

/** A new candidate from good ones, best first: the better, the more often a parent. */
export function moved(parents: readonly Candidate[], walk: Walk, random: Random): Candidate {
  const parent = (): Candidate => parents[Math.floor(parents.length * random() ** 2)] as Candidate
  let parts = below(random, 100)
  for (const [part, move] of MOVES) {
    if (parts < part) return move(parent(), parent(), walk, random)
    parts -= part
  }
  throw new Error('the parts of the moves do not add up to 100')
}

/** One to three edits: a pass in, out, replaced, with other parameters, elsewhere; or a stretch of passes out. */
function edited(passes: PassList, walk: Walk, random: Random): PassList {
  let list = [...passes]
  for (let edits = 1 + below(random, 3); edits > 0; edits--) list = edit(list, walk, random)
  return list
}

function edit(list: PassList, { grammar }: Walk, random: Random): PassList[number][] {
  const at = below(random, list.length + 1)
  const insert = (step: PassList[number], into: PassList): PassList[number][] => into.toSpliced(at, 0, step)
  if (list.length === 0) return [randomStep(grammar, random)]
  const place = Math.min(at, list.length - 1)
  const here = list[place] as PassList[number]
  switch (below(random, 6)) {
    case 0:
      return list.toSpliced(place, 1)
    case 1:
      return list.toSpliced(place, 1, randomStep(grammar, random))
    case 2: {
      const pass = grammar.passes.get(here.name)
      if (pass === undefined || pass.choices.length === 0 || pass.drawn !== 'drawn')
        return insert(pick(random, list), list)
      return list.toSpliced(place, 1, { ...stepOf(pass, random), nest: here.nest })
    }
    case 3:
      return list.toSpliced(place, 1 + below(random, Math.ceil(list.length / 4)))
    case 4: {
      const without = list.toSpliced(place, 1)
      return without.toSpliced(below(random, without.length + 1), 0, here)
    }
    default:
      return insert(randomStep(grammar, random), list)
  }
}
