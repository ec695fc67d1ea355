/** What is asked of objects: sizes, twin hash, symbols. Pure; the format itself is elf.ts. */
import { hash } from 'node:crypto'
import type { ObjectSizes } from '../../kernel/build.ts'
import {
  ABSOLUTE,
  ObjectError,
  type ObjectFile,
  type ObjectSymbol,
  parseObject,
  type Section,
  SHF,
  SHT,
  STT,
} from './elf.ts'

export { ObjectError, type ObjectFile, parseObject } from './elf.ts'

/** The name every build's exported function has when its object is measured, whatever a producer called it. */
const EXPORTED = 'kernel'

const isAllocatable = (section: Section): boolean => (section.flags & SHF.alloc) !== 0
const isUnwind = (section: Section): boolean =>
  section.name.startsWith('.eh_frame') || section.type === SHT.unwind
/** Machine code: `.text` and `.ltext` alike. */
export const isCode = (section: Section): boolean =>
  isAllocatable(section) && (section.flags & SHF.exec) !== 0
/** What the machine reads or runs: unwind tables and notes are neither. */
const isLoaded = (section: Section): boolean =>
  isAllocatable(section) && section.size > 0 && !isUnwind(section) && section.type !== SHT.note

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/**
 * Sizes in bytes. Code and read-only data are sums of section sizes; `objectBytes` is what `llvm-strip
 * --strip-unneeded` leaves of the file when the exported function is called `kernel` (producers' long names would
 * count otherwise).
 */
export function sizesOf(object: ObjectFile): ObjectSizes {
  const readOnly = (s: Section): boolean => isLoaded(s) && !isCode(s) && (s.flags & SHF.write) === 0
  return {
    codeBytes: sum(object.sections.filter(isCode).map(s => s.size)),
    rodataBytes: sum(object.sections.filter(readOnly).map(s => s.size)),
    objectBytes: strippedBytes(object),
  }
}

/** Header, sections kept, symbols that relocations or linkers need, names with shared tails, section headers. */
function strippedBytes(object: ObjectFile): number {
  const names = ['.symtab', '.strtab']
  let sections = 0
  let symbols = 0
  let end = 64
  let patches = 0
  for (const { index, type, name, align: to, data } of object.sections) {
    if (index === 0 || type === SHT.symtab || type === SHT.strtab || DROPPED.test(name)) continue
    sections++
    names.push(name)
    if (type === SHT.rela) patches = align(patches, 8) + data.length
    else end = align(end, to) + data.length
  }
  const needed = new Set(object.relocations.map(r => r.symbol))
  for (const [i, symbol] of object.symbols.entries()) {
    const isNeeded = needed.has(i) || (symbol.binding !== 'local' && symbol.type !== STT.file)
    if (i > 0 && !isNeeded && !isMapping(object, symbol)) continue
    symbols++
    names.push(measuredName(symbol))
  }
  end = align(end, 8) + symbols * 24 + patches + stringTableBytes(names)
  return align(end, 8) + (sections + 3) * 64
}

const DROPPED = /^\.(debug|comment|llvm_addrsig)/
// AArch64's mapping symbols tell disassemblers code from data, and its ABI asks for them.
const isMapping = ({ machine }: ObjectFile, { name }: ObjectSymbol): boolean =>
  machine === 'aarch64' && /^\$[dx](\.|$)/.test(name)
const align = (offset: number, to: number): number => Math.ceil(offset / to) * to
const isDefined = (symbol: ObjectSymbol): boolean => symbol.section !== 0 && symbol.type !== STT.file
const measuredName = (symbol: ObjectSymbol): string =>
  symbol.binding !== 'local' && isDefined(symbol) ? EXPORTED : symbol.type === STT.section ? '' : symbol.name

/** One string table for all names; a name that is another's tail takes no room (LLVM's StringTableBuilder). */
function stringTableBytes(names: readonly string[]): number {
  const reversed = [...new Set(names)].map(name => [...name].reverse().join('')).sort()
  const kept = reversed.filter((name, i) => name !== '' && !reversed[i + 1]?.startsWith(name))
  return 1 + sum(kept.map(name => Buffer.byteLength(name) + 1))
}

/**
 * Equal for twins: objects whose code, data and relocations are the same. The names of sections and of what they
 * define, unwind tables, notes and comments do not count; names asked from outside do.
 */
export function contentHash(object: ObjectFile): string {
  const loaded = object.sections.filter(isLoaded)
  const ordinal = new Map(loaded.map((section, i) => [section.index, i]))
  const targetOf = (index: number): unknown => {
    const symbol = object.symbols[index]
    if (symbol === undefined || symbol.section === 0) return symbol?.name
    if (symbol.section === ABSOLUTE) return ['absolute', symbol.value]
    return [ordinal.get(symbol.section) ?? symbol.name, symbol.value]
  }
  const entries = object.symbols
    .filter(symbol => symbol.binding !== 'local' && isDefined(symbol))
    .map(symbol => [ordinal.get(symbol.section) ?? -1, symbol.value])
  const parts: Uint8Array[] = [Buffer.from(JSON.stringify([object.machine, entries.sort()]))]
  for (const section of loaded) {
    const patches = object.relocations
      .filter(r => r.section === section.index)
      .map(r => [String(r.offset), r.type, targetOf(r.symbol), String(r.addend)])
    const kind = [isCode(section), (section.flags & SHF.write) !== 0, section.type === SHT.nobits]
    parts.push(Buffer.from(JSON.stringify([kind, section.align, section.size, patches])), section.data)
  }
  return hash('sha256', Buffer.concat(parts))
}

/** Names it needs from outside, sorted: `expf`, `memcpy`, … */
export const undefinedSymbols = (object: ObjectFile): string[] =>
  object.symbols
    .filter(symbol => symbol.section === 0 && symbol.name !== '')
    .map(symbol => symbol.name)
    .sort()

/** Names it offers to others, sorted. */
export const definedGlobals = (object: ObjectFile): string[] =>
  object.symbols
    .filter(symbol => symbol.binding !== 'local' && isDefined(symbol))
    .map(symbol => symbol.name)
    .sort()

/** The kernel's function in an object: XLA's own has XLA's name for it. */
export function kernelSymbol(object: Uint8Array): string {
  const globals = definedGlobals(parseObject(object))
  return globals.find(name => name === EXPORTED) ?? globals[0] ?? EXPORTED
}

/**
 * The object with global symbol `from` called `to`: a new string table at the end, all else as it was. Throws an ObjectError if it is no object or has no such symbol.
 */
export function renameSymbol(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const object = parseObject(bytes)
  const index = object.symbols.findIndex(symbol => symbol.name === from && symbol.binding !== 'local')
  if (index < 0) throw new ObjectError(`defines no symbol '${from}'`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headers = Number(view.getBigUint64(40, true))
  const table = headers + object.sections.findIndex(section => section.type === SHT.symtab) * 64
  const strings = headers + view.getUint32(table + 40, true) * 64
  const old = Number(view.getBigUint64(strings + 24, true))
  const oldSize = Number(view.getBigUint64(strings + 32, true))
  const name = Buffer.from(`${to}\0`)
  const out = new Uint8Array(bytes.length + oldSize + name.length)
  out.set(bytes)
  out.set(bytes.subarray(old, old + oldSize), bytes.length)
  out.set(name, bytes.length + oldSize)
  const edit = new DataView(out.buffer)
  edit.setBigUint64(strings + 24, BigInt(bytes.length), true)
  edit.setBigUint64(strings + 32, BigInt(oldSize + name.length), true)
  edit.setUint32(Number(view.getBigUint64(table + 24, true)) + index * 24, oldSize, true)
  return out
}
