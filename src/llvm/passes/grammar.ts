/** The grammar of pass lists: what the rest of xlab needs of this folder. */
import { environmentError } from '../../errors.ts'
import { describeExit, run, succeeded } from '../../process/run.ts'
import type { Toolchain } from '../toolchain.ts'
import { type PassGrammar, readGrammar } from './table.ts'

export { LENGTHS, randomPassList, randomStep, stepOf } from './draw.ts'
export { type GbnfOptions, toGbnf } from './gbnf.ts'
export { requiredOf } from './parameters.ts'
export { type PassProblem, parsePassList } from './parse.ts'
export type { Level, Nest, Pass, PassGrammar, PassList, PassStep } from './table.ts'
export { passListText, stepText } from './text.ts'

const known = new Map<string, Promise<PassGrammar>>()

/** The grammar of a toolchain's LLVM; asked once a process. Throws an environment error if `opt` does not answer. */
export function passGrammar(toolchain: Toolchain): Promise<PassGrammar> {
  const opt = toolchain.bin('opt')
  const found = known.get(opt) ?? ask(opt, toolchain.version)
  known.set(opt, found)
  found.catch(() => known.delete(opt))
  return found
}

async function ask(opt: string, version: string): Promise<PassGrammar> {
  const exit = await run(opt, ['--print-passes'], { timeoutMs: 60_000 })
  if (!succeeded(exit)) throw environmentError(`${opt} --print-passes: ${describeExit(exit)}`)
  return readGrammar(exit.stdout.toString('utf8'), version)
}
