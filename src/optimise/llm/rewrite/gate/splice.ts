/** A language model's answer put back into its kernel's module, or why not. Pure. */
import { expand } from '../../../../kernel/compact/expand.ts'
import type { CompactKey } from '../../../../kernel/compact/plain.ts'
import { functionHead, functionTexts } from '../../../../kernel/ir/scan.ts'
import { type AnswerFunction, CutShort, readAnswer } from './answer-module.ts'
import { gateFunction } from './gate.ts'
import { type KernelModule, signatureText } from './kernel-module.ts'
import { Refused } from './rules.ts'
import { NoTokens } from './tokens.ts'

export type Spliced =
  /** The kernel's module with the answer's functions in the place of its own. */
  | { readonly state: 'ok'; readonly ir: string }
  | { readonly state: 'unchanged' }
  /** No IR xlab can read; LLVM says it in its own words if it is asked. */
  | { readonly state: 'unreadable'; readonly class: 'truncated' | 'syntax'; readonly message: string }
  | { readonly state: 'refused'; readonly class: string; readonly message: string }

/** Longest answer that is looked at, in characters: the largest of XLA's kernels are a tenth of it. */
const LONGEST = 1 << 20

/** A kernel as the model saw it, when that was not its whole text: compacted, with what brings the rest back. */
export interface Shown {
  readonly kernel: KernelModule
  readonly key: CompactKey
}

/** Never throws for the answer's faults. */
export function splice(answer: string, kernel: KernelModule, shown?: Shown): Spliced {
  if (answer.length > LONGEST) return refused('too long', `it has ${answer.length} characters`)
  if (answer.includes('\0')) return { state: 'unreadable', class: 'syntax', message: 'it has NUL bytes' }
  try {
    return put(pairs(answer, kernel), kernel, shown)
  } catch (error) {
    if (error instanceof Refused) return refused(error.class, error.message)
    if (error instanceof CutShort) return { state: 'unreadable', class: 'truncated', message: error.message }
    if (error instanceof NoTokens) return { state: 'unreadable', class: 'syntax', message: error.message }
    throw error
  }
}

const refused = (kind: string, message: string): Spliced => ({ state: 'refused', class: kind, message })

interface Pair {
  readonly from: AnswerFunction
  readonly to: AnswerFunction
}

/** Which function of the answer takes the place of which of the kernel's. */
function pairs(answer: string, kernel: KernelModule): Pair[] {
  const { functions, target, types, globals, others } = readAnswer(answer)
  if (functions.length === 0) throw new Refused('no function', 'it defines no function')
  for (const what of ['triple', 'datalayout'] as const)
    if (target[what] !== undefined && target[what] !== (kernel.target[what] ?? ''))
      throw new Refused(
        'gate:target',
        `its ${what} is '${target[what]}', the kernel's '${kernel.target[what] ?? ''}'`,
      )
  for (const name of others) throw new Refused('gate:module', `'${name}' is not allowed`)
  for (const [name, kind] of globals)
    if (!kernel.constants.has(name) && !kernel.variables.has(name))
      throw new Refused('gate:global', `${name} is a new ${kind}`)
  for (const [name, definition] of types)
    if (kernel.types.has(name) && kernel.types.get(name) !== definition)
      throw new Refused('gate:type', `${name} is another type than in the kernel`)
  const [first] = functions
  const found =
    functions.length === 1 && first !== undefined && !kernel.functions.has(first.name)
      ? [{ from: first, to: kernel.inner }]
      : functions.map(from => ({ from, to: kernel.functions.get(from.name) }))
  return found.map(({ from, to }, i) => {
    if (functions.findIndex(({ name }) => name === from.name) !== i)
      throw new Refused('redefinition', `@${from.name} is defined twice`)
    if (to === undefined) throw new Refused('gate:function', `@${from.name} is not a function of the kernel`)
    if (typesOf(from) !== typesOf(to))
      throw new Refused('signature', `@${to.name} is ${typesOf(to)}, not ${typesOf(from)}`)
    return { from, to }
  })
}

const typesOf = (f: AnswerFunction): string => signatureText(f.result, f.parameters)

interface Body {
  readonly from: AnswerFunction
  readonly lines: readonly string[]
}

function put(all: readonly Pair[], kernel: KernelModule, shown: Shown | undefined): Spliced {
  const bodies = new Map<string, Body>()
  const declarations = new Map<string, string>()
  for (const { from, to } of all) {
    const gated = gateFunction(from, to, kernel)
    // What is as it was keeps its metadata.
    const own = shape(from, gated.lines, kernel)
    const same = (f: AnswerFunction): boolean => own === ownShape(f, to, kernel)
    const seen = shown?.kernel.functions.get(to.name)
    if (same(to) || (seen !== undefined && same(seen))) continue
    bodies.set(to.name, { from, lines: gated.lines })
    for (const [name, text] of gated.declarations) declarations.set(name, text)
  }
  if (bodies.size === 0) return { state: 'unchanged' }
  const ir = (shown && restored(bodies, shown)) ?? withBodies(kernel.ir, bodies, renamed)
  return { state: 'ok', ir: `${ir}${[...declarations.values()].map(text => `\n${text}\n`).join('')}` }
}

/**
 * The kernel with the changed functions, in the names shown: lines that mean what they meant have their metadata and
 * alignment again. Only where the model kept the parameters' names, by which lines are known.
 */
function restored(bodies: ReadonlyMap<string, Body>, shown: Shown): string | undefined {
  for (const [name, { from }] of bodies) {
    const seen = shown.kernel.functions.get(name)
    if (from.parameters.some((parameter, i) => parameter.name !== seen?.parameters[i]?.name)) return undefined
  }
  return expand(
    withBodies(shown.kernel.ir, bodies, head => head),
    shown.key,
  )
}

function withBodies(
  ir: string,
  bodies: ReadonlyMap<string, Body>,
  headOf: (head: string, from: AnswerFunction) => string,
): string {
  let text = ''
  let at = 0
  for (const { name, head, start, end } of functionTexts(ir)) {
    const body = bodies.get(name)
    if (body === undefined) continue
    text += `${ir.slice(at, start)}${headOf(head, body.from)}\n${body.lines.join('\n')}\n}`
    at = end
  }
  return text + ir.slice(at)
}

/** The head of the kernel's function with the answer's names for its parameters. */
function renamed(head: string, from: AnswerFunction): string {
  const parameters = functionHead(head).parameters.map(({ type, attributes }, i) =>
    [type, attributes, from.parameters[i]?.name ?? ''].filter(part => part !== '').join(' '),
  )
  const open =
    (/@(?:"[^"]*"|[-\w$.]+)\s*\(/.exec(head)?.[0].length ?? 0) + head.search(/@(?:"[^"]*"|[-\w$.]+)\s*\(/)
  let close = open
  for (let depth = 1; depth > 0 && close < head.length; close++)
    depth += head[close] === '(' ? 1 : head[close] === ')' ? -1 : 0
  return `${head.slice(0, open)}${parameters.join(', ')}${head.slice(close - 1)}`
}

/** The shape of the kernel's own function, if that could pass the gate. */
function ownShape(f: AnswerFunction, original: AnswerFunction, kernel: KernelModule): string | undefined {
  try {
    return shape(f, gateFunction(f, original, kernel).lines, kernel)
  } catch (error) {
    if (error instanceof Refused) return undefined
    throw error
  }
}

/** A function's text with its names by order of appearance: equal for functions that differ in names only. */
function shape({ parameters }: AnswerFunction, lines: readonly string[], { types }: KernelModule): string {
  const names = new Map<string, string>()
  const rename = (name: string): string => {
    if (types.has(name)) return name
    const known = names.get(name) ?? `%${names.size}`
    names.set(name, known)
    return known
  }
  for (const [i, { name }] of parameters.entries()) rename(name ?? `%${i}`)
  return lines.map(line => line.replace(/^([^\s:]+):$/, '%$1').replaceAll(/%[-\w$.]+/g, rename)).join('\n')
}
