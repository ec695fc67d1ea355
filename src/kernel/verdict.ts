/** What is known of a build's correctness under one signature. */

export const VERDICT_STATES = ['same', 'agreed', 'exhausted', 'refuted', 'broken', 'unknown'] as const
export type VerdictState = (typeof VERDICT_STATES)[number]

/** States in which a build may be measured and recommended. */
export const PASSING: readonly VerdictState[] = ['same', 'agreed', 'exhausted']

/** Whether a verdict, or a word that stands where there is none, lets a build pass. */
export const passes = (verdict: string | null): boolean => PASSING.some(state => state === verdict)

/**
 * Which results count as equal. `ir`: only what the kernel's own instructions and fast-math flags permit, which is
 * bit for bit where there are none. `xla`: also what XLA's code generator permits itself (contraction, its own
 * approximations of math functions within their declared error).
 */
export type Semantics = 'ir' | 'xla'

/** The inputs that refute a build, small enough to keep and enough to repeat. */
export interface Counterexample {
  /** Trial number and seed that regenerate every input byte. */
  readonly trial: number
  readonly seed: number
  /** What kind of inputs the trial used: `uniform`, `edges`, … */
  readonly inputs: string
  /** The first element that differs: argument index, element index, and both values as text. */
  readonly argument: number
  readonly element: number
  readonly expected: string
  readonly actual: string
  readonly lowest?: string
  readonly highest?: string
  readonly differing: number
  /** For functions of scalar parameters: the values themselves, as IR would write them. */
  readonly values?: readonly string[]
}

export interface Verdict {
  readonly state: VerdictState
  readonly semantics: Semantics
  readonly trials: number
  /** Largest distance from the reference in units in the last place of the element type; 0 means bit for bit. */
  readonly worstUlps: number
  readonly reason?: string
  readonly counterexample?: Counterexample
  readonly seconds: number
}
