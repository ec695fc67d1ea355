/** A strategy is one way of working on a kernel with a language model. To add one: a file and a line in strategies.ts. */
import type { Target } from '../../kernel/build.ts'
import type { KernelInput } from '../../store/builds/builds.ts'
import type { ExploreOptions, ExploreServices } from '../proposer.ts'
import type { Tally } from '../tally.ts'
import type { LanguageModel } from './server/model.ts'

export interface Strategy {
  /** As typed behind `--strategy` and as stored. */
  readonly name: 'passes' | 'rewrite'
  /**
   * Works on one kernel until its samples are used up or `session.over()`. What goes wrong with an answer is stored
   * with its exchange; only the world's failures are thrown.
   */
  work(task: Task, session: Session): Promise<void>
}

/** One kernel for one target. */
export interface Task {
  readonly kernel: KernelInput
  readonly target: Target
  readonly targetId: number
}

/** What all kernels of one run share. */
export interface Session extends ExploreServices {
  readonly model: LanguageModel
  readonly options: ExploreOptions
  /** Answers wanted for each kernel. */
  readonly samples: number
  readonly tally: Tally
  readonly spent: Spent
  /** Builds proposed for the kernel at hand: those without a verdict are judged when it is done. */
  readonly builds: Set<string>
  /** The budget is used up, or the user has had enough: nothing more is asked. */
  over(): boolean
  /** Shows what is being done: the kernel's name, and how far it is. */
  say(what: string): void
}

/** What a run has used so far, for progress and for the summary. */
export interface Spent {
  /** Exchanges with the model now, and those that were in the store. */
  asked: number
  known: number
  promptTokens: number
  replyTokens: number
  /** The model's own, in seconds. */
  seconds: number
  /** Distinct builds that passed the judge, and all that were judged. */
  verified: number
  judged: number
}
