/** `opt:LEVEL`: LLVM's own pipelines, as clang would run them: with its function attributes and code-generator level. */
import type { BuildRequest } from '../../kernel/build.ts'
import type { Toolchain } from '../../llvm/toolchain.ts'
import type { ProposerKind } from '../proposer.ts'
import { kernelBuild } from '../source.ts'

interface Level {
  readonly pipeline: string
  readonly attributes: readonly string[]
  readonly codegenLevel: BuildRequest['codegenLevel']
}

const level = (
  pipeline: string,
  codegenLevel: Level['codegenLevel'],
  attributes: readonly string[] = [],
): Level => ({ pipeline, codegenLevel, attributes })

/** clang marks every function of a -Os build `optsize`, of a -Oz build also `minsize` (clang CodeGenModule.cpp). */
const LEVELS: Readonly<Record<string, Level>> = {
  O0: level('default<O0>', 0),
  O1: level('default<O1>', 1),
  O2: level('default<O2>', 2),
  O3: level('default<O3>', 3),
  Os: level('default<Os>', 2, ['optsize']),
  Oz: level('default<Oz>', 2, ['minsize', 'optsize']),
}

export const optLevels: ProposerKind = {
  word: 'opt:',
  names: Object.keys(LEVELS).map(name => `opt:${name}`),
  create(typed) {
    const chosen = LEVELS[typed.slice('opt:'.length)]
    if (chosen === undefined) return undefined
    return {
      name: typed,
      propose: (kernel, context) =>
        kernelBuild(kernel, context, {
          passes: pipelineFor(context.toolchain, chosen),
          attributes: chosen.attributes,
          codegenLevel: chosen.codegenLevel,
          codegenOptions: [],
        }),
    }
  },
}

/** What a build at a level is made with: for proposers that put something else through the same pipeline. */
export const levelSettings = (toolchain: Toolchain, name: 'O0' | 'O3' | 'Oz'): LevelSettings =>
  settingsOf(toolchain, LEVELS[name] as Level)

type LevelSettings = Pick<BuildRequest, 'passes' | 'attributes' | 'codegenLevel'>

const settingsOf = (toolchain: Toolchain, chosen: Level): LevelSettings => ({
  passes: pipelineFor(toolchain, chosen),
  attributes: chosen.attributes,
  codegenLevel: chosen.codegenLevel,
})

/** LLVM 23 dropped the size pipelines: there it is O2 that reads the attributes. */
function pipelineFor(toolchain: Toolchain, { pipeline }: Level): string {
  const dropped = Number.parseInt(toolchain.version, 10) >= 23 && /<O[sz]>/.test(pipeline)
  return dropped ? 'default<O2>' : pipeline
}
