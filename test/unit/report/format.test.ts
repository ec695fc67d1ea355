/** What rows look like in every format, and that data cannot pass for markup or steer a terminal. */
import { describe, expect, test } from 'vitest'
import { escapeMarkdown, formatRows, parseFormat } from '../../../src/report/format.ts'

const HASH = 'ab'.repeat(32)
const rows = [
  { hash: HASH, name: 'dot', time_ns: 12.3456, calls: 3 },
  { hash: HASH, name: 'a,"b"\nc', time_ns: 7, calls: 12 },
]
const columns = ['hash', 'name', { name: 'time_ns', digits: 1 }, 'calls']
const ESCAPE = '\u001b[31mred\u009b'

test('a table aligns numbers right, shortens hashes and keeps each row on a line', () => {
  expect(formatRows(rows, columns, 'table')).toBe(
    [
      'hash          name      time_ns  calls',
      'abababababab  dot          12.3      3',
      'abababababab  a,"b"\\nc      7.0     12',
      '',
    ].join('\n'),
  )
})

test('csv follows RFC 4180 and holds whole values', () => {
  expect(formatRows(rows, columns, 'csv')).toBe(
    `hash,name,time_ns,calls\n${HASH},dot,12.3456,3\n${HASH},"a,""b""\nc",7,12\n`,
  )
})

test('json and jsonl give back the values', () => {
  expect(JSON.parse(formatRows(rows, columns, 'json'))).toEqual(rows)
  const lines = formatRows(rows, columns, 'jsonl').trimEnd().split('\n')
  expect(lines.map(line => JSON.parse(line))).toEqual(rows)
})

test('no rows: a header where there is one, valid JSON', () => {
  expect(formatRows([], ['a', 'b'], 'table')).toBe('a  b\n')
  expect(formatRows([], ['a', 'b'], 'csv')).toBe('a,b\n')
  expect(formatRows([], ['a', 'b'], 'json')).toBe('[]\n')
  expect(formatRows([], ['a', 'b'], 'jsonl')).toBe('')
})

test('columns choose and order what is printed; absent values are empty or null', () => {
  expect(formatRows([{ a: 1, b: null }], ['b', 'c', 'a'], 'csv')).toBe('b,c,a\n,,1\n')
  expect(JSON.parse(formatRows([{ a: 1 }], ['b'], 'json'))).toEqual([{ b: null }])
})

test('bytes are hexadecimal and big integers keep every digit', () => {
  const row = { bytes: new Uint8Array([0, 255]), big: 9007199254740993n, small: 5n }
  expect(JSON.parse(formatRows([row], ['bytes', 'big', 'small'], 'json'))).toEqual([
    { bytes: '00ff', big: '9007199254740993', small: 5 },
  ])
})

describe('a narrow terminal', () => {
  const wide = [{ name: 'x'.repeat(60), other: 'y'.repeat(30), n: 123 }]

  test('cuts the widest text first', () => {
    const lines = formatRows(wide, ['name', 'other', 'n'], 'table', { width: 60 }).trimEnd().split('\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(60)
    expect(lines[1]).toContain('…')
    expect(lines[1]).toMatch(/123$/)
    expect(lines[1]).toContain(`${'y'.repeat(24)}`)
  })

  test('leaves hashes whole, for they are copied', () => {
    const text = formatRows([{ hash: HASH, name: 'x'.repeat(60) }], ['hash', 'name'], 'table', { width: 30 })
    expect(text.split('\n')[1]).toBe('abababababab  xxxxxxxxxxxxxxx…')
  })

  test('names the columns that do not fit at all', () => {
    const text = formatRows(wide, ['name', 'other', 'n'], 'table', { width: 14 })
    expect(text.replaceAll('\n', ' ')).toContain('not shown, too narrow: other, n')
  })

  test('counts wide and combining characters by the columns they take', () => {
    const table = formatRows(
      [
        { a: '漢字', b: 'x' },
        { a: 'e\u0301', b: 'y' },
      ],
      ['a', 'b'],
      'table',
    )
    expect(table).toBe('a     b\n漢字  x\ne\u0301     y\n')
  })
})

describe('hostile data', () => {
  test.each(['table', 'md', 'csv', 'json', 'jsonl'] as const)(
    '%s passes no control characters on',
    format => {
      const text = formatRows([{ name: ESCAPE }], ['name'], format)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
      expect(text).not.toMatch(/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f]/)
      expect(text).toContain('red')
    },
  )

  test('Markdown cells are not markup', () => {
    const text = formatRows([{ name: 'a|b `c` <img src=x> *d* [e](f) _g_ h_i' }], ['name'], 'md')
    expect(text.split('\n')[2]).toBe(String.raw`| a\|b \`c\` &lt;img src=x&gt; \*d\* \[e\](f) \_g\_ h_i |`)
  })

  test('a line break cannot start a Markdown block', () => {
    expect(escapeMarkdown('a\n# b')).toBe(String.raw`a\\n# b`)
  })
})

test('numbers of unknown columns get decimals that suit them', () => {
  expect(formatRows([{ v: 1234.5 }, { v: 2000.25 }], ['v'], 'table')).toBe('   v\n1235\n2000\n')
  expect(formatRows([{ v: 1.23456 }, { v: null }], ['v'], 'table')).toBe('    v\n1.235\n\n')
})

test('an unknown format names the nearest', () => {
  expect(parseFormat(undefined)).toBe('table')
  expect(parseFormat('md')).toBe('md')
  expect(() => parseFormat('cvs')).toThrow(
    expect.objectContaining({ exitCode: 2, hint: 'did you mean csv?' }),
  )
})

test('what does not fit is named in lines that do', () => {
  const names = Array.from({ length: 20 }, (_, i) => `number_${i}`)
  const row = Object.fromEntries(names.map(name => [name, 123456]))
  const lines = formatRows([row], names, 'table', { width: 40 }).trimEnd().split('\n')
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(40)
  expect(lines.slice(2).join(' ')).toMatch(/^\(not shown, too narrow: .*number_19; use -o csv\)$/)
})

test('shares have a bar where a terminal has room for it, and nowhere else', () => {
  const rows = [
    { name: 'a', covered_pct: 50 },
    { name: 'b', covered_pct: 6.25 },
    { name: 'c', covered_pct: null },
  ]
  const columns = [{ name: 'name' }, { name: 'covered_pct', digits: 1 }]
  const lines = formatRows(rows, columns, 'table', { width: 40 }).split('\n')
  expect(lines[1]).toMatch(/^a .*50\.0 █████$/)
  expect(lines[2]).toMatch(/^b .* 6\.3 ▋$/)
  expect(lines[1]?.indexOf('█')).toBe(lines[2]?.indexOf('▋'))
  for (const width of [undefined, 18])
    expect(formatRows(rows, columns, 'table', width === undefined ? {} : { width })).not.toContain('█')
})
