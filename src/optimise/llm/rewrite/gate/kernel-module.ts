/** The module a rewrite goes back into: which of its functions is shown to the model, and what the others may do. Pure. */
import { functionHead, functionTexts } from '../../../../kernel/ir/scan.ts'
import { type AnswerFunction, type AnswerModule, readAnswer } from './answer-module.ts'
import { render } from './tokens.ts'

export interface KernelModule {
  readonly ir: string
  readonly target: AnswerModule['target']
  readonly types: ReadonlyMap<string, string>
  readonly functions: ReadonlyMap<string, AnswerFunction>
  /** Functions it declares and does not define, with result and parameter types. */
  readonly declared: ReadonlyMap<string, string>
  readonly constants: ReadonlySet<string>
  readonly variables: ReadonlySet<string>
  /** The function to rewrite. */
  readonly inner: AnswerFunction
}

/** Reads a kernel's IR. Throws what readAnswer throws, and a SyntaxError if nothing is defined. */
export function readKernel(ir: string): KernelModule {
  const { functions, target, types } = readAnswer(ir)
  const named = new Map(functions.map(f => [f.name, f]))
  const constants = new Set<string>()
  const variables = new Set<string>()
  for (const [, name = '', kind] of ir.matchAll(/^(@[^\s=]+) = [^\n]*?\b(constant|global|alias|ifunc)\b/gm))
    (kind === 'constant' ? constants : variables).add(name)
  const declared = new Map(
    [...ir.matchAll(/^declare [^\n]*?@([^\s(]+)\([^\n]*$/gm)].map(([line, name = '']) => {
      const { result, parameters } = functionHead(line)
      return [name, signatureText(result, parameters)] as const
    }),
  )
  return {
    ir,
    target,
    types,
    functions: named,
    declared,
    constants,
    variables,
    inner: innerOf(ir, functions),
  }
}

/** What writes memory, but for calls of the module's own functions. */
const WRITES = /^(?:store |(?:%\S+ = )?(?:tail )?call [^@]*@llvm\.(?:mem|masked\.(?:store|scatter)))/

/**
 * The exported function where it writes memory itself or is alone; else, as it only fetches arguments then, the largest
 * of the functions only the module sees. Bodies that xlab gave XLA's intrinsics are none of the kernel's.
 */
function innerOf(ir: string, functions: readonly AnswerFunction[]): AnswerFunction {
  const internal = new Set(
    functionTexts(ir)
      .filter(({ head }) => /^define (?:internal|private)\b/.test(head))
      .map(({ name }) => name),
  )
  const own = functions.filter(f => !/^"?xla\./.test(f.name))
  const inside = own.filter(f => internal.has(f.name))
  const works = (f: AnswerFunction): boolean => f.statements.some(statement => WRITES.test(render(statement)))
  const busy = own.find(f => !internal.has(f.name) && (works(f) || inside.length === 0))
  const [inner] = busy ? [busy] : inside.toSorted((a, b) => b.statements.length - a.statements.length)
  if (inner === undefined) throw new SyntaxError('it defines no function')
  return inner
}

/** Result and parameter types, as one text to compare. */
export const signatureText = (result: string, parameters: readonly { readonly type: string }[]): string =>
  `${result} (${parameters.map(({ type }) => type).join(', ')})`

/** The functions and variables a function names, without their `@`. */
export const globalsOf = (f: AnswerFunction): ReadonlySet<string> =>
  new Set(f.statements.flat().flatMap(({ kind, text }) => (kind === 'global' ? [text.slice(1)] : [])))

/** What a function has that a rewrite of it may have too. */
export interface Habits {
  readonly opcodes: ReadonlySet<string>
  readonly globals: ReadonlySet<string>
  /** Its allocations, as written. */
  readonly allocas: ReadonlySet<string>
  /** Whether some of them stand behind the first block. */
  readonly allocasLater: boolean
  /** It stores, returns or compares addresses, or names null. */
  readonly storesPointers: boolean
  readonly returnsPointers: boolean
  readonly comparesPointers: boolean
  readonly namesNull: boolean
}

const ALLOCA_LATER = /^(?:br|switch|ret) [^\0]*= alloca /m

export function habitsOf(f: AnswerFunction): Habits {
  const lines = f.statements.map(statement => render(statement))
  const has = (pattern: RegExp): boolean => lines.some(line => pattern.test(line))
  return {
    opcodes: new Set(f.statements.flat().flatMap(({ kind, text }) => (kind === 'word' ? [text] : []))),
    globals: globalsOf(f),
    allocasLater: ALLOCA_LATER.test(lines.join('\n')),
    allocas: new Set(lines.flatMap(line => /= alloca (.*?)(?:, align \d+)?$/.exec(line)?.[1] ?? [])),
    storesPointers: has(/^store (?:ptr|<[^>]*ptr>|\S+\*)/),
    returnsPointers: has(/^ret (?:ptr|\S+\*) (?!null)/),
    comparesPointers: has(/= icmp (?:samesign )?\w+ (?:ptr|<[^>]*ptr>|\S+\*)/),
    namesNull: has(/^(?!ret ).*\bnull\b/),
  }
}
