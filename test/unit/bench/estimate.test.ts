/** From samples of campaigns with different purposes to what is reported, and what is judged together. */
import { describe, expect, test } from 'vitest'
import { roundsOf } from '../../../src/bench/campaign.ts'
import { correctComparisons, estimate } from '../../../src/bench/estimate.ts'
import { conclude, keep } from '../../../src/bench/keep.ts'
import { sha256 } from '../../../src/kernel/build.ts'
import { namedQuery } from '../../../src/report/queries.ts'
import { addSamples, type Purpose, startCampaign } from '../../../src/store/measurements/campaigns.ts'
import { unconfirmed } from '../../../src/store/measurements/estimates.ts'
import { type Filled, fill } from '../store/filled.ts'

/** A campaign of 5 links × 8 pairs of the named proposers' builds at these times. */
function campaign(
  { store, hostId, kernels, signatureHash }: Filled,
  purpose: Purpose,
  times: Readonly<Record<string, number>>,
  rest: { copy?: boolean } = {},
): number {
  const id = startCampaign(store, { hostId, seed: 1, options: {}, hostBefore: {}, purpose })
  for (const kernel of kernels)
    for (let at = 0; at < 40; at++)
      addSamples(
        store,
        id,
        Object.entries(times).map(([proposer, time], position) => ({
          ...{
            build: sha256(`${kernel} ${proposer}`),
            signature: signatureHash,
            binaryHash: 'x',
            batch: 1,
            position,
          },
          ...{
            link: at >> 3,
            process: 0,
            pair: at & 7,
            value: time * (1 + (((at * 7 + position * 3) % 5) - 2) / 1000),
          },
          ...(proposer === 'xla' ? {} : rest),
        })),
      )
  return id
}
const estimated = (filled: Filled) =>
  filled.kernels.flatMap(
    kernel => estimate(filled.store, kernel, filled.signatureHash, filled.hostId).estimates,
  )
const rowOf = (filled: Filled, proposer: string) =>
  estimated(filled).find(row => row.build_hash === sha256(`${filled.kernels[0]} ${proposer}`))

describe('purposes', () => {
  test('samples that selected are reported nowhere', () => {
    const filled = fill()
    campaign(filled, 'select', { xla: 100, 'opt:Oz': 10 })
    expect(rowOf(filled, 'opt:Oz')?.ratio).toBeCloseTo(2, 1)
  })

  test('what is best is to be confirmed, once; both figures are kept and shown', () => {
    const filled = fill({ count: 2 })
    const { store, hostId } = filled
    estimated(filled)
    expect(unconfirmed(store, hostId)).toHaveLength(2)
    expect(namedQuery('best').rows(store)[0]).toMatchObject({ comparison: 'faster', confirmed_ratio: null })
    campaign(filled, 'confirm', { xla: 100, 'xla-ir': 90 })
    estimated(filled)
    expect(unconfirmed(store, hostId)).toEqual([])
    const [best] = namedQuery('best').rows(store)
    expect(best?.ratio).toBeCloseTo(0.8, 2)
    expect(best?.confirmed_ratio).toBeCloseTo(0.9, 2)
    expect(best?.confirmed).toBe('faster')
    const [gain] = namedQuery('gain').rows(store)
    expect(gain).toMatchObject({ kernels: 2, improved: 2 })
    expect(gain?.kernel_ratio).toBeCloseTo(0.9, 2)
    // 2 kernels × 2 calls × 100 ns of a wall time of 1000 ns, a tenth of it saved.
    expect(gain?.time_coverage_pct).toBeCloseTo(40, 0)
    expect(gain?.wall_gain_pct).toBeCloseTo(4, 0)
  })

  test('a build that was only confirmed is reported by that', () => {
    const filled = fill({ measured: false })
    campaign(filled, 'confirm', { xla: 100, 'opt:O3': 70 })
    expect(rowOf(filled, 'opt:O3')?.ratio).toBeCloseTo(0.7, 2)
  })
})

test('second copies of the same code are no samples of a build, and make the campaign’s self-test', () => {
  const filled = fill({ measured: false })
  const { store, hostId } = filled
  const id = campaign(filled, 'report', { xla: 100 })
  const own = sha256(`${filled.kernels[0]} xla`)
  addSamples(
    store,
    id,
    Array.from({ length: 40 }, (_, at) => ({
      ...{ build: own, signature: filled.signatureHash, binaryHash: 'x', batch: 1, position: 1, copy: true },
      ...{ link: at >> 3, process: 0, pair: at & 7, value: 103 * (1 + (at % 3) / 1000) },
    })),
  )
  expect(rowOf(filled, 'xla')).toMatchObject({ samples: 40, ratio: 1 })
  conclude(store, { campaign: id, hostId, hostName: 'local', delta: 0.01, purpose: 'report' })
  expect(store.prepare('SELECT aa_pairs, aa_false, aa_state FROM campaign WHERE id = ?').get(id)).toEqual({
    ...{ aa_pairs: 1, aa_false: 1, aa_state: 'passed' },
  })
  expect(namedQuery('aa').rows(store)).toMatchObject([{ campaign: id, comparison: 'slower', pairs: 40 }])
})

test('a build that fails in a later round has no figure of the rounds before', () => {
  const filled = fill({ measured: false })
  const { store, hostId, kernels, signatureHash } = filled
  const id = campaign(filled, 'report', { xla: 100, 'opt:O3': 70 })
  expect(rowOf(filled, 'opt:O3')?.ratio).toBeCloseTo(0.7, 2)
  const hash = kernels[0] ?? ''
  const build = sha256(`${hash} opt:O3`)
  const found = { hash: build, contentHash: sha256(`${hash} as-o3`), objectHash: '', xlaProposal: null }
  const kernel = { hash, name: 'add', abi: 'kernel', irHash: '', signatureHash }
  const work = { kernel: { ...kernel, builds: [{ ...found, measured: false, low: null, high: null }] } }
  const failures = [{ kernel: 'add', build, reason: 'it gave other outputs', whole: false }]
  const place = { campaign: id, hostId, hostName: 'local', delta: 0.01, purpose: 'report' } as const
  keep(store, place, [work], { samples: [], counts: [], failures, runner: undefined }, new Map())
  expect(store.prepare('SELECT count(*) FROM measurement WHERE build_hash = ?').pluck().get(build)).toBe(0)
  expect(rowOf(filled, 'opt:O3')).toBeUndefined()
  expect(rowOf(filled, 'xla')?.ratio).toBe(1)
})

test('the rounds of a plan hold each of its links once', () => {
  for (const links of [1, 3, 4, 10, 24]) {
    const rounds = roundsOf({
      links,
      processes: 1,
      pairs: 6,
      minSampleNs: 1,
      limitMs: 1,
      seed: 1,
      firstLink: 5,
    })
    const all = rounds.flatMap(({ links, firstLink = 0 }) =>
      Array.from({ length: links }, (_, i) => firstLink + i),
    )
    expect(all).toEqual(Array.from({ length: links }, (_, i) => 5 + i))
  }
})

test('disturbed and retaken samples are counted', () => {
  const filled = fill({ measured: false })
  const id = startCampaign(filled.store, { hostId: filled.hostId, seed: 1, options: {}, hostBefore: {} })
  const place = { signature: filled.signatureHash, binaryHash: 'x', batch: 1, position: 0, process: 0 }
  const build = sha256(`${filled.kernels[0]} xla`)
  addSamples(filled.store, id, [
    { ...place, build, link: 0, pair: 0, value: 1, retaken: 3, disturbance: 'steal' },
    { ...place, build, link: 0, pair: 1, value: 1, retaken: 1 },
  ])
  expect(filled.store.prepare('SELECT retaken, disturbed FROM campaign WHERE id = ?').get(id)).toEqual({
    ...{ retaken: 4, disturbed: 1 },
  })
})

test('what is called faster alone must stand among all comparisons on the host', () => {
  const filled = fill({ count: 3 })
  estimated(filled)
  const { store, hostId } = filled
  const states = (): unknown[] =>
    store.prepare("SELECT comparison FROM estimate WHERE alone = 'faster' ORDER BY kernel_hash").pluck().all()
  correctComparisons(store, hostId)
  expect(states()).toEqual(['faster', 'faster', 'faster'])
  store.exec(
    "UPDATE estimate SET p = 0.04 WHERE alone = 'faster'; UPDATE estimate SET p = 0.9 WHERE alone = 'slower'",
  )
  correctComparisons(store, hostId)
  expect(states()).toEqual(['inconclusive', 'inconclusive', 'inconclusive'])
})
