/** A dump folder is somebody else's: what is in it, and its files' contents within bounds. */
import { isAscii, isUtf8 } from 'node:buffer'
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Unparsed } from '../store/kernels/harvests.ts'

/** Largest file that is read. Real kernels have kilobytes; whole modules of large models, a few megabytes. */
export const MAX_FILE_BYTES = 64 << 20

/** Regular files below `dir` as relative paths, sorted; links and anything else are refused, never followed. */
export function listDump(dir: string): { files: string[]; refused: Unparsed[] } {
  const files: string[] = []
  const refused: Unparsed[] = []
  const folders = ['']
  for (const folder of folders)
    for (const entry of readdirSync(join(dir, folder), { withFileTypes: true })) {
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) folders.push(file)
      else if (entry.isFile()) files.push(file)
      else if (entry.isSymbolicLink())
        refused.push({ file, reason: 'a symbolic link, which is not followed' })
      else refused.push({ file, reason: 'not a regular file' })
    }
  return { files: files.sort(), refused }
}

export type FileResult<T> =
  | { readonly state: 'ok'; readonly data: T }
  | { readonly state: 'refused'; readonly reason: string }

/** The bytes of a regular file that is not too large. */
export function readBytes(path: string): FileResult<Buffer> {
  let file: number | undefined
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const { size } = fstatSync(file)
    if (size > MAX_FILE_BYTES)
      return refuse(
        `it has ${(size / 2 ** 20).toFixed(0)} MiB, more than the ${MAX_FILE_BYTES >> 20} MiB that are read`,
      )
    const data = Buffer.allocUnsafeSlow(size)
    return { state: 'ok', data: data.subarray(0, readSync(file, data, 0, size, 0)) }
  } catch (error) {
    return refuse(`it cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** The text of a file; refused if it is not text. */
export function readText(path: string): FileResult<string> {
  const bytes = readBytes(path)
  if (bytes.state === 'refused') return bytes
  const { data } = bytes
  if (data.includes(0)) return refuse('it is binary, not text')
  if (isAscii(data)) return { state: 'ok', data: data.toString('latin1') }
  if (!isUtf8(data)) return refuse('it is not UTF-8 text')
  return { state: 'ok', data: data.toString('utf8') }
}

const refuse = (reason: string): { state: 'refused'; reason: string } => ({ state: 'refused', reason })
