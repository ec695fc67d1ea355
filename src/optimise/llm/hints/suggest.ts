/** Asks a model for hints on a kernel and stores them, with as many by chance beside them. */
import { seededRandom } from '../../../kernel/random.ts'
import { passGrammar } from '../../../llvm/passes/grammar.ts'
import { write } from '../../../store/open.ts'
import { settleExchange } from '../../../store/proposers/exchanges.ts'
import { hintsOf, putHint, type StoredHint } from '../../../store/proposers/hints.ts'
import { levelSettings } from '../../opt/levels.ts'
import { ask } from '../conversation.ts'
import { factsOf, kernelText } from '../facts.ts'
import { show } from '../showing.ts'
import type { Session, Task } from '../strategy.ts'
import { hintGbnf, type ReadHint, readHints } from './answer.ts'
import { HINT_KINDS, type HintSpace, hintSpace, randomHints } from './hint.ts'
import { missedRemarks, remarkText } from './remarks.ts'
import { numberedViews } from './view.ts'

/** Tokens of an answer of four hints. */
const REPLY_TOKENS = 512
/** What competes with a hint: its level alone. */
export const HINT_LEVEL = { size: 'Oz', time: 'O3' } as const

export interface Suggested {
  readonly ir: string
  readonly space: HintSpace
  readonly hints: readonly StoredHint[]
  /** Why there are none, where the model was no help. */
  readonly why: readonly string[]
}

/** The model's hints on a kernel: those of earlier runs, and what is asked now. */
export async function suggest(task: Task, session: Session): Promise<Suggested> {
  const { model, options, toolchain, samples } = session
  const ir = await kernelText(task, session)
  const space = hintSpace(ir, await passGrammar(toolchain), { metric: options.metric, target: task.target })
  const pipeline = levelSettings(toolchain, HINT_LEVEL[options.metric]).passes
  const remarks = (await missedRemarks(ir, pipeline, session)).map(remarkText)
  const facts = { ...(await factsOf(task, ir, session)), remarks, ...wordsOf(space) }
  const views = numberedViews(ir, model.dialect.speaks)
  const fitted = await show(task, 'hints', { ir, views, facts, replyTokens: REPLY_TOKENS }, session)
  if (fitted === undefined) return { ir, space, hints: [], why: ['it does not fit the context window'] }
  const grammar = model.grammars && fitted.prompt.grammarWanted ? hintGbnf(space) : undefined
  const hints: StoredHint[] = []
  const why: string[] = []
  for (let sample = 0; sample < samples && !session.over(); sample++) {
    session.say(`${task.kernel.name} ${sample + 1}/${samples}`)
    const exchange = await ask(
      task,
      {
        ...{ strategy: 'hints' as const, form: fitted.view.form, prompt: fitted.prompt },
        ...{
          maxTokens: REPLY_TOKENS,
          seed: options.seed + sample,
          sample,
          ...(grammar !== undefined && { grammar }),
        },
      },
      session,
    )
    const { reply } = exchange
    const answer =
      reply.state === 'failed'
        ? ({ state: 'none', why: reply.message } as const)
        : model.dialect.answer('hints', reply.text)
    if (answer.state === 'none') {
      why.push(answer.why)
      if (exchange.outcome === 'replied')
        settleExchange(session.store, exchange.id, { outcome: 'none', class: 'no-hint', reason: answer.why })
    } else if (exchange.outcome === 'replied')
      write(session.store, () => {
        for (const [position, read] of readHints(answer.text, space).entries())
          keep(task, read, { source: 'llm', exchange: exchange.id, position }, session)
        settleExchange(session.store, exchange.id, { outcome: 'hints' })
      })
    hints.push(
      ...hintsOf(session.store, { kernel: task.kernel.hash, targetId: task.targetId, exchange: exchange.id }),
    )
  }
  return { ir, space, hints, why }
}

/** What a hint may say, for models whose server holds them to no grammar. */
const wordsOf = ({ tries }: HintSpace) => ({
  hintKinds: HINT_KINDS,
  flagNames: tries.flag,
  attributeNames: tries.attribute,
})

/** Hints by chance for a kernel, `count` of them: the same whenever the seed is. */
export function chance(task: Task, space: HintSpace, count: number, session: Session): StoredHint[] {
  const { metric } = session.options
  const of = { kernel: task.kernel.hash, targetId: task.targetId, source: 'random', metric } as const
  const known = hintsOf(session.store, of).length
  const random = seededRandom(`hints ${session.options.seed} ${metric} ${task.kernel.hash}`)
  const drawn = randomHints(space, count, random).slice(known)
  write(session.store, () => {
    for (const [i, hint] of drawn.entries())
      keep(task, { hint }, { source: 'random', exchange: undefined, position: known + i }, session)
  })
  return hintsOf(session.store, of).slice(0, count)
}

function keep(
  { kernel, targetId }: Task,
  read: ReadHint,
  of: {
    readonly source: 'llm' | 'random'
    readonly exchange: number | undefined
    readonly position: number
  },
  { store, options }: Session,
): void {
  const common = { kernel: kernel.hash, targetId, metric: options.metric, ...of }
  if ('problem' in read)
    putHint(store, {
      ...{ ...common, function: null, lines: null, kind: 'other', why: read.said },
      ...{ tryKind: '', tryText: '', state: 'invalid', reason: read.problem },
    })
  else {
    const { function: name, lines, kind, why } = read.hint
    putHint(store, {
      ...{ ...common, function: name, lines, kind, why, state: 'untried' },
      ...{ tryKind: read.hint.try.kind, tryText: read.hint.try.text },
    })
  }
}
