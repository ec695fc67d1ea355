/** Pass lists as people, other tools and language models write them. */
import { nearest } from '../../errors.ts'
import { leftOut } from './left-out.ts'
import { parametersProblem, wordsOf } from './parameters.ts'
import {
  type Level,
  NESTS,
  type Nest,
  type Pass,
  type PassGrammar,
  type PassList,
  type PassStep,
} from './table.ts'

export interface PassProblem {
  /** What is wrong, and where: a sentence for a person or a model. */
  readonly problem: string
}

interface Node {
  readonly name: string
  readonly parameters: string
  readonly inner: readonly Node[] | undefined
}

const ADAPTORS = new Set(['module', 'cgscc', 'function', 'loop', 'loop-mssa', 'devirt', 'repeat'])
/** More is not a list anyone wrote. */
const MOST_STEPS = 500

/**
 * The list a text means. Adaptors that are missing are put in, since a pass runs at one level only; those that are
 * there must hold what can run in them. `module(…)` and `devirt<N>(…)` give way to what they hold (a kernel has no
 * indirect calls to find), `repeat<N>(…)` is written out, and an adaptor's own parameters, which steer what it
 * computes anew, are dropped. Passes that no list of ours holds are refused, or dropped, which leaves LLVM's own
 * pipelines without their markers and instrumentation.
 */
export function parsePassList(
  grammar: PassGrammar,
  text: string,
  options: { readonly leftOut?: 'refuse' | 'drop' } = {},
): PassList | PassProblem {
  try {
    const nodes = readNodes(text)
    const steps = flatten(grammar, options.leftOut === 'drop' ? kept(nodes) : nodes, '')
    return steps.length > 0 ? steps : { problem: 'the list is empty' }
  } catch (error) {
    if (error instanceof ListError) return { problem: error.message }
    throw error
  }
}

class ListError extends Error {}

/** Reads `name<parameters>(inner),…`. Blanks and quotes around the whole are ignored. */
function readNodes(typed: string): Node[] {
  const text = typed.trim().replace(/^(["'`])(.*)\1$/s, '$2')
  let at = 0
  const skip = (): void => {
    while (/\s/.test(text[at] ?? '')) at++
  }
  const fail = (what: string): never => {
    throw new ListError(
      `${what} at position ${at + 1}: ${text.slice(Math.max(0, at - 20), at)}▸${text.slice(at, at + 20)}`,
    )
  }
  const brackets = (): string => {
    const start = ++at
    for (let depth = 1; depth > 0; at++) {
      if (at >= text.length) fail("'<' is never closed")
      if (text[at] === '<') depth++
      if (text[at] === '>') depth--
    }
    return text.slice(start, at - 1).replaceAll(/\s/g, '')
  }
  const list = (depth: number): Node[] => {
    if (depth > 8) fail('nested too deeply')
    const nodes: Node[] = []
    for (;;) {
      skip()
      const name = /^[A-Za-z][\w.-]*/.exec(text.slice(at, at + 80))?.[0]
      if (name === undefined) return fail('a pass is expected')
      at += name.length
      const parameters = text[at] === '<' ? brackets() : ''
      skip()
      let inner: Node[] | undefined
      if (text[at] === '(') {
        at++
        inner = list(depth + 1)
        if (text[at] !== ')') fail("')' is expected")
        at++
        skip()
      }
      nodes.push({ name, parameters, inner })
      if (nodes.length > MOST_STEPS) fail(`more than ${MOST_STEPS} passes`)
      if (text[at] !== ',') return nodes
      at++
    }
  }
  const nodes = list(0)
  if (at < text.length) fail("',' or the end is expected")
  return nodes
}

/** Without what changes no code: passes left out by a rule, and analyses asked for or forgotten. */
const kept = (nodes: readonly Node[]): Node[] =>
  nodes.flatMap(node => {
    if (node.inner !== undefined) {
      const inner = kept(node.inner)
      return inner.length > 0 ? [{ ...node, inner }] : []
    }
    const analysis = node.name === 'require' || node.name === 'invalidate'
    const drop = analysis ? node.parameters !== 'globals-aa' : leftOut(node.name) !== undefined
    return drop && node.name !== 'default' ? [] : [node]
  })

function flatten(grammar: PassGrammar, nodes: readonly Node[], nest: Nest): PassStep[] {
  const steps: PassStep[] = []
  for (const node of nodes) {
    if (node.inner === undefined) steps.push(step(grammar, node, nest))
    else {
      const inner = flatten(grammar, node.inner, entered(node, nest))
      const times = node.name === 'repeat' ? Number(node.parameters) : 1
      if (!(times >= 1 && times <= 16)) throw new ListError(`repeat<${node.parameters}> is not 1 to 16 times`)
      for (let i = 0; i < times; i++) steps.push(...inner)
    }
    if (steps.length > MOST_STEPS) throw new ListError(`more than ${MOST_STEPS} passes`)
  }
  return steps
}

/** The nest within an adaptor that stands in `nest`. */
function entered({ name }: Node, nest: Nest): Nest {
  if (!ADAPTORS.has(name)) throw new ListError(`${name} holds no other passes`)
  if (name === 'devirt' || name === 'repeat') return nest
  if (name === 'module') {
    if (nest === '') return ''
    throw new ListError(`module(…) stands in ${nest}(…), which is within a module`)
  }
  if (nest === '' || nest === 'cgscc') {
    if (name === 'cgscc') return 'cgscc'
    const outer = nest === '' ? 'function' : 'cgscc/function'
    return name === 'function' ? outer : `${outer}/${name as 'loop' | 'loop-mssa'}`
  }
  if (nest === 'function' || nest === 'cgscc/function') {
    if (name === 'function') return nest
    if (name !== 'cgscc') return `${nest}/${name as 'loop' | 'loop-mssa'}`
  }
  throw new ListError(`${name}(…) cannot stand in ${nest.replaceAll('/', '(')}(…)`)
}

function step(grammar: PassGrammar, { name, parameters }: Node, nest: Nest): PassStep {
  if (name === 'require' || name === 'invalidate') return { name, parameters, nest }
  const pass = grammar.passes.get(name)
  if (pass === undefined) {
    const close = nearest(name, [...grammar.passes.keys()])
    throw new ListError(
      `LLVM has no pass '${name}' for lists like this${close.length > 0 ? `; near it: ${close.join(', ')}` : ''}`,
    )
  }
  const problem = parametersProblem(name, parameters, pass.choices, [
    ...pass.required,
    'verify-fixpoint',
    'O0',
  ])
  if (problem !== undefined) throw new ListError(problem)
  const words = wordsOf(parameters).filter(word => word !== 'verify-fixpoint')
  for (const required of pass.required) if (!words.includes(required)) words.push(required)
  return { name, parameters: words.join(';'), nest: placed(pass, nest) }
}

/** Where a pass that stands in `nest` runs: there if it can, else within the adaptors it lacks. */
function placed(pass: Pass, nest: Nest): Nest {
  const here: Level = NESTS[nest]
  if (pass.levels.includes(here)) return nest
  const outer = nest === '' ? 'function' : nest === 'cgscc' ? 'cgscc/function' : nest
  const level = pass.levels[0] ?? 'module'
  if (nest === '')
    return level === 'module' || level === 'cgscc' || level === 'function'
      ? usual(level)
      : `function/${level}`
  if (outer === 'function' || outer === 'cgscc/function') {
    if (level === 'function' && nest === 'cgscc') return outer
    if (level === 'loop' || level === 'loop-mssa') return `${outer}/${level}`
  }
  if (here === 'loop' && level === 'loop-mssa') return nest.replace(/loop$/, 'loop-mssa') as Nest
  throw new ListError(`${pass.name} is a ${level} pass and cannot run in ${nest.replaceAll('/', '(')}(…)`)
}

const usual = (level: 'module' | 'cgscc' | 'function'): Nest => (level === 'module' ? '' : level)
