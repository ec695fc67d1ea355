/**
 * `--with llm`: a language model works on every kernel, and what it proposes is built and judged at once, so that
 * "verified" on the screen is a fact. Stopped anywhere it goes on there: every exchange is stored as it comes, and none
 * is made twice.
 */
import { usageError } from '../../errors.ts'
import { log, progress } from '../../log.ts'
import { putTarget } from '../../store/builds/builds.ts'
import type { ExploreOptions, Explorer, ProposerKind } from '../proposer.ts'
import { newTally } from '../tally.ts'
import { openModel } from './server/model.ts'
import { judgeBuilds, openSession, progressOf, summaryOf } from './session.ts'
import { strategyNamed } from './strategies.ts'
import type { Strategy, Task } from './strategy.ts'

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
      const session = openSession({ services, options, model, tally, say: text => shown.say(text) })
      try {
        for (const kernel of kernels) {
          if (session.over()) break
          const task: Task = { kernel, target, targetId }
          await strategy.work(task, session)
          await judgeBuilds(task, session.builds, session)
          session.builds.clear()
          shown.failures(tally.broken + tally.failed)
          shown.step(progressOf(kernel.name, session))
        }
      } finally {
        shown.done()
      }
      log.info(summaryOf(session))
      return tally
    } finally {
      await model.close()
    }
  },
})
