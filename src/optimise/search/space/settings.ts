/** The space a search walks, beside pass lists: attributes, code generator options and CPU features, as data. */

import type { Target } from '../../../kernel/build.ts'
import { pick, type Random } from '../../../kernel/random.ts'
import type { Candidate, Metric } from './candidate.ts'

/** Changes when what a seed leads to may: the space here, the moves, the schedule. */
export const SEARCH_RULE: Readonly<Record<Metric, number>> = { size: 2, time: 2 }

/** Words of which a build has at most one. */
type Alternatives = readonly string[]

/**
 * Options of `llc` that choose between ways of LLVM's own to generate code: nothing here changes what code means.
 * Those without effect on the kernels tried (alignment, block placement, tail duplication for size, …) are left out.
 */
const CODEGEN: Readonly<Record<Metric, readonly Alternatives[]>> = {
  size: [
    ['-disable-lsr'],
    ['-disable-machine-licm'],
    ['-disable-machine-cse'],
    ['-disable-machine-sink'],
    ['-disable-cgp'],
    ['-enable-misched=0'],
    ['-regalloc=basic', '-regalloc=pbqp'],
    [
      '-pre-RA-sched=list-burr',
      '-pre-RA-sched=list-hybrid',
      '-pre-RA-sched=list-ilp',
      '-pre-RA-sched=linearize',
    ],
  ],
  time: [
    ['-disable-lsr'],
    ['-disable-machine-licm'],
    ['-disable-machine-sink'],
    ['-enable-misched=0'],
    ['-regalloc=basic'],
    [
      '-pre-RA-sched=list-burr',
      '-pre-RA-sched=list-hybrid',
      '-pre-RA-sched=list-ilp',
      '-pre-RA-sched=source',
    ],
    ['-align-loops=32', '-align-loops=64'],
    ['-tail-dup-size=0', '-tail-dup-size=8'],
  ],
}
const CODEGEN_X86: readonly Alternatives[] = [['-x86-cmov-converter=0']]

const ATTRIBUTES: Readonly<Record<Metric, readonly Alternatives[]>> = {
  size: [['minsize'], ['optsize'], ['frame-pointer=none']],
  time: [['frame-pointer=none']],
}
const WIDTHS_X86: Readonly<Record<Metric, Alternatives>> = {
  size: ['prefer-vector-width=128', 'prefer-vector-width=256'],
  time: ['prefer-vector-width=128', 'prefer-vector-width=256', 'prefer-vector-width=512'],
}

/** Features whose absence takes with it all that build on them: encodings get shorter, or the tuning another. */
const FEATURES_X86: readonly string[] = ['avx512f', 'avx', 'fma', 'bmi']

export interface Space {
  readonly attributes: readonly Alternatives[]
  readonly codegenOptions: readonly Alternatives[]
  readonly levels: readonly Candidate['codegenLevel'][]
  readonly features: readonly string[]
  /** IR to start from, beside the kernel's own. */
  readonly starts: readonly NonNullable<Candidate['start']>[]
}

/** What can be chosen for a target, beside passes. */
export function spaceOf(metric: Metric, target: Target): Space {
  const x86 = target.triple.startsWith('x86_64')
  const has = new Set(target.features.split(','))
  return {
    attributes: [...ATTRIBUTES[metric], ...(x86 ? [WIDTHS_X86[metric]] : [])],
    codegenOptions: [...CODEGEN[metric], ...(x86 ? CODEGEN_X86 : [])],
    levels: metric === 'size' ? [2] : [2, 3],
    features: x86 ? FEATURES_X86.filter(name => has.has(`+${name}`)) : [],
    // Unrolled and inlined as it is, it is no start for small code.
    starts: metric === 'size' ? [] : ['xla-ir'],
  }
}

/** The candidate with one setting changed: on, off, or for an alternative. */
export function changedSetting(candidate: Candidate, space: Space, random: Random): Candidate {
  const kinds: readonly (() => Candidate)[] = [
    ...space.attributes.map(words => () => ({
      ...candidate,
      attributes: toggled(candidate.attributes, words, random),
    })),
    ...space.codegenOptions.map(words => () => ({
      ...candidate,
      codegenOptions: toggled(candidate.codegenOptions, words, random),
    })),
    ...space.features.map(name => () => ({
      ...candidate,
      without: toggled(candidate.without, [name], random),
    })),
    ...(space.levels.length > 1 ? [() => ({ ...candidate, codegenLevel: pick(random, space.levels) })] : []),
    ...space.starts.map(start => () => startingFrom(candidate, candidate.start ? undefined : start)),
  ]
  return pick(random, kinds)()
}

function startingFrom({ start: _, ...candidate }: Candidate, start: Candidate['start']): Candidate {
  return start === undefined ? candidate : { ...candidate, start }
}

/** Without the alternative it has, or with one it has not. */
function toggled(words: readonly string[], alternatives: Alternatives, random: Random): string[] {
  const rest = words.filter(word => !alternatives.includes(word))
  const others = alternatives.filter(word => !words.includes(word))
  const drop = rest.length < words.length && (others.length === 0 || random() < 0.5)
  return drop ? rest : [...rest, pick(random, others)].sort()
}
