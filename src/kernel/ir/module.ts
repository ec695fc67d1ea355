/**
 * A textual LLVM module (LLVM 19 to 23) as entities that refer to each other by name. Function-local names are already
 * canonical, and comments, debug information, comdats, use-list orders and summaries are gone; names that belong to the
 * module are left as they are, one reference at a time, for whoever renders it.
 */
import { readFunction } from './function.ts'
import { createReader, type IrReader, malformed, NEWLINE, type Pieces, unquoted } from './reader.ts'

export type Linkage = 'exported' | 'local' | 'external'

/** A function, global variable or alias. `head` and `tail` are what stands before and after its name. */
export interface Entity {
  readonly kind: 'function' | 'variable'
  readonly name: string
  /** `external`: declared here, defined elsewhere. */
  readonly linkage: Linkage
  readonly head: Pieces
  readonly tail: Pieces
  /** Names of the functions and variables it refers to. */
  readonly uses: readonly string[]
  /** Of a definition: types of result and parameters, as far as one word or a vector names them, and instructions. */
  readonly result: string
  readonly parameters: readonly string[]
  readonly instructions: number
}

export interface IrModule {
  readonly layout: readonly string[]
  readonly types: ReadonlyMap<string, Pieces>
  /** In the order of the text. */
  readonly entities: ReadonlyMap<string, Entity>
  readonly attributes: ReadonlyMap<string, string>
  readonly named: ReadonlyMap<string, Pieces>
  readonly metadata: ReadonlyMap<string, Pieces>
  /** Nodes that are lists of alias scopes. */
  readonly scopeLists: ReadonlySet<string>
}

const LINKAGE =
  'private|internal|available_externally|linkonce|weak|common|appending|extern_weak|linkonce_odr|weak_odr|external'
/** What may stand between `define` or `=` and the rest: linkage, preemption, visibility, DLL storage. */
const LEADING = new RegExp(
  `^\\s*(?:(?:${LINKAGE}|dso_local|dso_preemptable|default|hidden|protected|dllimport|dllexport)\\b\\s*)*`,
)
const COMDAT = /,? ?\bcomdat\b(?:\s*\(\s*\$(?:"[^"]*"|[-\w$.]+)\s*\))?/
const NAME = '(?:"[^"]*"|[-\\w$.]+)'
const TYPE_DEFINITION = /=\s*type\b/g
/** What a top-level entity begins with. */
const START = new RegExp(
  `(define|declare|attributes|target|source_filename|module|uselistorder_bb|uselistorder)\\b|([@%$^!]${NAME})\\s*=`,
  'y',
)

/** Splits `text`. Throws a SyntaxError that says what is wrong with it. */
export function parseModule(text: string): IrModule {
  const types = typeNames(text)
  const scopeLists = new Set<string>()
  const reader = createReader(text, types, scopeLists)
  const module = {
    layout: [] as string[],
    types: new Map<string, Pieces>(),
    entities: new Map<string, Entity>(),
    attributes: new Map<string, string>(),
    named: new Map<string, Pieces>(),
    metadata: new Map<string, Pieces>(),
    scopeLists,
  }
  for (reader.skipBlank(); reader.position() < text.length; reader.skipBlank()) {
    const start = reader.position()
    START.lastIndex = start
    const [, keyword, name] = START.exec(text) ?? []
    if (keyword === 'define') add(module.entities, readFunction(reader, text, functionEntity))
    else if (keyword === 'declare') add(module.entities, declaration(readLine(reader, text)))
    else if (keyword === 'target') module.layout.push(literalOf(readLine(reader, text)))
    else if (keyword === 'attributes') {
      const [, group = '', ...body] = readLine(reader, text)
      module.attributes.set(group, body.join('').replace(/^\s*=\s*/, ''))
    } else if (keyword === 'module') throw malformed('it has module-level assembly, which is not taken in')
    else if (keyword !== undefined) readLine(reader, text)
    else if (name === undefined)
      throw malformed(`line ${lineOf(text, start)} is not LLVM IR: ${excerpt(text, start)}`)
    else if (name.startsWith('@')) add(module.entities, variable(readLine(reader, text)))
    else if (name.startsWith('%'))
      module.types.set(`%${unquoted(name.slice(1))}`, definition(readLine(reader, text)))
    else if (/^!\d/.test(name)) {
      const pieces = definition(readLine(reader, text))
      if (!/^(?:distinct )?![A-Za-z]/.test(pieces[0] ?? '')) module.metadata.set(name, pieces)
    } else if (name.startsWith('!')) module.named.set(name, readNamed(reader, text, name))
    else readLine(reader, text)
  }
  return module
}

/** Names of the types it defines, which anything before or after may use. */
function typeNames(text: string): Set<string> {
  const types = new Set<string>()
  for (const { index } of text.matchAll(TYPE_DEFINITION)) {
    const name = nameBefore(text, index)
    if (name !== undefined && /^\d/.test(name))
      throw malformed(`it has unnamed types (%${name}), which cannot be told from values`)
    if (name !== undefined) types.add(`%${unquoted(name)}`)
  }
  return types
}

/** The name of a type that ends at `end`, blanks aside. Walks backwards: no text makes this slow. */
function nameBefore(text: string, end: number): string | undefined {
  let last = end
  while (text[last - 1] === ' ' || text[last - 1] === '\t') last--
  let first = last - 1
  if (text[first] === '"') first = text.lastIndexOf('"', first - 1)
  else while (first >= 0 && /[-\w$.]/.test(text[first] ?? '')) first--
  if (text[first] !== '"') first++
  return text[first - 1] === '%' && first < last ? text.slice(first, last) : undefined
}

function add(entities: Map<string, Entity>, entity: Entity): void {
  if (entities.has(entity.name)) throw malformed(`${entity.name} is there twice`)
  entities.set(entity.name, entity)
}

/** One entity that ends with its line, or with the lines that go on with it. */
function readLine(reader: IrReader, text: string): string[] {
  let depth = 0
  reader.seen.global = undefined
  for (;;) {
    const c = reader.step()
    if (c === 0 && depth > 0) throw malformed('it ends in the middle of a definition: the file is cut short')
    if (c === 0) return reader.take()
    if (c === 40 || c === 91 || c === 123) depth++
    else if (c === 41 || c === 93 || c === 125) depth--
    else if (c === NEWLINE) {
      START.lastIndex = reader.position()
      if (depth <= 0 && START.test(text)) return reader.take()
      reader.write(' ')
    }
  }
}

/** What follows `NAME = `; the name itself may or may not have been read as a reference. */
function definition(pieces: readonly string[]): string[] {
  const rest = pieces[0]?.trim() === '' ? pieces.slice(2) : [...pieces]
  rest[0] = (rest[0] ?? '').replace(/^\s*(?:![^\s=]+)?\s*=\s*(?:type\s+)?/, '')
  return rest
}

const readNamed = (reader: IrReader, text: string, name: string): Pieces => {
  reader.jump(reader.position() + name.length)
  return definition(readLine(reader, text))
}

const literalOf = (pieces: Pieces): string => pieces.join('')

/** The functions and variables among the references of `pieces`. */
function usesOf(...lists: readonly Pieces[]): string[] {
  const uses = new Set<string>()
  for (const pieces of lists)
    for (let i = 1; i < pieces.length; i += 2) if (pieces[i]?.startsWith('@')) uses.add(pieces[i] ?? '')
  return [...uses]
}

/** Splits at the first reference to a global, which is the entity's own name. */
function splitAtName(pieces: Pieces): { head: string[]; name: string; tail: string[] } {
  let i = 1
  while (i < pieces.length && !pieces[i]?.startsWith('@')) i += 2
  const name = pieces[i]
  if (name === undefined) throw malformed('a definition has no name')
  return { head: pieces.slice(0, i), name, tail: pieces.slice(i + 1) }
}

function declaration(pieces: Pieces): Entity {
  const { head, name, tail } = splitAtName(pieces)
  head[0] = (head[0] ?? '').replace(/^declare\s+/, '')
  return { kind: 'function', name, linkage: 'external', head, tail, uses: [], ...NO_BODY }
}

function variable(pieces: Pieces): Entity {
  const { name, tail } = splitAtName(pieces)
  const first = (tail[0] ?? '').replace(/^\s*=\s*/, '')
  const leading = LEADING.exec(first)?.[0] ?? ''
  const external = /\b(?:external|extern_weak)\b/.test(leading)
  const local = /\b(?:private|internal)\b/.exec(leading)?.[0]
  tail[0] = external ? first : `${local ?? 'internal'} ${first.slice(leading.length)}`
  const body = tail.map(withoutComdat)
  const linkage = external ? 'external' : local !== undefined ? 'local' : 'exported'
  return { kind: 'variable', name, linkage, head: [], tail: body, uses: usesOf(body), ...NO_BODY }
}

const NO_BODY = { result: '', parameters: [], instructions: 0 }

const withoutComdat = (piece: string): string =>
  piece.includes('comdat') ? piece.replace(COMDAT, '') : piece

/** A definition from its header (`define` to the brace) and body. */
function functionEntity(
  header: Pieces,
  body: Pieces,
  facts: { parameters: readonly string[]; instructions: number },
): Entity {
  const { head, name, tail } = splitAtName(header)
  const first = (head[0] ?? '').replace(/^define\s+/, '')
  const leading = LEADING.exec(first)?.[0] ?? ''
  const local = /\b(?:private|internal)\b/.test(leading)
  head[0] = (!local && leading.includes('dso_local') ? 'dso_local ' : '') + first.slice(leading.length)
  const attributes = tail.map(withoutComdat)
  const last = attributes.length - 1
  const whole = [...attributes.slice(0, last), (attributes[last] ?? '') + (body[0] ?? ''), ...body.slice(1)]
  return {
    kind: 'function',
    name,
    linkage: local ? 'local' : 'exported',
    head,
    tail: whole,
    uses: usesOf(head, whole),
    result: /(<[^<>]*>|\S+)\s*$/.exec(literalOf(head))?.[1] ?? '',
    ...facts,
  }
}

export const lineOf = (text: string, position: number): number => text.slice(0, position).split('\n').length

/** The start of what stands at `position`, printable, for messages. */
const excerpt = (text: string, position: number): string =>
  (text.slice(position, position + 60).split('\n', 1)[0] ?? '').replace(/\p{Cc}/gu, '?')
