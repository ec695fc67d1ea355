import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, expect, test } from 'vitest'
import { getText, putBlob } from '../../../src/store/blobs.ts'
import { openStore, openStoreReadOnly, write } from '../../../src/store/open.ts'

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

test('a folder, a damaged file and a place that cannot be are told apart', () => {
  expect(() => openStore(folder)).toThrow(/is a folder, not a database/)
  const good = openStore(path('whole.db'))
  putBlob(good, 'x'.repeat(10_000))
  good.close()
  const bytes = readFileSync(path('whole.db'))
  writeFileSync(path('cut.db'), bytes.subarray(0, bytes.length / 2))
  expect(() => openStore(path('cut.db'))).toThrow(/cut\.db is damaged/)
  expect(() => openStore(path('letter/x.db'))).toThrow(/its folder cannot be written/)
})

test('who begins to write is not overtaken by another process', () => {
  const one = openStore(path('turns.db'))
  const other = openStore(path('turns.db'))
  other.pragma('busy_timeout = 1')
  const count = one.prepare('SELECT count(*) FROM blob').pluck()
  write(one, () => {
    expect(count.get()).toBe(0)
    expect(() => putBlob(other, 'the other')).toThrow(/locked/)
    putBlob(one, 'mine')
  })
  putBlob(other, 'the other')
  expect(count.get()).toBe(2)
  one.close()
  other.close()
})
