/** GGUF files (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): is it one, is it whole, what model is it. */
import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { inState, userPath } from '../../../config/paths.ts'
import { usageError } from '../../../errors.ts'
import { log } from '../../../log.ts'

export interface Gguf {
  readonly path: string
  /** The model's own name, else the file's. */
  readonly model: string
  readonly architecture: string
  /** Tokens it was trained on at once. */
  readonly contextTokens: number
  readonly bytes: number
}

/** Header and names of all tensors; a vocabulary of a million words fits. */
const MOST_HEADER = 256 << 20

/** Bytes of GGUF's plain value types, by number; 8 is a string and 9 an array. */
const VALUE_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
}

/** ggml's tensor types, by number: elements in a block, and its bytes. */
const BLOCKS: Readonly<Record<number, readonly [elements: number, bytes: number]>> = {
  ...{ 0: [1, 4], 1: [1, 2], 2: [32, 18], 3: [32, 20], 6: [32, 22], 7: [32, 24], 8: [32, 34], 9: [32, 36] },
  ...{ 10: [256, 84], 11: [256, 110], 12: [256, 144], 13: [256, 176], 14: [256, 210], 15: [256, 292] },
  ...{
    16: [256, 66],
    17: [256, 74],
    18: [256, 98],
    19: [256, 50],
    20: [32, 18],
    21: [256, 110],
    22: [256, 82],
  },
  ...{
    23: [256, 136],
    24: [1, 1],
    25: [1, 2],
    26: [1, 4],
    27: [1, 8],
    28: [1, 8],
    29: [256, 56],
    30: [1, 2],
  },
}

/** Reads a file's header. Throws a usage error that says what is wrong with it: missing, no GGUF, cut short. */
export function readGguf(typed: string): Gguf {
  const path = userPath(typed)
  const file = open(path, typed)
  try {
    const bytes = fstatSync(file).size
    const header = headerOf(file, typed)
    if (header.end(bytes) > bytes)
      throw usageError(
        `${typed} is cut short: ${bytes} of at least ${header.end(bytes)} bytes`,
        'fetch it again; its header promises more',
      )
    const architecture = String(header.values.get('general.architecture') ?? 'unknown')
    const context = header.values.get(`${architecture}.context_length`)
    return {
      path,
      model: String(header.values.get('general.name') ?? basename(path, '.gguf')),
      architecture,
      contextTokens: typeof context === 'number' ? context : 4096,
      bytes,
    }
  } finally {
    closeSync(file)
  }
}

function open(path: string, typed: string): number {
  try {
    const file = openSync(path, 'r')
    if (fstatSync(file).isFile()) return file
    closeSync(file)
  } catch {
    throw usageError(`no file ${typed}`, 'gguf: takes the path of a GGUF file')
  }
  throw usageError(`${typed} is not a file`, 'gguf: takes the path of a GGUF file')
}

/** Reads values one after the other, from the beginning of the file. */
function reader(file: number, typed: string) {
  let buffer = Buffer.alloc(0)
  let at = 0
  const take = (count: number): number => {
    if (at + count > MOST_HEADER) throw usageError(`${typed} is not a GGUF file`, 'its header makes no sense')
    while (at + count > buffer.length) {
      const more = Buffer.alloc(Math.max(1 << 20, at + count - buffer.length))
      const read = readSync(file, more, 0, more.length, buffer.length)
      if (read === 0) throw usageError(`${typed} is cut short: it ends in its header`, 'fetch it again')
      buffer = Buffer.concat([buffer, more.subarray(0, read)])
    }
    at += count
    return at - count
  }
  const u32 = (): number => {
    const start = take(4)
    return buffer.readUInt32LE(start)
  }
  const u64 = (): number => {
    const start = take(8)
    return Number(buffer.readBigUInt64LE(start))
  }
  const text = (): string => {
    const length = u64()
    const start = take(length)
    return buffer.toString('utf8', start, start + length)
  }
  return { u32, u64, text, skip: (count: number) => void take(count), at: () => at }
}

function headerOf(file: number, typed: string): { values: Map<string, unknown>; end(bytes: number): number } {
  const magic = Buffer.alloc(4)
  const read = readSync(file, magic, 0, 4, 0)
  if (read < 4 || magic.toString('latin1') !== 'GGUF')
    throw usageError(
      `${typed} is not a GGUF file`,
      'other weights go through hf:PATH, or are converted first',
    )
  const from = reader(file, typed)
  from.skip(4)
  const version = from.u32()
  if (version < 2 || version > 3)
    throw usageError(`${typed} is GGUF version ${version}`, 'versions 2 and 3 can be read')
  const [tensors, pairs] = [from.u64(), from.u64()]
  const values = new Map<string, unknown>()
  for (let i = 0; i < pairs; i++) {
    const key = from.text()
    values.set(key, value(from, from.u32(), typed))
  }
  let needed = 0
  for (let i = 0; i < tensors; i++) needed = Math.max(needed, tensorEnd(from))
  const align = Number(values.get('general.alignment') ?? 32)
  return { values, end: () => (tensors === 0 ? 0 : Math.ceil(from.at() / align) * align + needed) }
}

/** A value: a string, a number of up to 32 bits, or undefined for all else, which is skipped. */
function value(from: ReturnType<typeof reader>, type: number, typed: string): unknown {
  if (type === 8) return from.text()
  if (type === 4) return from.u32()
  if (type === 9) {
    const [of, count] = [from.u32(), from.u64()]
    const size = VALUE_BYTES[of]
    if (size !== undefined) from.skip(count * size)
    else for (let i = 0; i < count; i++) value(from, of, typed)
    return undefined
  }
  const size = VALUE_BYTES[type]
  if (size === undefined)
    throw usageError(`${typed} is not a GGUF file`, `its header has a value of type ${type}`)
  from.skip(size)
  return undefined
}

/** Where a tensor's data ends, counted from the first one's; its beginning where the type is not known. */
function tensorEnd(from: ReturnType<typeof reader>): number {
  from.text()
  let elements = 1
  for (let dimensions = from.u32(); dimensions > 0; dimensions--) elements *= from.u64()
  const [perBlock, bytes] = BLOCKS[from.u32()] ?? [1, 0]
  return from.u64() + (elements / perBlock) * bytes
}

/** SHA-256 of a file of weights, kept beside its path, size and time so that gigabytes are read once. */
export async function hashWeights(path: string, signal?: AbortSignal): Promise<string> {
  const file = openSync(path, 'r')
  const { size, mtimeMs } = fstatSync(file)
  closeSync(file)
  const key = createHash('sha256').update(`${path}\0${size}\0${mtimeMs}`).digest('hex').slice(0, 24)
  const known = inState('cache', 'weights', key)
  try {
    return readFileSync(known, 'utf8')
  } catch {
    if (size > 1e9) log.info(`hashing ${basename(path)} (${(size / 1e9).toFixed(1)} GB, once)`)
  }
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) }))
    hash.update(chunk)
  const digest = hash.digest('hex')
  mkdirSync(dirname(known), { recursive: true })
  writeFileSync(known, digest)
  return digest
}
