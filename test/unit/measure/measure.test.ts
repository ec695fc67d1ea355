/** The sampling plan, with a linker and a host that only take notes. */
import { expect, test } from 'vitest'
import type { Host } from '../../../src/hosts/host.ts'
import { sha256 } from '../../../src/kernel/build.ts'
import { createLanes } from '../../../src/lanes/lanes.ts'
import {
  type MeasuredKernel,
  type MeasureServices,
  measure,
  type Plan,
  type RawSample,
} from '../../../src/measure/measure.ts'
import type { TimingJob } from '../../../src/runner/protocol.ts'

const plan = { links: 3, processes: 2, pairs: 4, minSampleNs: 1000, limitMs: 100, seed: 7 }
const signature = { arguments: [], workgroups: [1, 1, 1], flushDenormals: false } as const
const kernel = (id: string, ...builds: string[]): MeasuredKernel => ({
  id,
  signature,
  builds: builds.map(hash => ({
    hash,
    link: id => ({ id, object: new Uint8Array([hash.length]), symbol: 'kernel' }),
  })),
})

/** A world in which functions whose object is `unlinkable` do not link, and the second function of `flaky` fails. */
function world(
  flaws: { unlinkable?: number; flaky?: string; nothingLinks?: boolean; crowding?: number[] } = {},
) {
  const crowding = [...(flaws.crowding ?? [])]
  const linked: string[][] = []
  const seeds: number[] = []
  const asked: TimingJob[] = []
  const host: Host = {
    name: 'fake',
    kind: 'local',
    emulated: false,
    place: 'here',
    target: { name: 'native', triple: 'x86_64-linux', cpu: 'x', features: '' },
    describe: () => Promise.reject(new Error('not asked for')),
    close: async () => {},
    async execute(_bundle, jobs, { onResult }) {
      asked.push(...(jobs as TimingJob[]))
      onResult({ kind: 'machine', id: 'any', leastCrowding: crowding.shift() ?? 900 })
      for (const { id, functions, processes, pairs } of jobs as TimingJob[])
        for (let process = 0; process < processes; process++)
          for (let pair = 0; pair < pairs; pair++)
            for (const [position, name] of functions.entries())
              if (id === flaws.flaky && name.endsWith('_b1')) {
                if (process + pair === 0)
                  onResult({ kind: 'time-failed', id, function: name, reason: 'crashed' })
              } else
                onResult({
                  kind: 'sample',
                  id,
                  function: name,
                  process,
                  pair,
                  position,
                  batch: 9,
                  nsPerCall: 2.5,
                  metric: 'time',
                  retaken: 0,
                })
    },
  }
  const services: MeasureServices = {
    host,
    lanes: createLanes(2),
    directory: '/nowhere',
    link: async (linkables, { orderSeed }) => {
      const bad = linkables.find(({ object }) => object[0] === flaws.unlinkable)
      if (bad) return { state: 'broken', id: bad.id, reason: 'no such symbol' }
      if (flaws.nothingLinks) return { state: 'broken', reason: 'disk full' }
      linked.push(linkables.map(({ id }) => id))
      seeds.push(orderSeed)
      return { state: 'ok', bundle: { path: '/nowhere/bundle', hash: sha256(String(orderSeed)) } }
    },
  }
  return { services, linked, seeds, asked }
}

async function measured(kernels: MeasuredKernel[], flaws?: Parameters<typeof world>[0], asks: Plan = plan) {
  const { services, linked, seeds, asked } = world(flaws)
  const samples: RawSample[] = []
  const failures: unknown[] = []
  await measure(kernels, asks, services, {
    onSample: sample => samples.push(sample),
    onFailure: failure => failures.push(failure),
  })
  return { samples, failures, linked, seeds, asked }
}

test('every build is sampled in every link, process and pair, and links differ in order', async () => {
  const { samples, failures, seeds } = await measured([kernel('a', 'x', 'yy'), kernel('b', 'zzz')])
  expect(failures).toEqual([])
  expect(new Set(seeds).size).toBe(plan.links)
  expect(samples).toHaveLength(3 * plan.links * plan.processes * plan.pairs)
  const places = samples.map(s => `${s.kernel} ${s.build} ${s.link} ${s.process} ${s.pair}`)
  expect(new Set(places).size).toBe(samples.length)
  expect(new Set(samples.map(s => s.binaryHash)).size).toBe(plan.links)
  expect(samples.find(s => s.build === 'yy')).toMatchObject({
    kernel: 'a',
    batch: 9,
    nsPerCall: 2.5,
  })
})

test('each kernel draws a seed and an order in each link: the same ones for the same plan, others for another', async () => {
  const kernels = [kernel('a', 'x', 'y', 'z'), kernel('b', 'v', 'w', 'u')]
  const many = { ...plan, links: 10 }
  const { asked } = await measured(kernels, {}, many)
  const drawn = (jobs: TimingJob[]): string[] => jobs.map(({ seed, functions }) => `${seed} ${functions}`)
  expect(new Set(asked.map(({ seed }) => seed)).size).toBe(2 * many.links)
  // Six orders of three functions: a list that ten links had in common would favour one of them in all.
  expect(new Set(asked.map(({ functions }) => functions.join())).size).toBeGreaterThan(4)
  expect(drawn((await measured(kernels, {}, many)).asked)).toEqual(drawn(asked))
  const later = await measured(kernels, {}, { ...many, firstLink: many.links })
  expect(drawn(asked)).not.toEqual(expect.arrayContaining(drawn(later.asked).slice(0, 1)))
})

test('an executable is told the lower quartile of what earlier ones saw of the machine', async () => {
  const { asked } = await measured(
    [kernel('a', 'x')],
    { crowding: [950, 700, 820, 960, 970] },
    { ...plan, links: 6 },
  )
  expect(asked.map(({ leastCrowding }) => leastCrowding)).toEqual([0, 950, 700, 700, 820, 820])
})

test('a function that cannot be linked costs only itself', async () => {
  const { samples, failures } = await measured([kernel('a', 'x', 'yy'), kernel('b', 'zzz')], {
    unlinkable: 2,
  })
  expect(failures).toEqual([{ kernel: 'a', build: 'yy', reason: 'no such symbol' }])
  expect(new Set(samples.map(s => s.build))).toEqual(new Set(['x', 'zzz']))
})

test('a function that fails is reported once and left out of what follows', async () => {
  const { samples, failures } = await measured([kernel('a', 'x', 'yy'), kernel('b', 'zzz', 'wwww')], {
    flaky: 'a',
  })
  expect(failures).toEqual([{ kernel: 'a', build: 'yy', reason: 'crashed' }])
  expect(samples.filter(s => s.build === 'x')).toHaveLength(plan.links * plan.processes * plan.pairs)
})

test('when nothing links, every kernel has failed, once', async () => {
  const { samples, failures } = await measured([kernel('a', 'x'), kernel('b', 'yy')], { nothingLinks: true })
  expect(samples).toEqual([])
  expect(failures).toEqual([
    { kernel: 'a', reason: 'disk full' },
    { kernel: 'b', reason: 'disk full' },
  ])
})

test('an abort stops before the next executable', async () => {
  const { services } = world()
  const signal = AbortSignal.abort(new Error('stop'))
  const events = { onSample: () => {}, onFailure: () => {} }
  await expect(measure([kernel('a', 'x')], plan, { ...services, signal }, events)).rejects.toThrow('stop')
})
