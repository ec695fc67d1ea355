/** The prompt of the post this project began with: the IR behind one sentence, spelled as it was there. */
import { irIn } from './answers.ts'
import type { Dialect } from './dialect.ts'
import { quoted } from './foreign.ts'

export const plain: Dialect = {
  name: 'plain',
  version: '1',
  speaks: 'completion',
  supports: strategy => strategy === 'rewrite',
  prompt: (_strategy, facts) => ({
    prompt: `Please optimise the following llvm ir code using opt -03\n${quoted(facts.ir ?? '')}`,
    temperature: 0,
    grammarWanted: false,
  }),
  answer: (_strategy, reply) => irIn(reply),
}
