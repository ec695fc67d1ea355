import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, expect, test } from 'vitest'
import { getText, putBlob } from '../../../src/store/blobs.ts'
import { openStore, openStoreReadOnly } from '../../../src/store/open.ts'

const folder = mkdtempSync(join(tmpdir(), 'xlab-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = (name: string) => join(folder, name)

test('a new database opens again, writable and read-only', () => {
  const store = openStore(path('new.db'))
  const hash = putBlob(store, 'define void @kernel()')
  expect(putBlob(store, 'define void @kernel()')).toBe(hash)
  store.close()
  const again = openStoreReadOnly(path('new.db'))
  expect(getText(again, hash)).toBe('define void @kernel()')
  expect(() => putBlob(again, 'more')).toThrow(/readonly/)
  again.close()
})

test('a missing database is a usage error when only read', () => {
  expect(() => openStoreReadOnly(path('none.db'))).toThrow(/no database at .*none\.db/)
})

test('a file that is not a database is left as it was', () => {
  const text = 'this is not a database, it is a letter to a friend'.repeat(50)
  writeFileSync(path('letter'), text)
  expect(() => openStore(path('letter'))).toThrow(/not a database/)
  expect(readFileSync(path('letter'), 'utf8')).toBe(text)
})

test("another program's database is refused", () => {
  const other = new Database(path('other.db'))
  other.exec('CREATE TABLE mine (a)')
  other.close()
  expect(() => openStore(path('other.db'))).toThrow(/database of something else/)
})

test('a database of a newer version is refused', () => {
  openStore(path('newer.db')).close()
  const newer = new Database(path('newer.db'))
  newer.pragma('user_version = 999')
  newer.close()
  expect(() => openStore(path('newer.db'))).toThrow(/newer xlab/)
})
