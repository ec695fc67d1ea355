/** A run with a model: what all its kernels share, and what it says of itself while it goes on. */
import { PASSING } from '../../kernel/verdict.ts'
import type { ExploreOptions, ExploreServices } from '../proposer.ts'
import { judgeProposed } from '../verdicts.ts'
import type { Session, Spent, Task } from './strategy.ts'

/** Answers for a kernel unless `--samples` says otherwise. */
const SAMPLES = 8

export function openSession(parts: {
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
    say: text => parts.say(`${progressOf(text, session)}${left(end)}`),
  }
  return session
}

const left = (end: number): string =>
  end === Number.POSITIVE_INFINITY
    ? ''
    : ` · ${Math.max(0, (end - performance.now()) / 1000).toFixed(0)} s of the budget left`

/** Judges those builds of a kernel that have no verdict, and counts them. */
export const judgeBuilds = ({ kernel }: Task, builds: ReadonlySet<string>, session: Session): Promise<void> =>
  judgeProposed(builds, session, {
    kernel: kernel.hash,
    onVerdict(_, { state }) {
      session.spent.judged++
      if (PASSING.includes(state)) session.spent.verified++
    },
  })

/** What is being done, the model's speed, and what the judge has passed so far. */
export const progressOf = (text: string, { spent }: Session): string =>
  [text, speed(spent), `${spent.verified} of ${spent.judged} verified`]
    .filter(part => part !== '')
    .join(' · ')

const speed = ({ replyTokens, promptTokens, seconds }: Spent): string =>
  seconds > 0 ? `${((replyTokens + promptTokens) / seconds).toFixed(0)} tokens/s` : ''

/** What a run has come to, in one line. */
export const summaryOf = ({ model, spent }: Session): string =>
  [
    `${model.model}: ${spent.asked} ${spent.asked === 1 ? 'exchange' : 'exchanges'} in ${spent.seconds.toFixed(1)} s`,
    ...(spent.known > 0 ? [`${spent.known} known from before`] : []),
    `${spent.promptTokens} prompt and ${spent.replyTokens} reply tokens`,
    `${spent.verified} of ${spent.judged} new builds verified`,
  ].join('; ')
