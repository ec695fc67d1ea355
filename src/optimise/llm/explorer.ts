/**
 * `--with llm`: a language model works on every kernel, and what it proposes is built and judged at once, so that
 * "verified" on the screen is a fact. Stopped anywhere it goes on there: every exchange is stored as it comes, and none
 * is made twice.
 */
import { usageError } from '../../errors.ts'
import { log, progress } from '../../log.ts'
import { putTarget } from '../../store/builds.ts'
import type { ExploreOptions, Explorer, ExploreServices, ProposerKind } from '../proposer.ts'
import { newTally } from '../tally.ts'
import { judgeBuilds } from './rewrite/judged.ts'
import { openModel } from './server/model.ts'
import { strategyNamed } from './strategies.ts'
import type { Session, Spent, Strategy, Task } from './strategy.ts'

/** Answers for a kernel unless `--samples` says otherwise. */
const SAMPLES = 8

export const llmExplorer: ProposerKind = {
  word: 'llm',
  names: ['llm'],
  create: (typed, options) =>
    typed === 'llm' ? explorer(strategyNamed(options.strategy), options) : undefined,
}

const explorer = (strategy: Strategy, options: ExploreOptions): Explorer => ({
  name: 'llm',
  async explore(kernels, target, services) {
    const { store, lanes, signal } = services
    const tally = newTally('llm', target.name)
    const model = await openModel(options, { lanes, signal, ...(options.llms && { llms: options.llms }) })
    try {
      if (!model.dialect.supports(strategy.name))
        throw usageError(
          `the dialect ${model.dialect.name} has no prompt for ${strategy.name}`,
          'name another with --dialect, or another --strategy',
        )
      const targetId = putTarget(store, target)
      const shown = progress('kernels', kernels.length)
      const session = sessionOf({ services, options, model, tally, say: text => shown.say(text) })
      try {
        for (const kernel of kernels) {
          if (session.over()) break
          const task: Task = { kernel, target, targetId }
          await strategy.work(task, session)
          await judgeBuilds(task, session.builds, session)
          session.builds.clear()
          shown.step(state(kernel.name, session))
        }
      } finally {
        shown.done()
      }
      log.info(summary(model.model, session))
      return tally
    } finally {
      await model.close()
    }
  },
})

function sessionOf(parts: {
  readonly services: ExploreServices
  readonly options: ExploreOptions
  readonly model: Session['model']
  readonly tally: Session['tally']
  readonly say: (text: string) => void
}): Session {
  const { services, options } = parts
  const { seconds, candidates } = options.budget
  const end = seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1000
  const session: Session = {
    ...services,
    ...{ model: parts.model, options, tally: parts.tally, builds: new Set() },
    samples: options.samples ?? candidates ?? SAMPLES,
    spent: { asked: 0, known: 0, promptTokens: 0, replyTokens: 0, seconds: 0, verified: 0, judged: 0 },
    over: () => services.signal.aborted || performance.now() >= end,
    say: text => parts.say(`${state(text, session)}${left(end)}`),
  }
  return session
}

const left = (end: number): string =>
  end === Number.POSITIVE_INFINITY
    ? ''
    : ` · ${Math.max(0, (end - performance.now()) / 1000).toFixed(0)} s of the budget left`

/** The kernel, the model's speed and what the judge has passed so far. */
const state = (text: string, { spent }: Session): string =>
  [text, speed(spent), `${spent.verified} of ${spent.judged} verified`]
    .filter(part => part !== '')
    .join(' · ')

const speed = ({ replyTokens, promptTokens, seconds }: Spent): string =>
  seconds > 0 ? `${((replyTokens + promptTokens) / seconds).toFixed(0)} tokens/s` : ''

const summary = (model: string, { spent }: Session): string =>
  [
    `${model}: ${spent.asked} exchanges in ${spent.seconds.toFixed(1)} s`,
    ...(spent.known > 0 ? [`${spent.known} known from before`] : []),
    `${spent.promptTokens} prompt and ${spent.replyTokens} reply tokens`,
    `${spent.verified} of ${spent.judged} new builds verified`,
  ].join('; ')
