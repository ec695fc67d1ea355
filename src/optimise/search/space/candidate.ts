/** One point of the space a search walks: everything a build is made of but the kernel and the machine. */
import { type BuildRequest, sha256, type Target } from '../../../kernel/build.ts'
import { type PassGrammar, type PassList, parsePassList, passListText } from '../../../llvm/passes/grammar.ts'

export type Metric = 'size' | 'time'

/** One kernel for one target. */
export interface SearchInput {
  readonly kernel: string
  readonly inputHash: string
  readonly llvm: string
  readonly target: Target
}

export interface Candidate {
  readonly passes: PassList
  /** Sorted. */
  readonly attributes: readonly string[]
  readonly codegenLevel: BuildRequest['codegenLevel']
  /** Sorted. */
  readonly codegenOptions: readonly string[]
  /** CPU features it does without, sorted: code may use fewer than the target has, never more. */
  readonly without: readonly string[]
}

/** As stored: short, and equal for equal candidates. */
export const candidateText = (c: Candidate): string =>
  JSON.stringify([passListText(c.passes), c.attributes, c.codegenLevel, c.codegenOptions, c.without])

/** Throws for text that is none: the database was written by something else. */
export function parseCandidate(grammar: PassGrammar, text: string): Candidate {
  const [passes, attributes, codegenLevel, codegenOptions, without] = JSON.parse(text) as [
    string,
    string[],
    Candidate['codegenLevel'],
    string[],
    string[],
  ]
  const list = passes === '' ? [] : parsePassList(grammar, passes)
  if ('problem' in list) throw new Error(`a stored pass list does not parse: ${list.problem}`)
  return { passes: list, attributes, codegenLevel, codegenOptions, without }
}

/** Four bytes that tell candidates of one kernel apart. */
export const candidateKey = (candidate: Candidate): number =>
  Number.parseInt(sha256(candidateText(candidate)).slice(0, 8), 16)

export function requestOf(
  candidate: Candidate,
  { kernel, inputHash, llvm, target }: SearchInput,
): BuildRequest {
  return {
    kernel,
    input: 'kernel',
    inputHash,
    passes: passListText(candidate.passes),
    attributes: candidate.attributes,
    codegenLevel: candidate.codegenLevel,
    codegenOptions: candidate.codegenOptions,
    llvm,
    target: narrowed(target, candidate.without),
  }
}

/** The target without some of its features: LLVM obeys the last word on each. */
export const narrowed = (target: Target, without: readonly string[]): Target =>
  without.length === 0
    ? target
    : {
        ...target,
        features: [target.features, ...without.map(name => `-${name}`)].filter(f => f !== '').join(','),
      }
