/** What a proposer is: given a kernel, it says what to compile, or why there is nothing. */
import type { Builder } from '../compile/builder.ts'
import type { LlmSettings } from '../config/settings/settings.ts'
import type { Host } from '../hosts/host.ts'
import type { BuildRequest, Target } from '../kernel/build.ts'
import type { Lanes } from '../lanes/lanes.ts'
import type { Reader } from '../llvm/reading/reader.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import type { KernelInput } from '../store/builds/builds.ts'
import type { Store } from '../store/open.ts'
import type { Tally } from './tally.ts'

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
  /** Proposals it makes for one kernel, numbered from 0; one unless said. */
  readonly samples?: number
  /** What its proposals also follow from: a seed. Stored with each. */
  readonly parameters?: Readonly<Record<string, unknown>>
  propose(kernel: KernelInput, context: ProposerContext, sample: number): Promise<Proposed>
  /** Why it cannot be used at all, in LLVM's words: asked once, before any kernel. */
  problem?(toolchain: Toolchain): Promise<string | undefined>
}

export interface ExploreServices {
  readonly store: Store
  readonly toolchain: Toolchain
  readonly lanes: Lanes
  readonly signal: AbortSignal
  readonly builder: Builder
  /** Where candidates are verified and raced; opened on first use. */
  host(): Promise<Host>
  reader(): Promise<Reader>
}

/** A proposer that tries many candidates for a kernel and learns from what became of them: it runs its own loop. */
export interface Explorer {
  /** As typed and as stored: `search`, `llm`. */
  readonly name: string
  /** Explores every kernel that is not done, storing each step, so that it can be stopped and taken up anywhere. */
  explore(kernels: readonly KernelInput[], target: Target, services: ExploreServices): Promise<Tally>
}

/** What the user said of how to explore; an explorer takes what concerns it and refuses nonsense. */
export interface ExploreOptions {
  /** What a better build has less of. */
  readonly metric: 'size' | 'time'
  /** For each kernel, or, in seconds, for all of them together. */
  readonly budget: { readonly candidates?: number; readonly seconds?: number }
  readonly seed: number
  /** Answers of a language model for one kernel. */
  readonly samples?: number | undefined
  readonly strategy?: string | undefined
  /** How often a language model may mend an answer. */
  readonly rounds?: number | undefined
  /** `builtin`, `gguf:PATH`, `hf:ID`, a URL, `replay:FILE`, or a name of xlab.yaml. */
  readonly llm?: string | undefined
  /** Models that xlab.yaml names. */
  readonly llms?: readonly LlmSettings[] | undefined
  /** The model's name at the server. */
  readonly llmModel?: string | undefined
  readonly dialect?: string | undefined
  /** File to write exchanges to. */
  readonly record?: string | undefined
}

/** A word that `--with` knows. */
export interface ProposerKind {
  /** What it is typed as: `xla`, or `opt:` for words with something behind. */
  readonly word: string
  /** Complete examples, for "did you mean". */
  readonly names: readonly string[]
  /** The proposer for a typed word that begins with `word`, or undefined if what is behind makes no sense. */
  create(typed: string, options: ExploreOptions): Proposer | Explorer | undefined
}
