/** The HTML page of a small database: one file, a policy that fits it, data escaped, and plain words for what is missing. */
import { createHash } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { estimate } from '../../../../src/bench/estimate.ts'
import { compareSection } from '../../../../src/report/html/compare/compare.ts'
import { htmlReport } from '../../../../src/report/html/page.ts'
import { insert } from '../../../../src/store/statements.ts'
import { fill } from '../../store/filled.ts'

const DATE = new Date('2026-01-02T03:04:00Z')
const NAME = '<script>alert("x")</script>'

const small = () => {
  const filled = fill({ count: 3 })
  for (const kernel of filled.kernels) estimate(filled.store, kernel, filled.signatureHash, filled.hostId)
  return filled
}
const pageOf = (store: ReturnType<typeof small>['store']) =>
  htmlReport(store, { date: DATE, toolchain: undefined })
const unpacked = (page: string, id: string) => {
  const text = new RegExp(`id="${id}">([^<]*)<`).exec(page)?.[1] ?? ''
  return JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString('utf8'))
}

/** What one reads: without script, style and packed data, so that a failure prints the page and not its libraries. */
const readable = (page: string): string => page.replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, '')

test('the policy allows the page’s own script and style and nothing else', async () => {
  const page = await pageOf(small().store)
  const policy = /content="(default-src[^"]*)"/.exec(page)?.[1]?.replaceAll('&#39;', "'")
  const hash = (tag: string): string => {
    const text = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)?.[1] ?? ''
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  }
  expect(policy).toBe(
    `default-src 'none'; script-src ${hash('script')}; style-src ${hash('style')}; base-uri 'none'; form-action 'none'`,
  )
  expect(readable(page)).not.toMatch(/\s(?:src|href)="(?!#)|\sstyle="|\son\w+="/)
})

test('names are escaped wherever they stand', async () => {
  const { store } = small()
  for (const sql of [
    'kernel SET name',
    'sighting SET op_type',
    'harvest SET model',
    'host SET cpu',
    'proposal SET proposer',
  ])
    store.prepare(`UPDATE ${sql} = ?`).run(NAME)
  const page = await pageOf(store)
  expect(page.includes(NAME)).toBe(false)
  expect(readable(page)).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;')
})

describe('what the page says', async () => {
  const page = await pageOf(small().store)
  const text = readable(page)

  test('the answer, with figures', () => {
    expect(text).toContain('XLA compiled cnn into 3 kernels of its own')
    // 1000 bytes against 500; 80 ns against 100.
    expect(text).toContain(
      'XLA’s own code is 2.00 times as large as that of -Oz on average, and larger for 3 of 3 kernels',
    )
    expect(text).toContain('surely faster for 3 of the 3 kernels that were timed')
  })

  test('what is missing, and the command that makes it', () => {
    for (const words of [
      'No language model was asked',
      'run xlab optimise --with random:8',
      'Nothing was built for an ARM target',
    ])
      expect(text).toContain(words)
  })

  test('every kernel with its story', () => {
    const { rows, proposers } = unpacked(page, 'table-data')
    expect(rows).toHaveLength(3)
    expect(proposers).toContain('opt:Oz')
    const [story] = unpacked(page, 'stories-0')
    const built = (by: string) => story.builds.find((build: { by: string }) => build.by === by)
    expect(story.texts[story.ir]).toContain('define ptr @kernel')
    expect(built('xla').times[0]).toMatchObject({ ns: 100, comparison: 'reference' })
    expect(built('xla').times[0].samples).toHaveLength(40)
    expect(built('opt:O3').twin).toBe('xla-ir')
    expect(built('passes:bad').verdicts[0]).toMatchObject({ state: 'refuted' })
    expect(built('passes:bad').verdicts[0].text).toContain('argument 1, element 2 is -1.0 instead of 1.0')
    expect(built('passes:worse')).toMatchObject({ state: 'broken', reason: 'unknown pass name' })
  })
})

test('samples of choosing campaigns are reported nowhere', async () => {
  const { store, kernels } = small()
  store.prepare("UPDATE campaign SET purpose = 'select'").run()
  const [story] = unpacked(await pageOf(store), 'stories-0')
  expect(kernels).toContain(story.hash)
  expect(
    story.builds.flatMap((b: { times: { samples: number[] }[] }) => b.times.flatMap(t => t.samples)),
  ).toEqual([])
})

test('an A/A check that was not made is said, too', async () => {
  const { store } = small()
  store.prepare('UPDATE campaign SET aa_pairs = NULL, aa_false = NULL, aa_state = NULL').run()
  expect(readable(await pageOf(store))).toContain('did not compare identical code with itself')
})

test('an A/A check that failed is said', async () => {
  const { store } = small()
  store.prepare("UPDATE campaign SET aa_pairs = 40, aa_false = 9, aa_state = 'failed'").run()
  expect(readable(await pageOf(store))).toContain(
    'FAILED: identical code under two names was compared 40 times and called different 9 times',
  )
})

test('gain against budget counts kernels without a good candidate as no gain', async () => {
  const { store, kernels } = small()
  const [first] = kernels
  const build = store
    .prepare("SELECT build_hash FROM proposal WHERE kernel_hash = ? AND proposer = 'opt:Oz'")
    .pluck()
  const refuted = store
    .prepare("SELECT build_hash FROM proposal WHERE kernel_hash = ? AND proposer = 'passes:bad'")
    .pluck()
  for (const kernel of kernels)
    for (const sample of [0, 1])
      insert(store, 'proposal', {
        ...{ kernel_hash: kernel, target_id: 1, proposer: 'random', sample, proposed_at: 'now' },
        build_hash: (kernel === first ? build : refuted).get(kernel),
      })
  const text = readable(await pageOf(store))
  expect(text).toContain('on the 3 kernels that all of these tried')
  expect(text).toContain('random: 0.00 % after 2')
})

test('two databases: faster, of another size, and in one only', () => {
  const ours = small()
  const theirs = fill({
    count: 2,
    builds: [
      { proposer: 'xla', codeBytes: 1000, timeNs: 100, verdict: 'agreed' },
      { proposer: 'opt:Oz', codeBytes: 600, timeNs: 300, verdict: 'agreed', content: 'another' },
    ],
  })
  for (const kernel of theirs.kernels) estimate(theirs.store, kernel, theirs.signatureHash, theirs.hostId)
  const { markup } = compareSection(ours.store, theirs.store, 'other.db')
  const row = (title: string) =>
    [...markup.slice(markup.indexOf(`<h3>${title}`)).matchAll(/<tr><td class="">(fusion.*?)<\/tr>/g)].map(
      m => m[1],
    )[0]
  expect(row('Faster here')).toMatch(/opt:Oz.*0\.667/)
  expect(row('Another size')).toMatch(/500.*600.*0\.833/)
  expect(markup).toMatch(/Only here: 1\. <code>fusion\.2/)
  expect(markup).toContain('Only there: none.')
})

test('two databases whose proposer made the same builds in another order do not differ', () => {
  const draws = (...order: readonly string[]) => {
    const filled = small()
    const build = filled.store
      .prepare('SELECT build_hash FROM proposal WHERE kernel_hash = ? AND proposer = ?')
      .pluck()
    for (const kernel of filled.kernels)
      for (const [sample, proposer] of order.entries())
        insert(filled.store, 'proposal', {
          ...{ kernel_hash: kernel, target_id: 1, proposer: 'random', sample, proposed_at: 'now' },
          build_hash: build.get(kernel, proposer),
        })
    return filled.store
  }
  const { markup } = compareSection(draws('opt:O3', 'opt:Oz'), draws('opt:Oz', 'opt:O3'), 'other.db')
  expect(markup).toMatch(/<tr><td[^>]*>random<\/td><td[^>]*>3<\/td><td[^>]*>3<\/td>.*?1\.000/)
  for (const heading of ['Faster here', 'Slower here', 'Another size'])
    expect(markup).toContain(`<h3>${heading}</h3>\n<p>None.</p>`)
})

test('where XLA’s own code is another, times are compared and not ratios to it', () => {
  const ours = small()
  const theirs = fill({
    count: 1,
    builds: [
      { proposer: 'xla', codeBytes: 1000, timeNs: 125, verdict: 'agreed', content: 'of another LLVM' },
      { proposer: 'opt:Oz', codeBytes: 500, timeNs: 100, verdict: 'agreed', content: 'faster' },
    ],
  })
  for (const kernel of theirs.kernels) estimate(theirs.store, kernel, theirs.signatureHash, theirs.hostId)
  const { markup } = compareSection(ours.store, theirs.store, 'other.db')
  const [faster = '', slower = ''] = markup.split('<h3>Slower here')
  expect(faster).toMatch(/<td[^>]*>xla<\/td><td[^>]*>0\.800 /)
  expect(slower).toMatch(/<td[^>]*>opt:Oz<\/td><td[^>]*>2\.000 /)
})
