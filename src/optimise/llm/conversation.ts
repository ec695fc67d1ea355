/** Asking a model, once: what was asked before is answered from the store. And what its answers lead to. */
import { environmentError } from '../../errors.ts'
import { type BuildRequest, buildHash, sha256 } from '../../kernel/build.ts'
import { clearAttempt, givenUp, recordAttempt } from '../../store/attempts.ts'
import { buildState, putBuild, putProposal } from '../../store/builds/builds.ts'
import { write } from '../../store/open.ts'
import {
  type Exchange,
  findExchange,
  putExchange,
  type Settlement,
  settleExchange,
} from '../../store/proposers/exchanges.ts'
import { note } from '../tally.ts'
import type { Prompt, Strategy as StrategyName } from './dialects/dialect.ts'
import type { Completion } from './server/model.ts'
import type { Session, Task } from './strategy.ts'

/** How a kernel was shown to the model. */
export type Form = 'whole' | 'compacted' | 'sliced' | 'summarised' | 'refused'

export interface Question {
  readonly strategy: StrategyName
  readonly form: Form
  readonly prompt: Prompt
  readonly maxTokens: number
  /** GBNF the reply is held to, where the server can and the dialect wants it. */
  readonly grammar?: string
  readonly seed: number
  readonly sample: number
  /** 0, then the repair rounds. */
  readonly round?: number
}

/** Part of a session: hints ask as well, without proposing. */
export type Asking = Pick<Session, 'store' | 'signal' | 'model' | 'options' | 'spent'>

/** The stored exchange of a question: known, or made now. Throws when nothing more can be asked of the model at all. */
export async function ask(task: Task, question: Question, session: Asking): Promise<Exchange> {
  const { store, model, options, spent, signal } = session
  const { prompt, maxTokens, grammar, seed, sample, form, round = 0 } = question
  const { temperature, stop, system } = prompt
  const key = {
    kernel: task.kernel.hash,
    targetId: task.targetId,
    model: model.model,
    weightsHash: model.weightsHash,
    dialect: model.dialect,
    strategy: question.strategy,
    metric: options.metric,
    system,
    prompt: prompt.prompt,
    sampling: { temperature, maxTokens, ...(stop && { stop }), ...(grammar && { grammar: sha256(grammar) }) },
    ...{ seed, sample, round },
  }
  const known = findExchange(store, key)
  if (known !== undefined) {
    spent.known++
    return known
  }
  const reply: Completion = await model.complete({
    prompt: prompt.prompt,
    ...(system !== undefined && { system }),
    ...{ maxTokens, temperature, seed, signal },
    ...(stop && { stop }),
    ...(grammar !== undefined && { grammar }),
  })
  signal.throwIfAborted()
  spent.asked++
  spent.seconds += reply.seconds
  if (reply.state === 'ok') {
    spent.promptTokens += reply.promptTokens - (reply.cachedTokens ?? 0)
    spent.replyTokens += reply.replyTokens
  }
  const id = write(store, () => putExchange(store, { ...key, llm: model.name, form, reply }))
  if (reply.state === 'failed' && reply.fault === 'environment')
    throw environmentError(
      `the model ${model.name}: ${reply.message}`,
      'what was answered so far is kept; run it again',
    )
  const outcome = reply.state === 'ok' ? 'replied' : 'failed'
  return { id, outcome, class: undefined, reason: undefined, build: undefined, reply }
}

/** Notes that an exchange led to nothing. */
export function settle(exchange: Exchange, settlement: Settlement, session: Session): void {
  settleExchange(session.store, exchange.id, settlement)
  note(session.tally, 'none', settlement.reason?.split('\n')[0] ?? settlement.outcome)
}

/**
 * Makes the build an answer asks for, unless it is there, and stores it as this sample's proposal. Returns its hash
 * and state; `unclear` when a limit ended it, in which case nothing is stored but the exchange's outcome.
 */
export async function propose(
  task: Task,
  exchange: Exchange,
  candidate: {
    readonly strategy: string
    readonly sample: number
    readonly seed: number
    readonly request: BuildRequest
    readonly input: () => Uint8Array
    /** More of what made it, for `parameters`. */
    readonly parameters?: Readonly<Record<string, unknown>>
  },
  session: Session,
): Promise<{
  readonly build: string
  readonly state: 'ok' | 'broken' | 'unclear'
  readonly message: string
}> {
  const { store, model, options, tally, builder, signal } = session
  const { request, input, sample, seed, strategy } = candidate
  const build = buildHash(request)
  const parameters = {
    ...{
      llm: model.name,
      model: model.model,
      dialect: model.dialect.name,
      strategy,
      metric: options.metric,
      seed,
    },
    ...candidate.parameters,
  }
  const proposal = {
    kernel: task.kernel.hash,
    targetId: task.targetId,
    proposer: 'llm',
    build,
    sample,
    parameters,
  }
  const known = buildState(store, build)
  if (known !== undefined) {
    write(store, () => {
      putProposal(store, { ...proposal, seconds: exchange.reply.seconds })
      settleExchange(store, exchange.id, { outcome: known === 'ok' ? 'built' : 'broken', build })
    })
    tally.known++
    session.builds.add(build)
    return { build, state: known, message: '' }
  }
  const key = { stage: 'optimise', subject: task.kernel.hash, detail: `llm ${build}` } as const
  if (givenUp(store, key)) {
    note(tally, 'failed', 'a limit ended it three times')
    return { build, state: 'unclear', message: 'a limit ended it three times' }
  }
  const result = await builder.build(request, input, { signal })
  const message = result.state === 'broken' ? `${result.step}: ${result.message}` : ''
  const unclear = result.state === 'broken' && result.unclear === true
  write(store, () => {
    if (unclear) recordAttempt(store, { ...key, fault: 'unclear', reason: message })
    else {
      clearAttempt(store, key)
      putBuild(store, request, result)
      putProposal(store, { ...proposal, seconds: exchange.reply.seconds + result.seconds })
    }
    settleExchange(store, exchange.id, {
      outcome: result.state === 'ok' ? 'built' : 'broken',
      ...(message !== '' && { class: unclear ? 'limit' : classOf(message), reason: message }),
      ...(!unclear && { build }),
    })
  })
  if (result.state === 'ok') {
    tally.made++
    session.builds.add(build)
  } else note(tally, unclear ? 'failed' : 'broken', message)
  return { build, state: unclear ? 'unclear' : result.state, message }
}

/** Whether LLVM said no, or broke. */
const classOf = (message: string): string =>
  /unknown (?:pass|\w+ pass)|invalid|expected|could not parse/i.test(message) ? 'refused' : 'crash'
