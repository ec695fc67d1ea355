/** Content-addressed bytes: IR, objects, HLO, logs. Stored once, compressed. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { sha256 } from '../kernel/build.ts'
import type { Store } from './open.ts'
import { cached } from './statements.ts'

/** Stores `data` unless it is known and returns its SHA-256. */
export function putBlob(store: Store, data: string | Uint8Array): string {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const hash = sha256(bytes)
  if (!cached(store, 'SELECT 1 FROM blob WHERE hash = ?').get(hash))
    cached(store, 'INSERT INTO blob VALUES (?, ?, ?)').run(hash, bytes.length, zstdCompressSync(bytes))
  return hash
}

/** The bytes behind a hash. Throws when there are none: a hash in a table always has its blob. */
export function getBlob(store: Store, hash: string): Buffer {
  const row = cached(store, 'SELECT data FROM blob WHERE hash = ?').get(hash) as { data: Buffer } | undefined
  if (!row) throw new Error(`blob ${hash} is missing from the database`)
  return zstdDecompressSync(row.data)
}

export const getText = (store: Store, hash: string): string => getBlob(store, hash).toString('utf8')
