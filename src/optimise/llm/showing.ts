/** How a kernel is shown to a model: whole, else compacted, else a part of it, else only in figures, as its window allows. */

import { neutral } from '../../kernel/compact/neutral.ts'
import { toNotation } from '../../kernel/compact/notation.ts'
import { CANONICALISING } from '../../kernel/compact/passes.ts'
import { compact } from '../../kernel/compact/plain.ts'
import { slices } from '../../kernel/compact/slices.ts'
import { LEGEND } from '../../kernel/compact/words.ts'
import { putShowing } from '../../store/proposers/showings.ts'
import { canonicalised } from './canonical-view.ts'
import type { Form } from './conversation.ts'
import type { Prompt, PromptFacts, Strategy as StrategyName } from './dialects/dialect.ts'
import type { Session, Task } from './strategy.ts'

/** One way to show a kernel. */
export interface View {
  readonly form: Form
  readonly notation: 'ir' | 'own' | 'none'
  /** What is shown of its IR. */
  readonly ir?: string
  readonly legend?: string
  /** Passes that made the IR shown of the kernel's: a pass list that answers it begins with them. */
  readonly after?: string
}

export interface Fitted {
  readonly view: View
  readonly prompt: Prompt
}

/** The ways to show a kernel to a model that picks passes, fullest first; each is made when those before do not fit. */
export async function* viewsOf(
  ir: string,
  speaks: 'completion' | 'chat',
  session: Pick<Session, 'toolchain' | 'signal'>,
): AsyncGenerator<View> {
  yield { form: 'whole', notation: 'ir', ir: neutral(ir) }
  const shorter = await canonicalised(ir, session)
  const text = neutral(compact(shorter ?? ir).text)
  const after = shorter === undefined ? {} : { after: CANONICALISING }
  yield { form: 'compacted', notation: 'ir', ir: text, ...after }
  // A model that is told what to do can be told how to read.
  if (speaks === 'chat')
    yield { form: 'compacted', notation: 'own', ir: toNotation(text), legend: LEGEND, ...after }
  for (const slice of slices(text)) yield { form: 'sliced', notation: 'ir', ir: slice, ...after }
  yield { form: 'summarised', notation: 'none' }
}

/**
 * The first view whose prompt leaves room for the reply, stored as how this kernel was shown; undefined when not even
 * the last one does, which is stored as refused.
 */
export async function show(
  task: Task,
  strategy: StrategyName,
  shown: {
    readonly ir: string
    readonly views: AsyncIterable<View>
    readonly facts: PromptFacts
    readonly replyTokens: number
  },
  { model, store }: Pick<Session, 'model' | 'store'>,
): Promise<Fitted | undefined> {
  const room = model.contextTokens - shown.replyTokens
  const before = await model.countTokens(shown.ir)
  const keep = async (view: Pick<View, 'form' | 'notation' | 'ir'>): Promise<void> =>
    putShowing(store, {
      ...{ kernel: task.kernel.hash, model: model.model, contextTokens: model.contextTokens },
      ...{ dialect: model.dialect.name, strategy, form: view.form, notation: view.notation },
      ...{ lines: shown.ir.split('\n').length - 1, tokensBefore: before, counted: model.tokenCounts },
      tokensAfter:
        view.ir === undefined ? 0 : view.ir === shown.ir ? before : await model.countTokens(view.ir),
    })
  for await (const view of shown.views) {
    const { ir, legend } = view
    // Counting costs a request; what is longer than any token can be is not asked about.
    if (ir !== undefined && ir.length > room * LONGEST_TOKEN) continue
    const prompt = model.dialect.prompt(strategy, {
      ...shown.facts,
      ...(ir !== undefined && { ir }),
      ...(legend !== undefined && { legend }),
    })
    if ((await model.countTokens(`${prompt.system ?? ''}${prompt.prompt}`)) > room) continue
    await keep(view)
    return { view, prompt }
  }
  await keep({ form: 'refused', notation: 'none' })
  return undefined
}

/** Characters of IR that one token stands for at the very most. */
const LONGEST_TOKEN = 16
