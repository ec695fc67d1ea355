/** The passes an LLVM has, as its `opt --print-passes` lists them: names, levels, parameters. */
import { environmentError } from '../../errors.ts'
import { leftOut } from './left-out.ts'
import { type Choice, choicesOf, REQUIRED_PARAMETERS } from './parameters.ts'

/** What a pass runs on. `loop-mssa`: a loop with MemorySSA at hand, which such a pass needs or keeps. */
export type Level = 'module' | 'cgscc' | 'function' | 'loop' | 'loop-mssa'

/**
 * Where in a list a pass stands: the adaptors around it, outermost first. A function pass in `cgscc/function` runs on
 * each function right after the passes before it ran on its component of the call graph.
 */
export const NESTS = {
  '': 'module',
  cgscc: 'cgscc',
  function: 'function',
  'function/loop': 'loop',
  'function/loop-mssa': 'loop-mssa',
  'cgscc/function': 'function',
  'cgscc/function/loop': 'loop',
  'cgscc/function/loop-mssa': 'loop-mssa',
} as const satisfies Record<string, Level>
export type Nest = keyof typeof NESTS

/** Of each level, the nest that lists drawn here use. */
export const USUAL_NEST: Readonly<Record<Level, Nest>> = {
  module: '',
  cgscc: 'cgscc',
  function: 'function',
  loop: 'function/loop',
  'loop-mssa': 'function/loop-mssa',
}

export interface Pass {
  readonly name: string
  /** Where it may run; loop passes that keep MemorySSA at both levels. */
  readonly levels: readonly Level[]
  /** What its parameters choose between, in the order LLVM lists them. */
  readonly choices: readonly Choice[]
  /** Always written: without it the pass stops the compiler. */
  readonly required: readonly string[]
  /** Why no list is drawn with it, although one may be written. */
  readonly drawn: 'drawn' | { readonly not: string }
}

export interface PassGrammar {
  readonly llvm: string
  readonly passes: ReadonlyMap<string, Pass>
  /** Those that lists are drawn from, by name. */
  readonly drawn: readonly Pass[]
}

/** One place of a pass list. */
export interface PassStep {
  readonly name: string
  /** Without the brackets: `no-pre;memoryssa`, or ''. */
  readonly parameters: string
  readonly nest: Nest
}

/** A pass list as a flat sequence; `passListText` puts the adaptors around. */
export type PassList = readonly PassStep[]

/**
 * Loop passes that keep MemorySSA up to date, as LLVM's own pipelines run them (buildFunctionSimplificationPipeline);
 * any other ends the compiler in a `loop-mssa`. The first two need it.
 */
const NEED_MSSA = new Set(['licm', 'lnicm'])
const KEEP_MSSA = new Set(['loop-instsimplify', 'loop-simplifycfg', 'loop-rotate', 'simple-loop-unswitch'])

const SECTIONS: Readonly<Record<string, Level>> = {
  'Module passes': 'module',
  'CGSCC passes': 'cgscc',
  'Function passes': 'function',
  'LoopNest passes': 'loop',
  'Loop passes': 'loop',
}

const PIPELINES = new Set(['default', 'function-simplification'])
const PIPELINE = { not: 'is a whole pipeline of passes' } as const

/** The grammar in what `opt --print-passes` prints. Throws an environment error when there are no passes in it. */
export function readGrammar(text: string, llvm: string): PassGrammar {
  const passes = new Map<string, Pass>()
  let level: Level | undefined
  for (const line of text.split('\n')) {
    if (line === '') continue
    if (!line.startsWith(' ')) level = SECTIONS[line.replace(/( with params)?:$/, '')]
    else if (level !== undefined) add(passes, line.trim(), level)
  }
  if (passes.size === 0) throw environmentError(`LLVM ${llvm} lists no passes`)
  const drawn = [...passes.values()].filter(pass => pass.drawn === 'drawn')
  return { llvm, passes, drawn: drawn.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

function add(passes: Map<string, Pass>, text: string, level: Level): void {
  const [, name = text, parameters = ''] = /^([\w-]+)<(.*)>$/.exec(text) ?? []
  const why = leftOut(name)
  if (why !== undefined && !PIPELINES.has(name)) return
  const before = passes.get(name)
  passes.set(name, {
    name,
    levels: before?.levels ?? levelsOf(name, level),
    choices: parameters === '' ? (before?.choices ?? []) : choicesOf(parameters),
    required: REQUIRED_PARAMETERS[name] ?? [],
    drawn: PIPELINES.has(name) ? PIPELINE : 'drawn',
  })
}

function levelsOf(name: string, level: Level): Level[] {
  if (NEED_MSSA.has(name)) return ['loop-mssa']
  return KEEP_MSSA.has(name) ? ['loop', 'loop-mssa'] : [level]
}
