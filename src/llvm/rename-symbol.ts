/** Renames a symbol in an object without a process: a new string table at the end, all else as it was. */
import { ObjectError, parseObject, SHT } from './elf.ts'

/** The object with global symbol `from` called `to`. Throws an ObjectError if it is no object or has no such symbol. */
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
