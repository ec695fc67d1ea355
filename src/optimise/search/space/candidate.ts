/** One point of the space a search walks: everything a build is made of but the kernel and the machine. */
import { type BuildRequest, sha256, type Target } from '../../../kernel/build.ts'
import { type PassGrammar, type PassList, parsePassList, passListText } from '../../../llvm/passes/grammar.ts'

export type Metric = 'size' | 'time'

/** IR that builds start from: its hash, and its bytes. */
export interface Source {
  readonly hash: string
  readonly read: () => Uint8Array
}

/** One kernel for one target. */
export interface SearchInput {
  readonly kernel: string
  readonly source: Source
  /** The same kernel as XLA's own pipeline left it, where the dump has that and this search starts from it too. */
  readonly optimised?: Source | undefined
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
  /** Starts from what XLA's pipeline made of the kernel, instead of from the kernel. */
  readonly start?: 'xla-ir'
}

/** As stored: short, and equal for equal candidates. */
export const candidateText = (c: Candidate): string =>
  JSON.stringify([
    ...[passListText(c.passes), c.attributes, c.codegenLevel, c.codegenOptions, c.without],
    ...(c.start === undefined ? [] : [c.start]),
  ])

/** Throws for text that is none: the database was written by something else. */
export function parseCandidate(grammar: PassGrammar, text: string): Candidate {
  const [passes, attributes, codegenLevel, codegenOptions, without, start] = JSON.parse(text) as [
    string,
    string[],
    Candidate['codegenLevel'],
    string[],
    string[],
    Candidate['start']?,
  ]
  const list = passes === '' ? [] : parsePassList(grammar, passes)
  if ('problem' in list) throw new Error(`a stored pass list does not parse: ${list.problem}`)
  return { passes: list, attributes, codegenLevel, codegenOptions, without, ...(start && { start }) }
}

/** Four bytes that tell candidates of one kernel apart. */
export const candidateKey = (candidate: Candidate): number =>
  Number.parseInt(sha256(candidateText(candidate)).slice(0, 8), 16)

/** The IR a candidate starts from. */
const startOf = ({ start }: Candidate, { source, optimised }: SearchInput): Source => {
  if (start === undefined) return source
  if (optimised === undefined) throw new Error("a candidate starts from IR of XLA's that is not there")
  return optimised
}

/** A candidate as the builder takes it: the request, and the IR. */
export const asked = (
  candidate: Candidate,
  input: SearchInput,
): [request: BuildRequest, input: () => Uint8Array] => [
  requestOf(candidate, input),
  startOf(candidate, input).read,
]

export function requestOf(candidate: Candidate, input: SearchInput): BuildRequest {
  const { kernel, llvm, target } = input
  return {
    kernel,
    input: candidate.start ?? 'kernel',
    inputHash: startOf(candidate, input).hash,
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
