/**
 * Meta's LLM Compiler (https://arxiv.org/abs/2407.02524), byte for byte as its demo script prompts it: raw completion,
 * no chat template, greedy. Size tuning needs a `-ftd` model. Nothing it was trained on asks for speed.
 */
import { irIn, passListIn } from './answers.ts'
import type { Dialect, PromptFacts } from './dialect.ts'
import { quoted } from './foreign.ts'

/** The pipeline whose result it is asked to predict. */
const STRONG = { size: 'default<Oz>', time: 'default<O3>' } as const

const sizeTuning = (facts: PromptFacts): string =>
  `[INST] Tell me how to optimize this LLVM-IR for object file size:\n\n<code>${code(facts)}</code> [/INST]`

function emulation(facts: PromptFacts): string {
  const { instructions, codeBytes, metric } = facts
  const counts =
    instructions === undefined || codeBytes === undefined
      ? ''
      : `\n\nThe input code has instruction count ${instructions} and binary size ${codeBytes} bytes.`
  return `[INST] Give the LLVM-IR for the following code when optimized using opt -p '${STRONG[metric]}':\n\n<code>${code(facts)}</code>${counts} [/INST]`
}

const code = (facts: PromptFacts): string => quoted(facts.ir ?? facts.summary ?? '')

export const llmCompiler: Dialect = {
  name: 'llm-compiler',
  version: '1',
  speaks: 'completion',
  supports: strategy => strategy !== 'hints',
  prompt: (strategy, facts) => ({
    prompt: strategy === 'passes' ? sizeTuning(facts) : emulation(facts),
    temperature: 0,
    grammarWanted: false,
  }),
  answer: (strategy, reply) => (strategy === 'passes' ? passListIn(reply) : irIn(reply)),
}
