/**
 * The canonical form of a kernel: what identifies it. One exported function with all it refers to, as a valid LLVM
 * module whose names and numbers follow from order of appearance, without anything that only says where it came from.
 */
import { sha256 } from '../build.ts'
import type { Entity, IrModule } from './module.ts'
import { malformed, type Pieces } from './reader.ts'

/** Version of the rule; part of every kernel's hash. Whoever changes a canonical text changes this. */
export const CANONICAL_RULE = 1

/** The name every kernel has in its canonical text. */
export const KERNEL_NAME = '@kernel'

/** The hash of a canonical text. */
export const kernelHash = (canonical: string): string => sha256(`xlab kernel ${CANONICAL_RULE}\n${canonical}`)

/** Module flags that say how a text came about and not what it means. */
const DROPPED_FLAG = /!"(?:xla_dylib_index|Debug Info Version|Dwarf Version|DWARF64|CodeView\w*)"/
/** Named metadata of the same kind. */
const DROPPED_NAMED = /^!(?:llvm\.ident|llvm\.commandline|llvm\.dbg\.cu|llvm\.gcov|llvm\.stats)$/
const REMOVED = '\0'

/** The function `exported` of `module` with all it refers to, as canonical text. Throws a SyntaxError with a reason. */
export function canonicalText(module: IrModule, exported: Entity): string {
  const reached = reachable(module, exported)
  const names = new Names(module, exported, reached)
  const variables = reached.filter(entity => entity.kind === 'variable').map(e => variableText(e, names))
  const functions = reached
    .filter(entity => entity.kind === 'function')
    .map(entity => functionText(entity, entity === exported, names))
  const named = [...module.named].flatMap(([name, pieces]) => namedText(module, name, pieces, names))
  const nodes = metadataTexts(module, names)
  const types = inOrder(names.types, name => {
    const pieces = module.types.get(name)
    return pieces && `${names.of(name)} = type ${render(pieces, names)}`
  })
  const groups = inOrder(names.groups, name => {
    const body = module.attributes.get(name)
    return body && `attributes ${names.of(name)} = ${body}`
  })
  const sections = [module.layout, types, variables, ...functions.map(text => [text]), groups, named, nodes]
  return `${sections
    .filter(section => section.length > 0)
    .map(section => section.join('\n'))
    .join('\n\n')}\n`
}

/** Everything `exported` needs, itself included, in the order of the module. */
export function reachable(module: IrModule, exported: Entity): Entity[] {
  const found = new Set<Entity>([exported])
  for (const entity of found)
    for (const name of entity.uses) {
      const used = module.entities.get(name)
      // Text that calls an intrinsic without declaring it is valid; LLVM declares it.
      if (used) found.add(used)
      else if (!name.startsWith('@llvm.'))
        throw malformed(`${entity.name} refers to ${name}, which is not there`)
    }
  return found.size === 1 ? [exported] : [...module.entities.values()].filter(entity => found.has(entity))
}

/** New names by order of appearance, one counter for each kind. */
class Names {
  readonly types = new Map<string, string>()
  readonly groups = new Map<string, string>()
  readonly nodes = new Map<string, string>()
  readonly #globals = new Map<string, string>()
  readonly #module: IrModule
  readonly #taken: ReadonlySet<string>
  readonly #count = { f: 0, g: 0 }

  constructor(module: IrModule, exported: Entity, reached: readonly Entity[]) {
    this.#module = module
    this.#taken = new Set(reached.filter(entity => entity.linkage === 'external').map(entity => entity.name))
    if (this.#taken.has(KERNEL_NAME)) throw malformed('it needs an external function that is called kernel')
    this.#globals.set(exported.name, KERNEL_NAME)
  }

  of(name: string): string {
    switch (name.charCodeAt(0)) {
      case 64:
        return this.#globals.get(name) ?? this.#global(name)
      case 37:
        return this.types.get(name) ?? number(this.types, name, '%t')
      case 35:
        return this.groups.get(name) ?? number(this.groups, name, '#')
      default:
        return this.nodes.get(name) ?? number(this.nodes, name, '!')
    }
  }

  #global(name: string): string {
    const entity = this.#module.entities.get(name)
    let renamed = name
    if (entity && entity.linkage !== 'external') {
      const letter = entity.kind === 'function' ? 'f' : 'g'
      do renamed = `@${letter}${this.#count[letter]++}`
      while (this.#taken.has(renamed))
    }
    this.#globals.set(name, renamed)
    return renamed
  }
}

function number(names: Map<string, string>, name: string, prefix: string): string {
  const renamed = `${prefix}${names.size}`
  names.set(name, renamed)
  return renamed
}

function render(pieces: Pieces, names: Names): string {
  let text = pieces[0] ?? ''
  for (let i = 1; i < pieces.length; i += 2) text += names.of(pieces[i] ?? '') + (pieces[i + 1] ?? '')
  return text
}

const variableText = (entity: Entity, names: Names): string =>
  `${names.of(entity.name)} = ${render(entity.tail, names)}`

function functionText(entity: Entity, exported: boolean, names: Names): string {
  const keyword = entity.linkage === 'external' ? 'declare' : exported ? 'define' : 'define internal'
  // What is internal is local to the object already; clang says dso_local of exported functions only.
  const head = exported
    ? entity.head
    : entity.head.map((piece, i) => (i === 0 ? piece.replace('dso_local ', '') : piece))
  return `${keyword} ${render(head, names)}${names.of(entity.name)}${render(entity.tail, names)}`
}

function namedText(module: IrModule, name: string, pieces: Pieces, names: Names): string[] {
  if (DROPPED_NAMED.test(name)) return []
  const nodes = pieces.filter(
    (node, i) =>
      i % 2 === 1 &&
      module.metadata.has(node) &&
      !(name === '!llvm.module.flags' && DROPPED_FLAG.test((module.metadata.get(node) ?? []).join(''))),
  )
  return nodes.length > 0 ? [`${name} = !{${nodes.map(node => names.of(node)).join(', ')}}`] : []
}

/** Definitions in the order their names were given; giving one may name more. */
function inOrder(names: ReadonlyMap<string, string>, text: (name: string) => string | undefined): string[] {
  const texts: string[] = []
  for (const name of names.keys()) {
    const one = text(name)
    if (one !== undefined) texts.push(one)
  }
  return texts
}

/**
 * The metadata nodes in use. Alias scopes and their domains keep their identity but not their descriptions, which hold
 * function names and buffer numbers (LangRef, 'noalias' and 'alias.scope' metadata).
 */
function metadataTexts(module: IrModule, names: Names): string[] {
  const scopes = new Set<string>()
  const domains = new Set<string>()
  const words = { scope: new Map<string, string>(), domain: new Map<string, string>() }
  for (const list of module.scopeLists)
    for (const scope of nodesOf(module, list)) {
      scopes.add(scope)
      for (const domain of nodesOf(module, scope)) if (domain !== scope) domains.add(domain)
    }
  return inOrder(names.nodes, name => {
    const pieces = module.metadata.get(name)
    if (!pieces) return undefined
    let text = pieces[0] ?? ''
    for (let i = 1; i < pieces.length; i += 2) {
      const node = pieces[i] ?? ''
      text += (module.metadata.has(node) ? names.of(node) : REMOVED) + (pieces[i + 1] ?? '')
    }
    if (text.includes(REMOVED)) text = text.replaceAll(`${REMOVED}, `, '').replace(/(?:, )?\0/g, '')
    const role = scopes.has(name) ? 'scope' : domains.has(name) ? 'domain' : undefined
    return `${names.of(name)} = ${role ? plainScope(text, role, words[role]) : text}`
  })
}

const nodesOf = (module: IrModule, node: string): string[] =>
  (module.metadata.get(node) ?? []).filter((_, i) => i % 2 === 1)

/** `distinct` nodes refer to themselves and lose their description; others are told apart by it, so it is numbered. */
function plainScope(text: string, role: string, words: Map<string, string>): string {
  if (text.startsWith('distinct')) return text.replace(/, !"[^"]*"\}$/, '}')
  return text.replace(/!"[^"]*"/, word => {
    const plain = words.get(word) ?? `!"${role} ${words.size}"`
    words.set(word, plain)
    return plain
  })
}
