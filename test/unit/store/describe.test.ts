/** docs/schema.md says what the schema is. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeSchema, SCHEMA_PAGE, schemaMarkdown } from '../../../src/store/describe.ts'

test('docs/schema.md is current; if not, run npm run schema', () => {
  expect(readFileSync(SCHEMA_PAGE, 'utf8')).toBe(schemaMarkdown())
})

test('tables, their columns and their comments are found', () => {
  const relations = describeSchema()
  const measurement = relations.find(({ name }) => name === 'measurement')
  expect(measurement).toMatchObject({ kind: 'table', about: expect.stringContaining('raw sample') })
  expect(measurement?.columns.find(({ name }) => name === 'value')?.about).toBe('nanoseconds per call')
  expect(measurement?.columns.find(({ name }) => name === 'build_hash')?.constraint).toBe(
    'not null → build.hash',
  )
  expect(relations.filter(({ about }) => about === '')).toEqual([])
})
