/** Races among builds whose true times are known, on a host that adds noise. */
import { expect, test } from 'vitest'
import type { Host } from '../../../src/hosts/host.ts'
import { createLanes } from '../../../src/lanes/lanes.ts'
import type { MeasuredBuild, MeasureServices } from '../../../src/measure/measure.ts'
import { RACE_PLAN, type RacedKernel, race } from '../../../src/measure/race.ts'
import { randomIntegers } from '../../../src/measure/statistics.ts'
import type { TimingJob } from '../../../src/runner/protocol.ts'

/** Builds are named for their true time. */
const build = (name: string): MeasuredBuild => ({
  hash: name,
  link: id => ({ id, object: Buffer.from(name), symbol: 'kernel' }),
})
const kernel = (id: string, reference: string, ...candidates: string[]): RacedKernel => ({
  id,
  signature: { arguments: [], workgroups: [1, 1, 1], flushDenormals: false },
  reference: build(reference),
  candidates: candidates.map(build),
})

async function raced(kernels: readonly RacedKernel[], noise: number) {
  const random = randomIntegers(5)
  const times = new Map<string, number>()
  const host: Host = {
    name: 'fake',
    kind: 'local',
    emulated: false,
    place: 'here',
    target: { name: 'native', triple: 'x86_64-linux', cpu: 'x', features: '' },
    describe: () => Promise.reject(new Error('not asked for')),
    close: async () => {},
    async execute(_bundle, jobs, { onResult }) {
      for (const { id, functions, processes, pairs } of jobs as TimingJob[])
        for (let process = 0; process < processes; process++)
          for (let pair = 0; pair < pairs; pair++)
            for (const [position, name] of functions.entries())
              onResult({
                ...{ kind: 'sample', id, function: name, process, pair, position, batch: 9 },
                ...{ metric: 'time', retaken: 0 },
                nsPerCall: (times.get(name) ?? 0) * Math.exp(((random() / 2 ** 32) * 2 - 1) * noise),
              } as const)
    },
  }
  const services: MeasureServices = {
    host,
    lanes: createLanes(2),
    directory: '/nowhere',
    link: async linkables => {
      for (const { id, object } of linkables) times.set(id, Number.parseFloat(Buffer.from(object).toString()))
      return { state: 'ok', bundle: { path: '/nowhere', hash: 'x' } }
    },
  }
  const samples: Record<string, number> = { select: 0, confirm: 0 }
  const seen = new Set<string>()
  const outcomes = await race(kernels, RACE_PLAN, services, {
    onSample: (sample, purpose) => {
      samples[purpose] = (samples[purpose] ?? 0) + 1
      const place = `${purpose} ${sample.kernel} ${sample.build} ${sample.link} ${sample.process} ${sample.pair}`
      expect(seen.has(place), place).toBe(false)
      seen.add(place)
    },
    onFailure: ({ reason }) => expect.fail(reason),
  })
  return { outcomes, samples }
}

test('the fastest wins, those surely behind drop out, and the winner is measured again', async () => {
  const { outcomes, samples } = await raced([kernel('a', '100', '90', '120', '150', '300', '93')], 0.02)
  const [{ candidates, winner } = { candidates: [], winner: undefined }] = outcomes
  expect(winner?.build).toBe('90')
  expect(Math.abs((winner?.confirmed.ratio ?? 0) - 0.9)).toBeLessThan(0.01)
  expect(winner?.confirmed.low).toBeLessThan(0.9)
  expect(winner?.confirmed.high).toBeGreaterThan(0.9)
  expect(winner?.confirmed.pairs).toBe(RACE_PLAN.confirmLinks * RACE_PLAN.pairs)
  expect(candidates.find(({ build }) => build === '300')?.rounds).toBe(1)
  expect(candidates[0]).toMatchObject({ build: '90', rounds: 2 })
  expect(samples.confirm).toBe(2 * RACE_PLAN.confirmLinks * RACE_PLAN.pairs)
})

test('where nothing is faster there is no winner, and nothing is confirmed', async () => {
  const { outcomes, samples } = await raced([kernel('a', '100', '130', '200')], 0.02)
  expect(outcomes[0]?.winner).toBeUndefined()
  expect(samples.confirm).toBe(0)
})

test('the best of many equals looks faster than it is, and the confirmation says so', async () => {
  const equals = Array.from({ length: 24 }, (_, i) => `100.${String(i).padStart(4, '0')}1`)
  const kernels = Array.from({ length: 10 }, (_, i) => kernel(`k${i}`, '100.0', ...equals))
  const { outcomes } = await raced(kernels, 0.2)
  const won = outcomes.flatMap(({ winner }) => (winner ? [winner] : []))
  expect(won.length).toBeGreaterThan(5)
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  const selected = mean(won.map(({ selected }) => Math.log(selected.ratio)))
  const confirmed = mean(won.map(({ confirmed }) => Math.log(confirmed.ratio)))
  expect(selected).toBeLessThan(-0.02)
  expect(Math.abs(confirmed)).toBeLessThan(0.02)
})
