/** Hints for kernels: asked, and with `try` each tried alone beside as many by chance. Goes on where it was stopped. */
import { usageError } from '../../../errors.ts'
import type { Target } from '../../../kernel/build.ts'
import { log, progress } from '../../../log.ts'
import { type KernelInput, putTarget } from '../../../store/builds/builds.ts'
import { hintsOf, type StoredHint } from '../../../store/proposers/hints.ts'
import type { ExploreOptions, ExploreServices } from '../../proposer.ts'
import { newTally } from '../../tally.ts'
import { openModel } from '../server/model.ts'
import { openSession, progressOf, summaryOf } from '../session.ts'
import type { Session, Task } from '../strategy.ts'
import { chance, type Suggested, suggest } from './suggest.ts'
import { tryHints } from './trial.ts'

/** What came of one kernel. */
export interface HintedKernel {
  readonly kernel: KernelInput
  /** Canonical IR, which the hints' lines refer to. */
  readonly ir: string
  readonly hints: readonly StoredHint[]
  /** Hints by chance; none where nothing was tried. */
  readonly random: readonly StoredHint[]
  readonly why: readonly string[]
}

export async function hint(
  kernels: readonly KernelInput[],
  request: { readonly target: Target; readonly options: ExploreOptions; readonly then: 'ask' | 'try' },
  services: ExploreServices,
): Promise<HintedKernel[]> {
  const { store, lanes, signal } = services
  const { target, options, then } = request
  const model = await openModel(options, { lanes, signal, ...(options.llms && { llms: options.llms }) })
  const shown = progress('kernels', kernels.length)
  try {
    if (!model.dialect.supports('hints'))
      throw usageError(`the dialect ${model.dialect.name} gives no hints`, 'name another with --dialect')
    const tally = newTally('hints', target.name)
    const session = openSession({ services, options, model, tally, say: text => shown.say(text) })
    const targetId = putTarget(store, target)
    const done: HintedKernel[] = []
    for (const kernel of kernels) {
      if (session.over()) break
      const task: Task = { kernel, target, targetId }
      const suggested = await suggest(task, session)
      done.push({ kernel, ...(await settled(task, suggested, then, session)) })
      shown.step(progressOf(kernel.name, session))
    }
    signal.throwIfAborted()
    shown.done()
    log.info(summaryOf(session))
    return done
  } finally {
    shown.done()
    await model.close()
  }
}

async function settled(
  task: Task,
  { ir, space, hints, why }: Suggested,
  then: 'ask' | 'try',
  session: Session,
): Promise<Omit<HintedKernel, 'kernel'>> {
  if (then === 'ask' || hints.length === 0) return { ir, hints, random: [], why }
  const random = chance(task, space, hints.length, session)
  await tryHints(task, [...hints, ...random], space, session)
  const of = { kernel: task.kernel.hash, targetId: task.targetId }
  const again = (hint: StoredHint): StoredHint =>
    hintsOf(
      session.store,
      hint.exchange === null || hint.exchange === undefined
        ? { ...of, source: 'random', metric: hint.metric }
        : { ...of, exchange: hint.exchange },
    ).find(({ id }) => id === hint.id) ?? hint
  return { ir, hints: hints.map(again), random: random.map(again), why }
}
