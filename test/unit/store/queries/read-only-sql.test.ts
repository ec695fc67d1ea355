/** Anybody's SQL can ask anything and change nothing. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStoreReadOnly, type Store } from '../../../../src/store/open.ts'
import { ask } from '../../../../src/store/queries/read-only-sql.ts'
import { MIGRATIONS } from '../../../../src/store/schema.ts'
import { fill } from '../filled.ts'

const folder = mkdtempSync(join(tmpdir(), 'xlab-sql-'))
let store: Store
beforeAll(() => {
  const path = join(folder, 'x.db')
  fill({ path, count: 2 }).store.close()
  store = openStoreReadOnly(path)
})
afterAll(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

test.each([
  'SELECT count(*) AS n FROM kernel',
  '  -- a remark\n /* another */ select count(*) AS n from kernel;',
  'WITH k AS (SELECT * FROM kernel) SELECT count(*) AS n FROM k',
])('answers %j', sql => {
  expect(ask(store, sql)).toEqual({ columns: ['n'], rows: [[2]] })
})

test('EXPLAIN and VALUES are questions too', () => {
  expect(ask(store, 'EXPLAIN QUERY PLAN SELECT * FROM kernel').rows.length).toBeGreaterThan(0)
  expect(ask(store, 'VALUES (1), (2)').rows).toEqual([[1], [2]])
})

describe('refuses', () => {
  test.each([
    ['INSERT INTO blob VALUES (1, 2, 3)', 'only SELECT'],
    ['UPDATE kernel SET name = 1', 'only SELECT'],
    ['DELETE FROM kernel', 'only SELECT'],
    ['DROP TABLE kernel', 'only SELECT'],
    ['WITH k AS (SELECT 1) DELETE FROM kernel', 'would write'],
    ['WITH k AS (SELECT 1) INSERT INTO blob SELECT 1, 2, 3 RETURNING hash', 'would write'],
    ["ATTACH 'other.db' AS other", 'only SELECT'],
    ["VACUUM INTO 'copy.db'", 'only SELECT'],
    ['PRAGMA user_version = 7', 'only SELECT'],
    ['PRAGMA journal_mode = DELETE', 'only SELECT'],
    ['BEGIN', 'only SELECT'],
    ['SELECT 1; DELETE FROM kernel', 'one statement'],
    ["SELECT load_extension('x')", 'not authorized'],
    ['', 'empty'],
    ['-- nothing', 'empty'],
    ['SELECT 1 FROM', 'incomplete input'],
  ])('%j', (sql, message) => {
    expect(() => ask(store, sql)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
    )
  })

  test('and nothing has changed after all that', () => {
    expect(ask(store, 'SELECT count(*) FROM kernel').rows).toEqual([[2]])
    expect(store.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
  })
})

test.each([
  ['SELECT nmae FROM kernel', 'name'],
  ['SELECT k.hsah FROM kernel k', 'hash'],
  ['SELECT * FROM kernels', 'kernel'],
  ['SELECT * FROM reslt', 'result'],
])('%j: the hint names %s', (sql, name) => {
  expect(() => ask(store, sql)).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(`did you mean.*${name}`) }),
  )
})

test('columns of one name are told apart; blobs and large integers survive', () => {
  expect(ask(store, "SELECT 1 AS a, 2 AS a, x'00ff' AS b, 9007199254740993 AS c")).toEqual({
    columns: ['a', 'a_2', 'b', 'c'],
    rows: [[1, 2, '00ff', '9007199254740993']],
  })
})
