/** What a proposer is: given a kernel, it says what to compile, or why there is nothing. */
import type { BuildRequest, Target } from '../kernel/build.ts'
import type { Reader } from '../llvm/reader.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import type { KernelInput } from '../store/builds.ts'
import type { Store } from '../store/open.ts'

export interface ProposerContext {
  readonly store: Store
  readonly toolchain: Toolchain
  readonly target: Target
  /** Reads IR that the pinned LLVM may not; opened on first use. */
  reader(): Promise<Reader>
}

export type Proposed =
  | { readonly state: 'build'; readonly request: BuildRequest; readonly input: () => Uint8Array }
  | { readonly state: 'none'; readonly why: string }

/** One proposer as the user asked for it. */
export interface Proposer {
  /** As typed and as stored: `xla`, `opt:Oz`, `passes:gvn,dce`. */
  readonly name: string
  propose(kernel: KernelInput, context: ProposerContext): Promise<Proposed>
  /** Why it cannot be used at all, in LLVM's words: asked once, before any kernel. */
  problem?(toolchain: Toolchain): Promise<string | undefined>
}

/** A word that `--with` knows. */
export interface ProposerKind {
  /** What it is typed as: `xla`, or `opt:` for words with something behind. */
  readonly word: string
  /** Complete examples, for "did you mean". */
  readonly names: readonly string[]
  /** The proposer for a typed word that begins with `word`, or undefined if what is behind makes no sense. */
  create(typed: string): Proposer | undefined
}
