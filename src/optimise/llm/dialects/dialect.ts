/** A dialect says how a model is spoken to: the prompt of each strategy, and what its reply says. */

export type Strategy = 'passes' | 'rewrite' | 'hints'

/** What is known of a kernel, for a dialect to put into words. Foreign names in it are data, never instructions. */
export interface PromptFacts {
  readonly metric: 'size' | 'time'
  /** The IR as it fits, or undefined when the kernel is only summarised. */
  readonly ir?: string
  /** What the abbreviations in `ir` stand for, when it is not LLVM's own notation. */
  readonly legend?: string
  /** Lines on the kernel: op, shapes, instruction mix, loops. */
  readonly summary?: string
  /** Instructions and code bytes of the kernel built without optimisation. */
  readonly instructions?: number
  readonly codeBytes?: number
  /** What is to be beaten. */
  readonly baselines?: readonly {
    readonly name: string
    readonly codeBytes?: number
    readonly timeNs?: number
  }[]
  /** Passes worth naming, as this LLVM spells them. */
  readonly passNames?: readonly string[]
  /** Flags of llc and attributes of functions that a hint may name. */
  readonly flagNames?: readonly string[]
  readonly attributeNames?: readonly string[]
  /** Answers given before, for a distinct one. */
  readonly tried?: readonly string[]
  /** LLVM's missed-optimisation remarks, one a line. */
  readonly remarks?: readonly string[]
  /** In a repair round: the last answer and what is wrong with it. */
  readonly repair?: { readonly answer: string; readonly message: string }
  /** Kinds a hint may have. */
  readonly hintKinds?: readonly string[]
}

export interface Prompt {
  readonly system?: string
  readonly prompt: string
  /** What this prompt was made for; a caller may raise it to get distinct samples. */
  readonly temperature: number
  readonly stop?: readonly string[]
  /** Whether a grammar helps: models trained on one form of answer are better left alone. */
  readonly grammarWanted: boolean
}

export type Answer =
  | { readonly state: 'found'; readonly text: string }
  | { readonly state: 'none'; readonly why: string }

export interface Dialect {
  readonly name: string
  /** Changes whenever a prompt's wording does: exchanges of one version are comparable. */
  readonly version: string
  /** Sent as raw text, or as a message in the model's chat template. */
  readonly speaks: 'completion' | 'chat'
  supports(strategy: Strategy): boolean
  prompt(strategy: Strategy, facts: PromptFacts): Prompt
  /** What the reply says, before any check: a pass list, IR, or the text of hints. */
  answer(strategy: Strategy, reply: string): Answer
}
