/**
 * What a kernel's canonical IR says of its arguments: how many it loads from the call frame, and how many bytes it may
 * touch of each. Emitters say so with `!dereferenceable` on the load of an argument, with `dereferenceable(N)` on the
 * parameter of the function the argument is handed to, or not at all.
 */
import type { IrSizes } from '../hlo/signature.ts'

const KERNEL = /^define [^\n]*@kernel\(ptr [^\n]*?(%v\d+)\)[^\n]*\{\n([\s\S]*?)^\}/m
const ADDRESS = /^ {2}(%v\d+) = getelementptr [^\n]*?(%t\d+|i8|\{ ptr, i64 \}), ptr (%v\d+), ([^\n!]*)/
const LOAD = /^ {2}(%v\d+) = load ptr, ptr (%v\d+)([^\n]*)/
const CALL = /^ {2}(?:tail )?call void (@f\d+)\(([^\n]*)\)/
/** Byte offset of the argument array in the call frame, and bytes of one of its entries (kernel_c_api.h). */
const FRAME_ARGUMENTS = 24
const ENTRY_BYTES = 16

/** Sizes of the kernel in a canonical text of the call-frame ABI; no arguments for any other. */
export function irSizes(ir: string): IrSizes {
  const [, frame = '', body = ''] = KERNEL.exec(ir) ?? []
  const bytes: (number | undefined)[] = []
  let count = 0
  const addresses = new Map<string, { base: string; offset: number }>()
  /** Values that are the argument array, and values that are an argument's data. */
  const arrays = new Set<string>()
  const data = new Map<string, number>()
  for (const line of body.split('\n')) {
    const [, place, type = '', base = '', indices = ''] = ADDRESS.exec(line) ?? []
    if (place !== undefined) {
      const offset = offsetOf(type, indices, base === frame ? 8 : ENTRY_BYTES)
      addresses.set(place, { base, offset })
      continue
    }
    const [, value, from = '', rest = ''] = LOAD.exec(line) ?? []
    if (value !== undefined) {
      const { base: source, offset } = addresses.get(from) ?? { base: from, offset: 0 }
      if (source === frame && offset === FRAME_ARGUMENTS) arrays.add(value)
      else if (arrays.has(source) && offset % ENTRY_BYTES === 0) {
        const index = offset / ENTRY_BYTES
        data.set(value, index)
        count = Math.max(count, index + 1)
        bytes[index] ??= nodeValue(ir, /!dereferenceable (!\d+)/.exec(rest)?.[1])
      }
      continue
    }
    const [, callee, passed = ''] = CALL.exec(line) ?? []
    if (callee === undefined) continue
    const sizes = parameterSizes(ir, callee)
    for (const [i, argument] of passed.split(', ').entries()) {
      const index = data.get(/(%v\d+)$/.exec(argument)?.[1] ?? '')
      if (index !== undefined) bytes[index] ??= sizes[i]
    }
  }
  return { arguments: count, bytes: Array.from({ length: count }, (_, i) => bytes[i]) }
}

/** Bytes from the base: of `i8` its index, of a struct of words the entry and its field. */
function offsetOf(type: string, indices: string, entryBytes: number): number {
  const [first = 0, field = 0] = [...indices.matchAll(/i\d+ (-?\d+)/g)].map(match => Number(match[1]))
  return type === 'i8' ? first : first * entryBytes + field * 8
}

function nodeValue(ir: string, node: string | undefined): number | undefined {
  if (node === undefined) return undefined
  const value = new RegExp(`^${node} = !\\{i64 (\\d+)\\}`, 'm').exec(ir)?.[1]
  return value === undefined ? undefined : Number(value)
}

function parameterSizes(ir: string, name: string): (number | undefined)[] {
  const header =
    new RegExp(`^define internal [^\\n]*?${name}\\(([^\\n]*)\\)[^\\n]*\\{$`, 'm').exec(ir)?.[1] ?? ''
  return header.split(', ').map(parameter => {
    const size = /\bdereferenceable\((\d+)\)/.exec(parameter)?.[1]
    return size === undefined ? undefined : Number(size)
  })
}
