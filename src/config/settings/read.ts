/** From the text of xlab.yaml to checked entries, with everything that is wrong and where. */
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { nearest } from '../../errors.ts'
import { type Field, SECTIONS, type Section, type Shape } from './fields.ts'

/** `name`, `kind` where there are several, and the fields that are given. */
export type Entry = Readonly<Record<string, string | number>>

type Report = (node: Node | null | undefined, what: string) => void
type Item = Pair<Node, Node | null>

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/

/** @param file how the problems name it; paths in it are taken from its folder. */
export function readSections(
  text: string,
  file: string,
): { sections: Readonly<Record<string, readonly Entry[]>>; problems: readonly string[] } {
  const lines = new LineCounter()
  const problems: { line: number; col: number; what: string }[] = []
  const document = parseDocument<Node>(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const at = (offset: number, what: string): void => {
    problems.push({ ...lines.linePos(offset), what })
  }
  for (const error of [...document.errors, ...document.warnings])
    at(error.pos[0], `not YAML: ${error.message.split('\n')[0]}`)
  const report: Report = (node, what) => at(node?.range?.[0] ?? 0, what)
  const sections: Record<string, Entry[]> = {}
  if (document.errors.length === 0 && !isEmpty(document.contents)) {
    const names = SECTIONS.map(section => section.name)
    for (const [name, item] of items(document.contents, `sections: ${names.join(', ')}`, report)) {
      const section = SECTIONS.find(one => one.name === name)
      if (section === undefined) report(item.key, unknown('section', name, names))
      else if (!isEmpty(item.value)) sections[name] = readSection(section, item.value, dirname(file), report)
    }
  }
  return {
    sections,
    problems: problems
      .sort((a, b) => a.line - b.line || a.col - b.col)
      .map(({ line, col, what }) => `${file}:${line}:${col}: ${what}`),
  }
}

function readSection(section: Section, value: Node | null, folder: string, report: Report): Entry[] {
  const entries: Entry[] = []
  for (const [name, item] of items(value, `names, each with its fields`, report)) {
    if (!NAME.test(name)) report(item.key, `'${name}' cannot be a name: write letters, digits and ._-`)
    const fields = items(item.value, 'fields', report)
    if (!isMap(item.value)) continue
    const shape = shapeOf(section, fields, item.key, report)
    if (shape === undefined) continue
    const entry: Record<string, string | number> = { name, ...(shape.kind && { kind: shape.kind }) }
    const known = ['kind', ...shape.fields.map(field => field.name)].slice(shape.kind ? 0 : 1)
    for (const [key, { key: node, value }] of fields) {
      const field = shape.fields.find(one => one.name === key)
      if (field) {
        const read = readValue(field, value, folder)
        if ('problem' in read) report(value ?? node, `${key}: ${read.problem}`)
        else entry[camelCase(key)] = read.value
      } else if (!known.includes(key)) report(node, unknown('key', key, known))
    }
    for (const { name: key, required, description } of shape.fields)
      if (required && !fields.has(key)) report(item.key, `'${name}' needs ${key}: ${description}`)
    entries.push(entry)
  }
  return entries
}

/** Which shape an entry has: by its `kind`, where the section has several. */
function shapeOf(
  section: Section,
  fields: ReadonlyMap<string, Item>,
  place: Node,
  report: Report,
): Shape | undefined {
  const [first] = section.shapes
  if (first?.kind === undefined) return first
  const kinds = section.shapes.map(shape => shape.kind ?? '')
  const item = fields.get('kind')
  const kind = isScalar(item?.value) ? String(item.value.value) : undefined
  const shape = section.shapes.find(one => one.kind === kind)
  if (item === undefined) report(place, `kind is missing: write kind: ${kinds.join(', ')}`)
  else if (shape === undefined) report(item.value ?? item.key, unknown('kind', kind ?? '', kinds))
  return shape
}

/** A mapping's items by key; anything else is reported, and has none. */
function items(node: Node | null, wanted: string, report: Report): Map<string, Item> {
  if (!isMap(node)) {
    report(node, `a mapping is wanted here: ${wanted}`)
    return new Map()
  }
  return new Map((node as YAMLMap<Node, Node | null>).items.map(item => [String(item.key), item]))
}

const isEmpty = (node: Node | null): boolean => node === null || (isScalar(node) && node.value === null)

function readValue(
  field: Field,
  node: Node | null,
  folder: string,
): { readonly value: string | number } | { readonly problem: string } {
  const value = isScalar(node) ? node.value : undefined
  const expected = (what: string): { problem: string } => ({
    problem: `${isScalar(node) ? `'${String(value)}'` : 'this'} is not ${what}; for example ${field.name}: ${field.example}`,
  })
  if (field.type === 'integer' || field.type === 'number') {
    const [least, most] = field.range ?? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
    const fits = typeof value === 'number' && value >= least && value <= most
    if (!fits || (field.type === 'integer' && !Number.isInteger(value)))
      return expected(`${field.type === 'integer' ? 'a whole number' : 'a number'} from ${least} to ${most}`)
    return { value }
  }
  // What YAML takes for a number or a truth may be meant as text: `cores: 3`, `user: on`.
  const text = isScalar(node) && value !== null ? (node.source ?? String(value)) : ''
  if (text === '') return expected('text')
  if (field.type === 'size') {
    const bytes = parseSize(text)
    return bytes === undefined ? expected('a size: write 512m or 8g') : { value: bytes }
  }
  if (field.choices && !field.choices.includes(text))
    return { problem: unknown('value', text, field.choices) }
  if (field.pattern && !field.pattern[0].test(text)) return expected(field.pattern[1])
  return { value: field.type === 'path' ? resolve(folder, text.replace(/^~(?=\/|$)/, homedir())) : text }
}

/** A size as Compose writes it: `8g`, `512m`, `1024`; undefined if it is none. */
export function parseSize(size: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i.exec(size)
  return match ? Number(match[1]) * 1024 ** 'bkmg'.indexOf((match[2] || 'b').toLowerCase()) : undefined
}

const camelCase = (name: string): string =>
  name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

function unknown(what: string, typed: string, known: readonly string[]): string {
  const [near] = nearest(typed, known, 1)
  return `unknown ${what} '${typed}': ${near === undefined ? `write ${known.join(', ')}` : `did you mean ${near}?`}`
}
