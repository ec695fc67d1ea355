/**
 * ELF64 little-endian relocatable objects (x86-64 and AArch64), parsed in process. Pure: bytes in, facts out.
 * Layout: System V ABI, chapters 4 and 5; the two processor supplements for SHF_X86_64_LARGE.
 */

/** One section. `data` is empty for sections that hold no bytes in the file (`.bss`). */
export interface Section {
  readonly index: number
  readonly name: string
  readonly type: number
  readonly flags: number
  readonly align: number
  /** Size in memory, in bytes. */
  readonly size: number
  readonly data: Uint8Array
}

export interface ObjectSymbol {
  readonly name: string
  readonly binding: 'local' | 'global' | 'weak'
  readonly type: number
  /** Index of the section it is defined in; 0 when undefined; 0xfff1 for absolute, 0xfff2 for common. */
  readonly section: number
  readonly value: number
}

export interface Relocation {
  /** The section patched, and where in it. */
  readonly section: number
  readonly offset: number
  readonly type: number
  /** Index into the object's symbols. */
  readonly symbol: number
  readonly addend: number | bigint
}

export interface ObjectFile {
  readonly machine: 'x86-64' | 'aarch64'
  readonly sections: readonly Section[]
  readonly symbols: readonly ObjectSymbol[]
  readonly relocations: readonly Relocation[]
}

export const SHF = { write: 1, alloc: 2, exec: 4 } as const
export const SHT = { symtab: 2, strtab: 3, rela: 4, note: 7, nobits: 8, rel: 9, unwind: 0x7000_0001 } as const
export const STT = { section: 3, file: 4 } as const
export const ABSOLUTE = 0xfff1

const MACHINES: Readonly<Record<number, ObjectFile['machine']>> = { 62: 'x86-64', 183: 'aarch64' }
const EXTENDED_INDEX = 0xffff
const BINDINGS = ['local', 'global', 'weak'] as const

/** What is wrong with bytes that should be an object. */
export class ObjectError extends Error {}

/** Parses an object. Throws an {@link ObjectError} that says what is wrong with bytes that are none. */
export function parseObject(bytes: Uint8Array): ObjectFile {
  const view = viewOf(bytes)
  if (bytes.length < 64 || view.getUint32(0) !== 0x7f454c46) throw new ObjectError('not an ELF file')
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new ObjectError('not a 64-bit little-endian ELF file')
  if (view.getUint16(16, true) !== 1) throw new ObjectError('not a relocatable ELF file')
  const machine = MACHINES[view.getUint16(18, true)]
  if (machine === undefined)
    throw new ObjectError(`made for machine ${view.getUint16(18, true)}, neither x86-64 nor AArch64`)
  const start = size64(view, 40, bytes.length, 'section headers')
  const count = view.getUint16(60, true)
  if (view.getUint16(58, true) !== 64 || start + count * 64 > bytes.length)
    throw new ObjectError('truncated: its section headers lie outside the file')
  const names = view.getUint16(62, true)
  if (names >= count) throw new ObjectError('corrupt: no section name table')
  const nameAt = stringsOf(readHeader(bytes, view, start, names, NAMELESS).data)
  const sections = Array.from({ length: count }, (_, i) => readHeader(bytes, view, start, i, nameAt))
  const table = sections.find(({ type }) => type === SHT.symtab)
  const symbols = table === undefined ? [] : readSymbols(sections, table)
  return { machine, sections, symbols, relocations: readRelocations(sections, symbols.length) }
}

interface Header extends Section {
  readonly link: number
  readonly info: number
}

/** The string that begins at an offset; `what` it is, for the error about one that does not end. */
type Strings = (offset: number, what: string, index: number) => string
const NAMELESS: Strings = () => ''

function readHeader(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  index: number,
  nameAt: Strings,
): Header {
  const base = start + index * 64
  const type = view.getUint32(base + 4, true)
  const size = size64(view, base + 32, Number.MAX_SAFE_INTEGER, 'size of section', index)
  const offset = size64(view, base + 24, Number.MAX_SAFE_INTEGER, 'offset of section', index)
  const held = type === SHT.nobits || type === 0 ? 0 : size
  if (offset + held > bytes.length && held > 0)
    throw new ObjectError(`truncated: section ${index} ends at ${offset + held}, the file at ${bytes.length}`)
  return {
    index,
    name: nameAt(view.getUint32(base, true), 'name of section', index),
    type,
    flags: view.getUint32(base + 8, true),
    align: Math.max(1, size64(view, base + 48, 1 << 30, 'alignment of section', index)),
    size,
    link: view.getUint32(base + 40, true),
    info: view.getUint32(base + 44, true),
    data: held === 0 ? NOTHING : bytes.subarray(offset, offset + held),
  }
}

function readSymbols(sections: readonly Header[], table: Header): ObjectSymbol[] {
  const nameAt = stringsOf(at(sections, table.link, 'string table of the symbols').data)
  const view = viewOf(table.data)
  return Array.from({ length: Math.floor(table.data.length / 24) }, (_, i) => {
    const info = view.getUint8(i * 24 + 4)
    const section = view.getUint16(i * 24 + 6, true)
    if (section === EXTENDED_INDEX) throw new ObjectError('more sections than xlab reads')
    const binding = BINDINGS[info >> 4]
    if (binding === undefined) throw new ObjectError(`symbol ${i} has an unknown binding`)
    return {
      name: nameAt(view.getUint32(i * 24, true), 'name of symbol', i),
      binding,
      type: info & 15,
      section,
      value: view.getUint32(i * 24 + 8, true) + view.getUint32(i * 24 + 12, true) * 2 ** 32,
    }
  })
}

function readRelocations(sections: readonly Header[], symbols: number): Relocation[] {
  const found: Relocation[] = []
  for (const { type, size, data, info, name } of sections) {
    if (type === SHT.rel && size > 0)
      throw new ObjectError('has relocations without addends, which neither architecture uses')
    if (type !== SHT.rela) continue
    at(sections, info, `section that ${name} patches`)
    const view = viewOf(data)
    for (let base = 0; base + 24 <= data.length; base += 24) {
      const symbol = view.getUint32(base + 12, true)
      if (symbol >= symbols) throw new ObjectError(`relocation ${base / 24} of ${name} names no symbol`)
      found.push({
        section: info,
        offset: size64(view, base, Number.MAX_SAFE_INTEGER, 'offset of relocation', base / 24),
        type: view.getUint32(base + 8, true),
        symbol,
        addend: signed64(view, base + 16),
      })
    }
  }
  return found
}

const NOTHING = new Uint8Array()
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** `what` (of `index`) is named if it is more than `most`. */
function size64(view: DataView, offset: number, most: number, what: string, index?: number): number {
  const value = view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32
  if (value > most)
    throw new ObjectError(`corrupt: ${what}${index === undefined ? '' : ` ${index}`} is ${value}`)
  return value
}

/** Exact: a bigint where a number is not. */
function signed64(view: DataView, offset: number): number | bigint {
  const value = view.getUint32(offset, true) + view.getInt32(offset + 4, true) * 2 ** 32
  return Number.isSafeInteger(value) ? value : view.getBigInt64(offset, true)
}

function at<T>(items: readonly T[], index: number, what: string): T {
  const item = items[index]
  if (item === undefined) throw new ObjectError(`corrupt: no ${what}`)
  return item
}

/** The strings of a table, decoded at once: a call of native code for each is what parsing a small object would cost. */
function stringsOf(table: Uint8Array): Strings {
  const text = Buffer.from(table.buffer, table.byteOffset, table.length).toString('latin1')
  const isAscii = !/[^\0-\x7f]/.test(text)
  return (offset, what, index) => {
    const end = text.indexOf('\0', offset)
    if (offset >= text.length ? offset > 0 : end < 0) throw new ObjectError(`corrupt: ${what} ${index}`)
    const name = text.slice(offset, Math.max(offset, end))
    return isAscii ? name : Buffer.from(name, 'latin1').toString('utf8')
  }
}
