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
  readonly offset: bigint
  readonly type: number
  /** Index into the object's symbols. */
  readonly symbol: number
  readonly addend: bigint
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
  const { machine, headers } = readHeaders(bytes)
  const sections = headers.map((h, index): Section => ({ ...h, index, name: '' }))
  const names = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint16(62, true)
  const nameTable = at(sections, names, 'section name table').data
  const named = sections.map((section, i) => ({
    ...section,
    name: stringAt(nameTable, headers[i]?.nameOffset ?? 0, `name of section ${i}`),
  }))
  const table = headers.findIndex(h => h.type === SHT.symtab)
  const symbols = table < 0 ? [] : readSymbols(named, at(headers, table, 'symbol table'))
  return { machine, sections: named, symbols, relocations: readRelocations(named, headers, symbols.length) }
}

interface Header {
  readonly nameOffset: number
  readonly type: number
  readonly flags: number
  readonly align: number
  readonly size: number
  readonly link: number
  readonly info: number
  readonly offset: number
  readonly data: Uint8Array
}

function readHeaders(bytes: Uint8Array): { machine: ObjectFile['machine']; headers: Header[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
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
  const headers = Array.from({ length: count }, (_, i): Header => {
    const base = start + i * 64
    const type = view.getUint32(base + 4, true)
    const size = size64(view, base + 32, Number.MAX_SAFE_INTEGER, `size of section ${i}`)
    const offset = size64(view, base + 24, Number.MAX_SAFE_INTEGER, `offset of section ${i}`)
    const held = type === SHT.nobits || type === 0 ? 0 : size
    if (offset + held > bytes.length && held > 0)
      throw new ObjectError(`truncated: section ${i} ends at ${offset + held}, the file at ${bytes.length}`)
    return {
      nameOffset: view.getUint32(base, true),
      type,
      flags: Number(view.getBigUint64(base + 8, true) & 0xffff_ffffn),
      align: Math.max(1, size64(view, base + 48, 1 << 30, `alignment of section ${i}`)),
      size,
      link: view.getUint32(base + 40, true),
      info: view.getUint32(base + 44, true),
      offset,
      data: bytes.subarray(offset, offset + held),
    }
  })
  return { machine, headers }
}

function readSymbols(sections: readonly Section[], table: Header): ObjectSymbol[] {
  const strings = at(sections, table.link, 'string table of the symbols').data
  const view = new DataView(table.data.buffer, table.data.byteOffset, table.data.byteLength)
  return Array.from({ length: Math.floor(table.data.length / 24) }, (_, i) => {
    const info = view.getUint8(i * 24 + 4)
    const section = view.getUint16(i * 24 + 6, true)
    if (section === EXTENDED_INDEX) throw new ObjectError('more sections than xlab reads')
    const binding = BINDINGS[info >> 4]
    if (binding === undefined) throw new ObjectError(`symbol ${i} has an unknown binding`)
    return {
      name: stringAt(strings, view.getUint32(i * 24, true), `name of symbol ${i}`),
      binding,
      type: info & 15,
      section,
      value: Number(view.getBigUint64(i * 24 + 8, true)),
    }
  })
}

function readRelocations(
  sections: readonly Section[],
  headers: readonly Header[],
  symbols: number,
): Relocation[] {
  return headers.flatMap((header, i) => {
    if (header.type === SHT.rel && header.size > 0)
      throw new ObjectError('has relocations without addends, which neither architecture uses')
    if (header.type !== SHT.rela) return []
    at(sections, header.info, `section that ${sections[i]?.name} patches`)
    const view = new DataView(header.data.buffer, header.data.byteOffset, header.data.byteLength)
    return Array.from({ length: Math.floor(header.data.length / 24) }, (_, j) => {
      const symbol = view.getUint32(j * 24 + 12, true)
      if (symbol >= symbols) throw new ObjectError(`relocation ${j} of ${sections[i]?.name} names no symbol`)
      return {
        section: header.info,
        offset: view.getBigUint64(j * 24, true),
        type: view.getUint32(j * 24 + 8, true),
        symbol,
        addend: view.getBigInt64(j * 24 + 16, true),
      }
    })
  })
}

function size64(view: DataView, offset: number, most: number, what: string): number {
  const value = view.getBigUint64(offset, true)
  if (value > BigInt(most)) throw new ObjectError(`corrupt: ${what} is ${value}`)
  return Number(value)
}

function at<T>(items: readonly T[], index: number, what: string): T {
  const item = items[index]
  if (item === undefined) throw new ObjectError(`corrupt: no ${what}`)
  return item
}

function stringAt(table: Uint8Array, offset: number, what: string): string {
  const end = table.indexOf(0, offset)
  if (offset >= table.length ? offset > 0 : end < 0) throw new ObjectError(`corrupt: ${what}`)
  return Buffer.from(table.subarray(offset, Math.max(offset, end))).toString('utf8')
}
