/** `random:N`: N pass lists by chance for each kernel, from the grammar everyone draws from. The bar for all others. */
import { seededRandom } from '../../kernel/random.ts'
import { LENGTHS, passGrammar, passListText, randomPassList } from '../../llvm/passes/grammar.ts'
import type { ProposerKind } from '../proposer.ts'
import { kernelBuild } from '../source.ts'
import { SETTINGS } from './setting.ts'

const MOST_SAMPLES = 10_000

/**
 * Each list follows from seed, kernel and sample alone, so that samples can be added later. The search's first
 * candidates are the same ones.
 */
export const randomSeed = (seed: number, kernel: string, sample: number): string =>
  `random ${seed} ${kernel} ${sample}`

export const randomLists: ProposerKind = {
  word: 'random:',
  names: ['random:8'],
  create(typed, { metric, seed }) {
    const count = typed.slice('random:'.length)
    const samples = /^\d{1,5}$/.test(count) ? Number(count) : 0
    if (samples < 1 || samples > MOST_SAMPLES) return undefined
    return {
      name: 'random',
      samples,
      parameters: { seed, metric, lengths: `${LENGTHS.least}-${LENGTHS.most}` },
      propose: async (kernel, context, sample) => {
        const grammar = await passGrammar(context.toolchain)
        const list = randomPassList(grammar, seededRandom(randomSeed(seed, kernel.hash, sample)))
        return kernelBuild(kernel, context, { passes: passListText(list), ...SETTINGS[metric] })
      },
    }
  },
}
