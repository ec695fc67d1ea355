/** For tests: the corpus through the real strategy: a model that replays it, the gate, LLVM, the judge and the store. */
import { openBuilder } from '../../src/compile/builder.ts'
import { localHost } from '../../src/hosts/local.ts'
import { PASSING, type VerdictState } from '../../src/kernel/verdict.ts'
import { createLanes } from '../../src/lanes/lanes.ts'
import { openReader } from '../../src/llvm/reading/reader.ts'
import { ensureToolchain } from '../../src/llvm/toolchain.ts'
import { instruct } from '../../src/optimise/llm/dialects/instruct.ts'
import { rewrite } from '../../src/optimise/llm/rewrite/rewrite.ts'
import type { LanguageModel } from '../../src/optimise/llm/server/model.ts'
import type { Session } from '../../src/optimise/llm/strategy.ts'
import { newTally } from '../../src/optimise/tally.ts'
import { putTarget, selectKernels } from '../../src/store/builds/builds.ts'
import { insertModule, startHarvest } from '../../src/store/kernels/harvests.ts'
import { insertSighting, putKernel } from '../../src/store/kernels/kernels.ts'
import { openStore, type Store } from '../../src/store/open.ts'
import { type AnswerCase, replyOf } from './answer.ts'
import { type Subject, subjects } from './subjects.ts'

/** A model that answers sample N with reply N. */
export const replaying = (replies: readonly Pick<AnswerCase, 'reply' | 'more' | 'cut'>[]): LanguageModel => {
  let next = 0
  return {
    ...{ name: 'replay', model: 'corpus', weightsHash: undefined, contextTokens: 16_384, dialect: instruct },
    ...{ grammars: false, tokenCounts: 'estimated' },
    countTokens: async text => Math.ceil(text.length / 3),
    complete: async () => {
      const reply = replies[next++]
      if (reply === undefined) throw new Error('more was asked than there is')
      const counts = { promptTokens: 0, replyTokens: 0, seconds: 0 }
      return {
        state: 'ok',
        text: replyOf(reply as AnswerCase),
        finish: reply.cut ? 'length' : 'stop',
        ...counts,
      }
    },
    close: async () => {},
  }
}

export interface Outcome {
  /** As AnswerCase.expected. */
  readonly outcome: string
  readonly reason: string | null
}

/** What became of each answer, in their order. */
export async function drive(cases: readonly AnswerCase[], rounds = 0): Promise<Outcome[]> {
  const store = openStore(':memory:')
  const toolchain = await ensureToolchain()
  const lanes = createLanes()
  const signal = new AbortController().signal
  const builder = await openBuilder(toolchain)
  const host = await localHost(toolchain)
  const reader = await openReader(toolchain, { children: 1 })
  const outcomes = new Map<AnswerCase, Outcome>()
  try {
    const targetId = putTarget(store, host.target)
    for (const subject of subjects()) {
      const mine = cases.filter(one => one.subject === subject.name)
      put(store, subject)
      const [kernel] = selectKernels(store, subject.kernel.hash)
      if (kernel === undefined || mine.length === 0) continue
      const session: Session = {
        ...{ store, toolchain, lanes, signal, builder, samples: mine.length, model: replaying(mine) },
        options: { metric: 'size', budget: {}, seed: 1, rounds },
        ...{ tally: newTally('llm', 'native'), builds: new Set() },
        spent: { asked: 0, known: 0, promptTokens: 0, replyTokens: 0, seconds: 0, verified: 0, judged: 0 },
        ...{ host: async () => host, reader: async () => reader, over: () => false, say: () => {} },
      }
      await rewrite.work({ kernel, target: host.target, targetId }, session)
      for (const [sample, one] of mine.entries()) outcomes.set(one, outcomeOf(store, kernel.hash, sample))
    }
  } finally {
    await reader.close()
    await builder.close()
    store.close()
  }
  return cases.map(one => outcomes.get(one) ?? { outcome: 'never asked', reason: null })
}

function put(store: Store, { kernel, signature }: Subject): void {
  putKernel(
    store,
    {
      ...kernel,
      abi: signature.arguments.length > 0 ? abiOf(kernel.ir) : 'other',
      lines: 1,
      functions: 1,
      irInstructions: 1,
    },
    { reader: '22.1.8' },
  )
  const harvestId = startHarvest(store, { model: kernel.name, source: 'import', xlaFlags: '' })
  const moduleId = insertModule(store, { harvestId, name: kernel.name, ops: [] })
  const facts = { calls: 1, signature, findings: [] }
  insertSighting(store, { moduleId, kernelHash: kernel.hash, name: kernel.name, file: 'corpus', facts })
}

const abiOf = (ir: string): 'call-frame' | 'scalar' =>
  /^define ptr @kernel\(ptr/m.test(ir) ? 'call-frame' : 'scalar'

interface Row {
  readonly outcome: string
  readonly class: string | null
  readonly reason: string | null
  readonly build_hash: string | null
}

function outcomeOf(store: Store, kernel: string, sample: number): Outcome {
  const row = store
    .prepare(
      'SELECT outcome, class, reason, build_hash FROM exchange WHERE kernel_hash = ? AND sample = ? ORDER BY round DESC',
    )
    .get(kernel, sample) as Row
  const states = store
    .prepare('SELECT state FROM current_verdict WHERE build_hash = ?')
    .pluck()
    .all(row.build_hash) as VerdictState[]
  const passes = states.length > 0 && states.every(state => PASSING.includes(state))
  if (row.outcome === 'built' && passes) return { outcome: 'passes', reason: null }
  return { outcome: `${row.outcome} ${row.class ?? states.join(' ')}`, reason: row.reason }
}
