/**
 * What the runner is asked and what it answers. The runner is one static executable that holds every function of a
 * bundle; it reads jobs, runs each function in a jailed child, compares results in its own process, and answers with
 * one line a result.
 */

import type { SampledMetric } from '../kernel/metric.ts'
import type { Signature } from '../kernel/signature.ts'
import type { Counterexample, Semantics } from '../kernel/verdict.ts'

/** A static executable made of the runner and the functions of one comparison. */
export interface Bundle {
  readonly path: string
  /** SHA-256 of the file. */
  readonly hash: string
}

/**
 * Kinds of input a trial can be filled with; every byte follows from seed, trial and argument. The magnitudes of `tiny`,
 * `small` and `large` lie together; those of `scaled` do so in each argument.
 */
export const INPUT_KINDS = [
  'uniform',
  'wide',
  'edges',
  'sprinkled',
  'indices',
  'zeros',
  'tiny',
  'small',
  'large',
  'scaled',
] as const
export type InputKind = (typeof INPUT_KINDS)[number]

/** One run of a reference function. The first of a job is the value all others are bounds or probes of. */
export interface ReferenceRun {
  /** Function id within the bundle. */
  readonly function: string
  readonly rounding: 'nearest' | 'up' | 'down' | 'zero'
  /** Ulps by which instrumented operations err in this run, as multiples of their declared error; `far`: by 1/64. */
  readonly perturb: -1 | 0 | 1 | 'far'
  /**
   * What instrumented instructions yield where IR says poison: 0 as the machine does, 1 and 2 two different fills.
   * What errs when perturbed: 0 all the same way; else products (bit 0) and math functions (bit 1), each its own way,
   * another for every number in the bits above (63 at most).
   */
  readonly probe: number
  /**
   * `value`: the expected result. `probe`: elements that differ from the value are undefined and not compared; a crash
   * makes the whole trial undefined. `ir`/`xla`: widens what candidates of those semantics may return (`ir` widens both).
   * `depends`: elements that differ, and those that `xla` runs to nearest widened, are
   * those that `xla` runs of other roundings may widen.
   */
  readonly role: 'value' | 'probe' | 'depends' | Semantics
}

export interface Candidate {
  readonly function: string
  readonly semantics: Semantics
}

export interface VerifyJob {
  readonly kind: 'verify'
  readonly id: string
  readonly signature: Signature
  readonly references: readonly ReferenceRun[]
  readonly candidates: readonly Candidate[]
  readonly seed: number
  /** One trial for each entry; `exhaustive` instead tries every input (at most 24 bits in all). */
  readonly trials: readonly InputKind[] | 'exhaustive'
  /** Longest one function may run in one trial. */
  readonly limitMs: number
}

export interface VerifyResult {
  readonly kind: 'verify'
  readonly id: string
  readonly function: string
  /** `undecided`: every trial was undefined for the reference, or the reference itself failed. */
  readonly state: 'agreed' | 'exhausted' | 'refuted' | 'broken' | 'undecided'
  readonly trials: number
  readonly worstUlps: number
  readonly reason?: string
  readonly counterexample?: Counterexample
  readonly seconds: number
}

export interface TimingJob {
  readonly kind: 'time'
  readonly id: string
  readonly signature: Signature
  /** Functions to interleave. */
  readonly functions: readonly string[]
  readonly seed: number
  readonly processes: number
  readonly pairs: number
  /** Shortest a sample may be; calls are batched until it is. */
  readonly minSampleNs: number
  /** Longest the job may take; each process has an equal share, and takes fewer pairs when that runs short. */
  readonly limitMs: number
  /** Samples with cold caches of each function in a process; none unless said. */
  readonly cold?: number
  /** What earlier runs on this machine said of it. */
  readonly leastCrowding?: number
}

/**
 * What a run saw of its machine: how much longer work takes that fills the core than work that cannot, in millionths, at
 * the quietest of some milliseconds. More than the least ever seen there means that something shares the core.
 */
export interface MachineSeen {
  readonly kind: 'machine'
  readonly id: string
  readonly leastCrowding: number
}

export interface Sample {
  readonly kind: 'sample'
  readonly id: string
  readonly function: string
  readonly metric: SampledMetric
  readonly process: number
  readonly pair: number
  /** Place in the order run within the pair. */
  readonly position: number
  readonly batch: number
  /** Nanoseconds for the whole batch divided by its calls. */
  readonly nsPerCall: number
  /** Tries thrown away before this one because something disturbed them. */
  readonly retaken: number
  /** What disturbed this one too. */
  readonly disturbance?: string
}

/** Instructions a function executes in a call, counted from outside by a hardware counter or an emulator. */
export interface CountedInstructions {
  readonly kind: 'count'
  readonly id: string
  readonly function: string
  readonly instructions: number
}

/** A timing job that could not be finished for one function, or at all. */
export interface TimingFailure {
  readonly kind: 'time-failed'
  readonly id: string
  readonly function?: string
  readonly reason: string
}

/** First line of every run: which layers of the jail are active. */
export interface RunnerHello {
  readonly kind: 'hello'
  readonly jail: readonly string[]
  readonly functions: number
  /** What times are taken by: the kernel's account of a process, or time on the wall where that is coarse. */
  readonly clock: 'cpu' | 'wall'
}

export type RunnerJob = VerifyJob | TimingJob
export type RunnerResult =
  | RunnerHello
  | VerifyResult
  | MachineSeen
  | Sample
  | CountedInstructions
  | TimingFailure
