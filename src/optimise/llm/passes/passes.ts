/**
 * The strategy `passes`: the model proposes pass lists, LLVM applies them. Every list is one of LLVM's grammar, and is
 * built as random's are, so that the two compete as equals.
 */
import {
  type PassGrammar,
  parsePassList,
  passGrammar,
  passListText,
  toGbnf,
} from '../../../llvm/passes/grammar.ts'
import { SEEDS_OF_A_RUN } from '../../../store/proposers/exchanges.ts'
import { SETTINGS } from '../../random/setting.ts'
import { kernelBuild } from '../../source.ts'
import { note } from '../../tally.ts'
import { ask, propose, settle } from '../conversation.ts'
import { factsOf, kernelText } from '../facts.ts'
import { type Fitted, show, viewsOf } from '../showing.ts'
import type { Session, Strategy, Task } from '../strategy.ts'

/** Tokens of an answer: a list of some thirty passes. */
const REPLY_TOKENS = 256
/** Places of a list the server lets a model write, and of an adaptor within it: what fits REPLY_TOKENS. */
const PLACES = { maxLength: 6, maxInner: 6 } as const
/** Answers asked for before a sample that is always one of the earlier ones is given up. */
const ATTEMPTS = 3
/** What makes greedy models answer a second time otherwise. */
const SAMPLING_TEMPERATURE = 0.8

/** Passes worth a mention to a model that may not know LLVM's names; the grammar holds the others. */
const NAMED = [
  ...['sroa', 'early-cse<memssa>', 'simplifycfg', 'instcombine', 'gvn', 'licm', 'loop-rotate', 'indvars'],
  ...['loop-unroll', 'loop-vectorize', 'slp-vectorizer', 'reassociate', 'sccp', 'dse', 'adce', 'inline'],
  ...[
    'loop-deletion',
    'loop-idiom',
    'mergefunc',
    'globaldce',
    'loop-reduce',
    'sink',
    'newgvn',
    'aggressive-instcombine',
  ],
]

export const passes: Strategy = {
  name: 'passes',
  async work(task, session) {
    const { model, toolchain, samples, tally } = session
    const ir = await kernelText(task, session)
    const facts = { ...(await factsOf(task, ir, session)), passNames: NAMED }
    const views = viewsOf(ir, model.dialect.speaks, session)
    const fitted = await show(task, 'passes', { ir, views, facts, replyTokens: REPLY_TOKENS }, session)
    if (fitted === undefined) {
      note(tally, 'none', 'it does not fit the context window')
      return
    }
    const grammar = await passGrammar(toolchain)
    const seen = new Set<string>()
    for (let sample = 0; sample < samples && !session.over(); sample++) {
      session.say(`${task.kernel.name} ${sample + 1}/${samples}`)
      await sampleOnce({ task, session, fitted, grammar, seen, sample })
    }
  },
}

interface Sampling {
  readonly task: Task
  readonly session: Session
  readonly fitted: Fitted
  readonly grammar: PassGrammar
  /** Lists this kernel was answered with before. */
  readonly seen: Set<string>
  readonly sample: number
}

/** Asks until there is an answer that is none of the earlier ones, and builds it. An answer that says nothing is the sample's. */
async function sampleOnce({ task, session, fitted, grammar, seen, sample }: Sampling): Promise<void> {
  const { model, options, tally } = session
  const { prompt, view } = fitted
  const gbnf = model.grammars && prompt.grammarWanted ? gbnfOf(grammar) : undefined
  for (let attempt = 0; attempt < ATTEMPTS && !session.over(); attempt++) {
    const first = sample === 0 && attempt === 0
    const seed = options.seed * SEEDS_OF_A_RUN + sample * ATTEMPTS + attempt
    const temperature = first ? prompt.temperature : Math.max(prompt.temperature, SAMPLING_TEMPERATURE)
    const exchange = await ask(
      task,
      {
        ...{ strategy: 'passes' as const, form: view.form, prompt: { ...prompt, temperature } },
        ...{ maxTokens: REPLY_TOKENS, seed, sample, ...(gbnf !== undefined && { grammar: gbnf }) },
      },
      session,
    )
    const { reply } = exchange
    if (reply.state === 'failed') {
      note(tally, 'failed', reply.message)
      return
    }
    const answer = listOf(reply.text, model.dialect.answer('passes', reply.text), grammar)
    if ('outcome' in answer) {
      settle(exchange, answer, session)
      return
    }
    const { list } = answer
    if (seen.has(list)) {
      settle(
        exchange,
        { outcome: 'unchanged', class: 'duplicate', reason: 'the same list as an earlier answer' },
        session,
      )
      continue
    }
    seen.add(list)
    if (exchange.outcome !== 'replied' && exchange.build !== undefined) {
      tally.known++
      session.builds.add(exchange.build)
      return
    }
    const { request, input } = await kernelBuild(
      task.kernel,
      { ...session, target: task.target },
      { ...SETTINGS[options.metric], passes: view.after === undefined ? list : `${view.after},${list}` },
    )
    await propose(
      task,
      exchange,
      { strategy: 'passes', sample, seed, request, input, parameters: { form: view.form } },
      session,
    )
    return
  }
}

const gbnfs = new WeakMap<PassGrammar, string>()

function gbnfOf(grammar: PassGrammar): string {
  const text = gbnfs.get(grammar) ?? toGbnf(grammar, PLACES)
  gbnfs.set(grammar, text)
  return text
}

type Found = ReturnType<Session['model']['dialect']['answer']>
type Listed =
  | { readonly list: string }
  | { readonly outcome: 'none' | 'invalid'; readonly class: string; readonly reason: string }

/** The list an answer means, as LLVM takes it; foreign lists lose the markers that change no code. */
function listOf(reply: string, answer: Found, grammar: PassGrammar): Listed {
  if (reply.trim() === '') return { outcome: 'none', class: 'empty', reason: 'an empty answer' }
  if (answer.state === 'none') return { outcome: 'none', class: 'no-list', reason: answer.why }
  const list = parsePassList(grammar, answer.text, { leftOut: 'drop' })
  return 'problem' in list
    ? { outcome: 'invalid', class: 'pass-list', reason: list.problem }
    : { list: passListText(list) }
}
