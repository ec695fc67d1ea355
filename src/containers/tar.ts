/** Tar archives, as far as Docker's API needs them (POSIX pax, https://pubs.opengroup.org/onlinepubs/9799919799/). */
import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface TarEntry {
  /** Relative path; one that ends in `/` is a folder. At most 100 bytes. */
  readonly path: string
  readonly bytes: Uint8Array
  readonly mode: number
}

const BLOCK = 512
const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK

/** An archive of `entries` owned by root, the same bytes for the same entries. */
export function packTar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = []
  for (const { path, bytes, mode } of entries) {
    if (Buffer.byteLength(path) > 100) throw new Error(`path too long for the archive: ${path}`)
    const header = Buffer.alloc(BLOCK)
    header.write(path, 0)
    const octal = (value: number, at: number, width: number): void => {
      header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at)
    }
    octal(mode, 100, 8)
    octal(0, 108, 8)
    octal(0, 116, 8)
    octal(bytes.length, 124, 12)
    octal(0, 136, 12)
    header.write('        ', 148)
    header.write(path.endsWith('/') ? '5' : '0', 156)
    header.write('ustar\0' + '00', 257)
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      148,
      7,
    )
    const body = Buffer.alloc(padded(bytes.length))
    body.set(bytes)
    parts.push(header, body)
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

/** Limits on what an archive from a container may hold: it comes from code that is not trusted. */
export interface Limits {
  readonly files: number
  readonly bytes: number
}

/**
 * Writes the regular files of an archive into `folder`, which exists, without its first path component (the name of
 * the folder archived). Links, devices and paths that would leave the folder are skipped. Returns what was skipped.
 * Throws past the limits, or when the archive is cut short.
 */
export async function extractTar(
  stream: AsyncIterable<Uint8Array>,
  folder: string,
  limits: Limits,
): Promise<string[]> {
  const read = reader(stream)
  const skipped: string[] = []
  let longPath: string | undefined
  let [files, total] = [0, 0]
  for (;;) {
    const header = await read.exactly(BLOCK)
    if (header.every(byte => byte === 0)) return skipped
    const kind = String.fromCharCode(header[156] ?? 0)
    const size = sizeField(header)
    total += size
    if (total > limits.bytes) throw new Error(`the archive holds more than ${limits.bytes} bytes`)
    if (kind === 'x' || kind === 'L') {
      const body = (await read.exactly(padded(size))).subarray(0, size)
      longPath = kind === 'L' ? body.toString().replace(/\0+$/, '') : (paxPath(body) ?? longPath)
      continue
    }
    const path = longPath ?? ustarPath(header)
    longPath = undefined
    const target = kind === '0' || kind === '\0' ? insidePath(path) : undefined
    if (target === undefined) {
      if (kind !== '5') skipped.push(path)
      await read.each(padded(size), async () => {})
      continue
    }
    if (++files > limits.files) throw new Error(`the archive holds more than ${limits.files} files`)
    mkdirSync(dirname(join(folder, target)), { recursive: true })
    await using file = await open(join(folder, target), 'wx')
    let left = size
    await read.each(padded(size), async chunk => {
      await file.write(chunk.subarray(0, Math.min(left, chunk.length)))
      left -= Math.min(left, chunk.length)
    })
  }
}

/** The path without its first component, or undefined if it is not a plain path below it. */
function insidePath(path: string): string | undefined {
  const parts = path.split('/').slice(1)
  const plain = parts.length > 0 && parts.every(part => part !== '' && part !== '.' && part !== '..')
  return plain && !path.startsWith('/') && !path.includes('\0') ? parts.join('/') : undefined
}

const field = (header: Buffer, start: number, length: number): string =>
  header.toString('utf8', start, start + length).replace(/\0.*$/s, '')

function ustarPath(header: Buffer): string {
  const prefix = field(header, 257, 5) === 'ustar' ? field(header, 345, 155) : ''
  return prefix === '' ? field(header, 0, 100) : `${prefix}/${field(header, 0, 100)}`
}

function sizeField(header: Buffer): number {
  const size = Number.parseInt(field(header, 124, 12).trim() || '0', 8)
  if (!Number.isSafeInteger(size) || size < 0) throw new Error('the archive is damaged')
  return size
}

/** The `path` record of a pax header: lines of `LENGTH KEY=VALUE`, LENGTH counting the whole line in bytes. */
function paxPath(body: Buffer): string | undefined {
  for (let at = 0; at < body.length; ) {
    const length = Number.parseInt(body.toString('utf8', at, at + 12), 10)
    if (!(length > 0)) return undefined
    const record = body.toString('utf8', at, at + length - 1).replace(/^\d+ /, '')
    if (record.startsWith('path=')) return record.slice('path='.length)
    at += length
  }
  return undefined
}

function reader(stream: AsyncIterable<Uint8Array>): {
  exactly(size: number): Promise<Buffer>
  each(size: number, use: (chunk: Uint8Array) => Promise<void>): Promise<void>
} {
  const chunks = stream[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array()
  const each = async (size: number, use: (chunk: Uint8Array) => Promise<void>): Promise<void> => {
    while (size > 0) {
      if (rest.length === 0) {
        const next = await chunks.next()
        if (next.done) throw new Error('the archive is cut short')
        rest = next.value
      }
      const chunk = rest.subarray(0, size)
      rest = rest.subarray(chunk.length)
      size -= chunk.length
      await use(chunk)
    }
  }
  return {
    each,
    async exactly(size) {
      const parts: Uint8Array[] = []
      await each(size, async chunk => void parts.push(chunk))
      return Buffer.concat(parts)
    },
  }
}
