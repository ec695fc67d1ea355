/**
 * Slowdowns of known size: a chain of dependent multiplications and the same with 2 %, 5 % and 10 % more of them. How
 * many are told, against what the A/A pairs of the same campaign say can be.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localHost } from '../../../src/hosts/local.ts'
import { createLanes } from '../../../src/lanes/lanes.ts'
import { selfTest } from '../../../src/measure/judgement.ts'
import {
  type MeasuredBuild,
  type MeasuredKernel,
  measure,
  type RawSample,
} from '../../../src/measure/measure.ts'
import type { Comparison } from '../../../src/measure/statistics.ts'
import { linkBundle } from '../../../src/runner/link.ts'
import { objectOf, signature } from '../../integration/runner/objects.ts'
import { compared, PLAN, percent } from './bench-samples.ts'

const SIZES = Array.from({ length: 40 }, (_, i) => Math.round(400 * 1.07 ** i))
const ROUNDS = Number(process.env.XLAB_PERF_ROUNDS ?? 3)
const SLOWER = [0, 2, 5, 10]
const LEAST = 0.9

export async function run(): Promise<boolean> {
  const host = await localHost()
  const kernels = await Promise.all(SIZES.map(planted))
  const directory = mkdtempSync(join(tmpdir(), 'xlab-perf-'))
  const byKernel = new Map<string, RawSample[]>()
  try {
    for (let round = 0; round < ROUNDS; round++)
      for (let i = 0; i < kernels.length; i += 6)
        await measure(
          kernels.slice(i, i + 6),
          { ...PLAN, seed: 1 + round * 1000 },
          { host, lanes: createLanes(), link: linkBundle, directory },
          {
            onSample: sample => {
              const key = `${round} ${sample.kernel}`
              byKernel.set(key, [...(byKernel.get(key) ?? []), sample])
            },
            onFailure: ({ kernel, reason }) => console.log(`${kernel}: ${reason}`),
          },
        )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  const all = [...byKernel.values()]
  const of = (name: string, copy: boolean): Comparison[] =>
    all.flatMap(samples => {
      const found = compared(
        samples,
        s => s.build === name && s.copy === copy,
        s => s.build === '0' && !s.copy,
      )
      return found ? [found] : []
    })
  const test = selfTest(of('0', true))
  console.log(
    `A/A: ${test.falsePositives} of ${test.pairs} called different; resolution ${percent(test.resolution)}`,
  )
  let met = true
  for (const slower of SLOWER.filter(Boolean)) {
    const comparisons = of(String(slower), false)
    const told = comparisons.filter(({ state }) => state === 'slower').length / comparisons.length
    const expected = (test.resolution ?? 1) <= slower / 100
    console.log(
      `${slower} % slower: told in ${percent(told)} of ${comparisons.length}${expected ? ` (target ${percent(LEAST)})` : ' (below the resolution: no target)'}`,
    )
    met &&= !expected || told >= LEAST
  }
  return met && test.state === 'passed'
}

/** A chain of `steps` and slower ones; the first twice. */
async function planted(steps: number): Promise<MeasuredKernel> {
  const builds = await Promise.all(
    SLOWER.map(async (slower): Promise<MeasuredBuild> => {
      const object = await objectOf('chain', [`STEPS=${Math.round((steps * (100 + slower)) / 100)}`])
      return { hash: String(slower), link: id => ({ id, object, symbol: 'kernel' }) }
    }),
  )
  const [first] = builds
  return {
    id: `chain${steps}`,
    signature: signature({ flush: true }),
    builds: [...builds, ...(first ? [{ ...first, copy: true as const }] : [])],
  }
}
