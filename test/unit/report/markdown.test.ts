/** The page: what it must say, and that nothing in a name can be markup. */
import { expect, test } from 'vitest'
import { estimate } from '../../../src/bench/estimate.ts'
import { markdownReport } from '../../../src/report/markdown.ts'
import { fill } from '../store/filled.ts'

const date = new Date('2026-02-03T04:05:06Z')

function page(change?: string): string {
  const { store, kernels, signatureHash, hostId } = fill({ count: 2 })
  for (const kernel of kernels) estimate(store, kernel, signatureHash, hostId)
  if (change !== undefined) store.exec(change)
  return markdownReport(store, { date })
}

test('asks, answers with figures, and keeps its denominators', () => {
  const text = page()
  expect(text).toContain('**Question.** XLA compiled cnn into 2 kernels')
  expect(text).toMatch(
    /`opt:O3` on local: on average faster than XLA's code, at 0\.800 × its time.*2 kernels tried, none failed/,
  )
  expect(text).toMatch(/`opt:Oz`.*slower than.*0\.500 × its code size/)
  expect(text).toMatch(/`passes:bad`: no times; 2 kernels tried, 2 of them failed/)
  expect(text).toMatch(/Choosing the best build.*0\.800 × XLA's time.*2 of 2/)
})

test('names the machine, versions, date and the commands to repeat it', () => {
  const text = page()
  expect(text).toContain('Report made: 2026-02-03 04:05 UTC')
  expect(text).toContain('local: Zen 3, 2 cores, linux')
  expect(text).toContain('tensorflow 2.21.0')
  expect(text).toContain('./xlab harvest cnn')
  expect(text).toContain(
    "./xlab optimise --with 'xla,xla-ir,opt:O3,opt:Oz,passes:bad,passes:worse' --target native".replaceAll(
      "'",
      '',
    ),
  )
})

test('lists every kernel, what failed and why, and what was not measured', () => {
  const text = page()
  expect(text).toMatch(/\| fusion\.0 \| cnn \| 50.0 \| 100\.0 \| 1000 \|/)
  expect(text).toMatch(/\| optimise \| broken \| passes:worse \| 2 \| [0-9a-f]{12} \| unknown pass name \|/)
  expect(text).toMatch(/\| verdict: refuted \| 2 \| 2 \|/)
  expect(text).toContain('convolution (1)')
})

test('every table has as many cells in each row as in its header', () => {
  const tables = page()
    .split('\n\n')
    .filter(block => block.startsWith('|'))
  expect(tables.length).toBeGreaterThan(5)
  for (const table of tables) {
    const cells = table
      .trimEnd()
      .split('\n')
      .map(line => line.replaceAll('\\|', '').split('|').length)
    expect(new Set(cells).size).toBe(1)
  }
})

test('names from outside are text, never markup', () => {
  const hostile = 'x|y `z` <script>alert(1)</script> [a](http://b) *c*\n# d'
  const text = page(
    `UPDATE kernel SET name = '${hostile}'; UPDATE harvest SET model = '${hostile}', xla_flags = '${hostile}';
     UPDATE module SET name = '${hostile}'; UPDATE build SET reason = '${hostile}'; UPDATE host SET cpu = '${hostile}'`,
  )
  const outsideCode = text.replace(/````sh[\s\S]*?````/, '')
  expect(outsideCode).not.toContain('<script>')
  expect(outsideCode).not.toMatch(/^# d/m)
  expect(outsideCode).not.toMatch(/(?<!\\)\[a(?<!\\)\]\(/)
  expect(outsideCode).not.toMatch(/[^\\]`z/)
  expect(text.match(/````/g)).toHaveLength(2)
})

test('an empty database gives a page that says so', () => {
  const text = markdownReport(fill({ count: 0, measured: false }).store, { date })
  expect(text).toContain('Nothing was compared yet')
})
