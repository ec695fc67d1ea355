/** What is compiled, and what came out. Equal requests are one build. */
import { hash } from 'node:crypto'

/** What code is made for. `cpu` and `features` as `llc -mcpu` and `-mattr` take them. */
export interface Target {
  /** Short name a person types: `native`, `x86-64-v3`, `cortex-a78`. */
  readonly name: string
  readonly triple: string
  readonly cpu: string
  readonly features: string
}

/** `x86_64` or `aarch64` of a triple, and whatever else stands first in it. */
export const architectureOf = (triple: string): string => triple.split('-', 1)[0] ?? ''

/** Where a build starts from. `kernel`: as harvested. `xla-ir`: XLA's optimised IR. `object`: XLA's own object. */
export type BuildInput = 'kernel' | 'xla-ir' | 'rewrite' | 'object'

export interface BuildRequest {
  readonly kernel: string
  readonly input: BuildInput
  /** Blob hash of the input IR or object. */
  readonly inputHash: string
  /** An `opt -passes=` string, or '' when the IR goes to the code generator as it is. */
  readonly passes: string
  /** Function attributes added to every definition before the passes, sorted: `minsize`, `optsize`, `"k"="v"`. */
  readonly attributes: readonly string[]
  /** `llc -O` level. */
  readonly codegenLevel: 0 | 1 | 2 | 3
  /** Further code-generator options, in order. */
  readonly codegenOptions: readonly string[]
  /** Version and build of the LLVM that made it; for `object`, the one XLA embeds. */
  readonly llvm: string
  readonly target: Target
}

/** Sizes in bytes of one object's allocatable sections. */
export interface ObjectSizes {
  /** All executable allocatable sections: XLA's own code sits in `.ltext`. */
  readonly codeBytes: number
  /** All other allocatable sections that hold read-only data, unwind tables apart. */
  readonly rodataBytes: number
  /** The whole file after `llvm-strip --strip-debug`-like accounting: allocatable sections, symbols and headers. */
  readonly objectBytes: number
}

export type BuildResult =
  | {
      readonly state: 'ok'
      readonly object: Uint8Array
      readonly ir: Uint8Array | undefined
      readonly sizes: ObjectSizes
      /** Machine instructions in executable sections. */
      readonly instructions: number
      /** Equal for builds whose allocatable sections and relocations are equal: twins. */
      readonly contentHash: string
      /** Symbols it needs from outside: `expf`, `memcpy`, … */
      readonly undefinedSymbols: readonly string[]
      /** Command lines, one a step, with `IN`, `MID` and `OUT` for the files. */
      readonly commands: readonly string[]
      readonly seconds: number
    }
  | {
      readonly state: 'broken'
      readonly step: string
      readonly message: string
      /** Ended by a limit or from outside, so that the machine may be at fault. */
      readonly unclear?: true
      readonly commands: readonly string[]
      readonly seconds: number
    }

export const sha256 = (data: string | Uint8Array): string => hash('sha256', data)

/** Identity of a build: what was compiled, by what, for what. */
export const buildHash = (r: BuildRequest): string =>
  sha256(
    JSON.stringify([
      r.kernel,
      r.input,
      r.inputHash,
      r.passes,
      r.attributes,
      r.codegenLevel,
      r.codegenOptions,
      r.llvm,
      r.target.triple,
      r.target.cpu,
      r.target.features,
    ]),
  )
