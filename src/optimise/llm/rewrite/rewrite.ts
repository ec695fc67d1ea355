/**
 * The strategy `rewrite`: the model writes a kernel's inner function anew. Answers go through the gate, LLVM's verifier
 * and the judge; what fails is sent back with what is wrong with it, for as many rounds as allowed. A rewrite is built as
 * the level it competes with (-Oz for size, -O3 for time), so that what it gains or loses is the model's own doing.
 */
import type { BuildRequest } from '../../../kernel/build.ts'
import { irText } from '../../../llvm/reading/disassemble.ts'
import { openReader, type Reader } from '../../../llvm/reading/reader.ts'
import { putBlob } from '../../../store/blobs.ts'
import { type Exchange, SEEDS_OF_A_RUN, settleExchange } from '../../../store/proposers/exchanges.ts'
import { levelSettings } from '../../opt/levels.ts'
import { kernelSource } from '../../source.ts'
import { note } from '../../tally.ts'
import { ask, propose, settle } from '../conversation.ts'
import type { Prompt, PromptFacts } from '../dialects/dialect.ts'
import { factsOf } from '../facts.ts'
import { judgeBuilds } from '../session.ts'
import type { Session, Strategy, Task } from '../strategy.ts'
import { consider } from './consider.ts'
import { faultOf } from './fault.ts'
import { CutShort } from './gate/answer-module.ts'
import { type KernelModule, readKernel } from './gate/kernel-module.ts'
import { NoTokens } from './gate/tokens.ts'
import { fitting, type View, viewsOf } from './view.ts'

const LEVEL = { size: 'Oz', time: 'O3' } as const
/** What makes greedy models answer a second sample otherwise. */
const SAMPLING_TEMPERATURE = 0.8

/** Longest LLVM may take to parse and verify an answer. */
const READ_MS = 20_000
const ROUNDS = 2

/** One sample on its way through the rounds. */
interface Attempt {
  readonly sample: number
  /** The last answer and what is wrong with it. */
  repair?: NonNullable<PromptFacts['repair']>
  build?: string
  exchange?: Exchange
}

export const rewrite: Strategy = {
  name: 'rewrite',
  async work(task, session) {
    const text = await textOf(task, session)
    const kernel = tryRead(text)
    if (typeof kernel === 'string') {
      note(session.tally, 'none', `its IR is beyond the gate's reader: ${kernel}`)
      return
    }
    const views = viewsOf(kernel, session.model.dialect.speaks)
    const facts = await factsOf(task, kernel.ir, session)
    const { toolchain, signal, options } = session
    const reader = await openReader(toolchain, { signal, children: 1, deadlineMs: READ_MS, ladder: 'pinned' })
    let attempts: Attempt[] = Array.from({ length: session.samples }, (_, sample) => ({ sample }))
    try {
      for (let round = 0; round <= (options.rounds ?? ROUNDS) && attempts.length > 0; round++) {
        const asked = []
        for (const attempt of attempts) {
          if (session.over()) break
          session.say(`${task.kernel.name} sample ${attempt.sample}${round > 0 ? `, repair ${round}` : ''}`)
          await answerOnce(attempt, round, { task, session, kernel, reader, views, facts })
          asked.push(attempt)
        }
        await judgeAll(asked, task, session)
        attempts = asked.filter(attempt => attempt.repair !== undefined)
      }
    } finally {
      await reader.close()
    }
  },
}

interface Work {
  readonly task: Task
  readonly session: Session
  readonly kernel: KernelModule
  readonly reader: Reader
  readonly views: readonly View[]
  readonly facts: PromptFacts
}

/** Asks once more; leaves a build to judge, a fault to repair, or neither when there is no use in going on. */
async function answerOnce(attempt: Attempt, round: number, work: Work): Promise<void> {
  const { task, session, kernel, reader, views, facts } = work
  const { model, options } = session
  const { repair, sample } = attempt
  delete attempt.repair
  delete attempt.build
  const asked = (view: View, more: Partial<PromptFacts>): Prompt =>
    model.dialect.prompt('rewrite', { ...facts, ir: view.ir, ...more })
  const fitted = await fitting(task, views, view => asked(view, repair ? { repair } : {}), session)
  if (fitted === undefined) {
    note(session.tally, 'none', 'it does not fit the context window')
    return
  }
  const { view, prompt, maxTokens } = fitted
  // Some dialects have no words for a repair: the same question would get the same answer.
  if (repair !== undefined && prompt.prompt === asked(view, {}).prompt) return
  const seed = options.seed * SEEDS_OF_A_RUN + sample
  const temperature = sample === 0 ? prompt.temperature : Math.max(prompt.temperature, SAMPLING_TEMPERATURE)
  const exchange = await ask(
    task,
    {
      ...{ strategy: 'rewrite' as const, form: view.form, prompt: { ...prompt, temperature }, maxTokens },
      ...{ seed, sample, round },
    },
    session,
  )
  attempt.exchange = exchange
  if (exchange.reply.state === 'failed') {
    note(session.tally, 'failed', exchange.reply.message)
    return
  }
  const { text, finish } = exchange.reply
  const considered = await consider({ text, cut: finish === 'length' }, kernel, {
    dialect: model.dialect,
    reader,
    shown: view.shown,
  })
  if (considered.state === 'failed') {
    settle(exchange, considered.settlement, session)
    attempt.repair = { answer: considered.answer ?? '', message: considered.settlement.reason }
    return
  }
  const { ir } = considered
  const request: BuildRequest = {
    kernel: task.kernel.hash,
    input: 'rewrite',
    inputHash: putBlob(session.store, ir),
    ...levelSettings(session.toolchain, LEVEL[options.metric]),
    codegenOptions: [],
    llvm: session.toolchain.version,
    target: task.target,
  }
  const candidate = {
    strategy: 'rewrite',
    sample,
    seed,
    request,
    parameters: { round },
  }
  const made = await propose(task, exchange, { ...candidate, input: () => Buffer.from(ir) }, session)
  if (made.state === 'ok') {
    attempt.build = made.build
    attempt.repair = { answer: considered.answer, message: '' }
  } else attempt.repair = { answer: considered.answer, message: made.message }
}

/** Judges what was built in a round; only what has a fault is left to repair. */
async function judgeAll(attempts: readonly Attempt[], task: Task, session: Session): Promise<void> {
  const built = attempts.filter(attempt => attempt.build !== undefined)
  await judgeBuilds(task, new Set(built.map(({ build }) => build as string)), session)
  for (const attempt of built) {
    const { build, exchange, repair } = attempt
    const fault = build === undefined ? undefined : faultOf(build, session)
    delete attempt.repair
    if (fault === undefined || exchange === undefined) continue
    const settlement = { outcome: 'built', class: fault.class, reason: fault.message, build } as const
    settleExchange(session.store, exchange.id, settlement)
    attempt.repair = { answer: repair?.answer ?? '', message: fault.message }
  }
}

async function textOf({ kernel, target }: Task, session: Session): Promise<string> {
  const { input } = await kernelSource(kernel, { ...session, target })
  return await irText(session.toolchain, input(), session.signal)
}

function tryRead(text: string): KernelModule | string {
  try {
    return readKernel(text)
  } catch (error) {
    const unreadable = [CutShort, NoTokens, SyntaxError].some(kind => error instanceof kind)
    if (unreadable) return (error as Error).message
    throw error
  }
}
