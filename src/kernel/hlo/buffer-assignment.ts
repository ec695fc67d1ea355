/**
 * XLA's buffer assignment: which piece of which allocation each value of a module lives in
 * (openxla/xla, xla/service/buffer_assignment.cc, ToString; hlo_value.cc for the positions of values).
 */

export interface Slice {
  readonly allocation: number
  readonly offset: number
  readonly bytes: number
}

export interface BufferAssignment {
  /** Values with a place. */
  readonly values: number
  /** Where the leaf `index` of an instruction's result lives. */
  sliceOf(instruction: string, index: readonly number[]): Slice | undefined
}

const ALLOCATION = /^allocation (\d+):/
const VALUE = /^ value: <(\d+) (.+?)(?:\{([\d, ]*)\})?(?: \(phi\))? @\d+> \(size=(\d+),offset=(\d+)\)/
/** TensorFlow 2.18 writes it behind the instruction of the value before, on one line. */
const DEFINITION = /<(\d+) [^\s<>]+(?: \(phi\))? @\d+>$/
const POSITION = /^ {2}(\S+)(?: \{([\d, ]*)\})?$/

const key = (instruction: string, index: string): string => `${instruction} ${index.replaceAll(' ', '')}`

/**
 * Reads `…-buffer-assignment.txt`. Newer XLA writes the positions of values to a file of their own
 * (`…-buffer-assignment-values.txt`); without them only the instruction that defines a value is known by it.
 */
export function parseBufferAssignment(text: string, values = ''): BufferAssignment {
  const byValue = new Map<string, Slice>()
  const byPosition = new Map<string, Slice>()
  readAllocations(text, (id, position, slice) => {
    byValue.set(id, slice)
    byPosition.set(position, slice)
  })
  for (const part of [text, values]) {
    readPositions(part, (id, position) => {
      const slice = byValue.get(id)
      if (slice !== undefined) byPosition.set(position, slice)
    })
  }
  return {
    values: byValue.size,
    sliceOf: (instruction, index) => byPosition.get(key(instruction, index.join(','))),
  }
}

export const overlapping = (a: Slice, b: Slice): boolean =>
  a.allocation === b.allocation && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes

function readAllocations(text: string, found: (id: string, position: string, slice: Slice) => void): void {
  let allocation = -1
  for (const line of text.split('\n')) {
    const header = ALLOCATION.exec(line)
    if (header !== null) allocation = Number(header[1])
    const value = line.startsWith(' value: ') ? VALUE.exec(line) : null
    if (value === null) continue
    const [, id = '', name = '', index = '', bytes, offset] = value
    found(id, key(name, index), { allocation, offset: Number(offset), bytes: Number(bytes) })
  }
}

function readPositions(text: string, found: (id: string, position: string) => void): void {
  let id: string | undefined
  let listing = false
  for (const line of text.split('\n')) {
    const definition = DEFINITION.exec(line)
    if (definition !== null) id = definition[1]
    if (!line.startsWith('  ')) listing = line === ' positions:'
    else if (listing && id !== undefined) {
      const position = POSITION.exec(line)
      if (position !== null) found(id, key(position[1] ?? '', position[2] ?? ''))
    }
  }
}
