/** LLVM's own pipelines, spelt out pass by pass, so that a search can cut, cross and minimise them. */
import { environmentError } from '../../../errors.ts'
import { type PassGrammar, type PassList, parsePassList } from '../../../llvm/passes/grammar.ts'
import type { Toolchain } from '../../../llvm/toolchain.ts'
import { describeExit, run, succeeded } from '../../../process/run.ts'

export type Level = 'O1' | 'O2' | 'O3' | 'Os' | 'Oz'

/**
 * The passes of each level in order, without markers and instrumentation. A list has no room for how LLVM interleaves
 * passes over the functions of a component, so code may come out a little different from `default<LEVEL>`.
 */
export async function spelledOut(
  toolchain: Toolchain,
  grammar: PassGrammar,
  levels: readonly Level[],
): Promise<Map<Level, PassList>> {
  const lists = await Promise.all(
    levels.map(async (level): Promise<[Level, PassList]> => {
      const args = [`-passes=default<${level}>`, '-print-pipeline-passes', '-disable-output']
      const exit = await run(toolchain.bin('opt'), args, { input: '', timeoutMs: 60_000 })
      if (!succeeded(exit))
        throw environmentError(`opt does not print default<${level}>: ${describeExit(exit)}`)
      const list = parsePassList(grammar, exit.stdout.toString('utf8'), { leftOut: 'drop' })
      if ('problem' in list) throw environmentError(`default<${level}> does not parse: ${list.problem}`)
      return [level, list]
    }),
  )
  return new Map(lists)
}
