/** For the programs that measure measuring: kernels of a database, or planted ones, through the same code as bench. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roundsOf } from '../../../src/bench/campaign.ts'
import { type BenchServices, measureGroup, together, type Work } from '../../../src/bench/group.ts'
import { measurableOn } from '../../../src/bench/stage.ts'
import { DEFAULT_DB } from '../../../src/config/paths.ts'
import { localHost } from '../../../src/hosts/local.ts'
import { createLanes } from '../../../src/lanes/lanes.ts'
import { agree } from '../../../src/measure/judgement.ts'
import { type Plan, type RawSample, timedSample } from '../../../src/measure/measure.ts'
import { type Comparison, compare } from '../../../src/measure/statistics.ts'
import { hostId } from '../../../src/store/measurements/hosts.ts'
import { referenceOf } from '../../../src/store/measurements/measurements.ts'
import { openStore } from '../../../src/store/open.ts'

/** What bench does unless told otherwise. */
export const PLAN: Plan = { links: 24, processes: 1, pairs: 6, minSampleNs: 300_000, limitMs: 4000, seed: 1 }

const AGREEING = 0.95

/** Works on a copy of a verified database: XLAB_PERF_DB, or the default one. */
export async function onCopy<T>(work: (db: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'xlab-perf-'))
  const db = join(folder, 'copy.db')
  try {
    copyFileSync(process.env.XLAB_PERF_DB ?? DEFAULT_DB, db)
    return await work(db)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The services of bench on this machine, over a copy of the database, and all that can be measured in it. */
export async function withKernels<T>(
  work: (services: BenchServices, kernels: Work[]) => Promise<T>,
): Promise<T> {
  return await onCopy(async db => {
    const store = openStore(db)
    try {
      const host = await localHost()
      const facts = await host.describe()
      const id = hostId(store, { ...host, ...facts })
      const kernels = measurableOn({ store, host }, id).map(kernel => ({ kernel }))
      const signal = new AbortController().signal
      return await work({ store, host, lanes: createLanes(), signal }, kernels)
    } finally {
      store.close()
    }
  })
}

/** Measures the work round by round, as a campaign does. */
export async function samplesOf(
  works: readonly Work[],
  plan: Plan,
  services: BenchServices,
): Promise<RawSample[][]> {
  const groups = together(works)
  const rounds = roundsOf(plan)
  const all: RawSample[] = []
  for (const [r, round] of rounds.entries())
    for (const [g, group] of groups.entries()) {
      const { samples, failures } = await measureGroup(group, round, services, () => {})
      for (const { kernel, reason } of failures) console.log(`${kernel}: ${reason}`)
      for (const sample of samples)
        if (sample.metric === 'time') all.push({ ...sample, kernel: `${g} ${sample.kernel}` })
      process.stderr.write(`\rround ${r + 1} of ${rounds.length}, group ${g + 1} of ${groups.length} `)
    }
  process.stderr.write('\n')
  return [...Map.groupBy(all, ({ kernel }) => kernel).values()]
}

/** One of a kernel's builds against another, by its samples. */
export const compared = (
  samples: readonly RawSample[],
  candidate: (sample: RawSample) => boolean,
  reference: (sample: RawSample) => boolean,
): Comparison | undefined => {
  const timed = (which: (sample: RawSample) => boolean) => samples.filter(which).map(timedSample)
  return compare(timed(candidate), timed(reference))
}

/** Every build of the works against XLA's own, by signature and build. */
export async function comparisonsOf(
  works: readonly Work[],
  seed: number,
  services: BenchServices,
): Promise<Map<string, Comparison>> {
  const found = new Map<string, Comparison>()
  for (const samples of await samplesOf(works, { ...PLAN, seed }, services)) {
    const hashes = new Set(samples.map(({ build }) => build))
    const work = works.find(({ kernel }) => kernel.builds.some(({ hash }) => hashes.has(hash)))
    const reference = work && referenceOf(work.kernel.builds)?.hash
    for (const hash of hashes) {
      const comparison = compared(
        samples,
        s => s.build === hash,
        s => s.build === reference,
      )
      if (comparison && hash !== reference) found.set(`${work?.kernel.signatureHash} ${hash}`, comparison)
    }
  }
  return found
}

/** Kernels that have something to compare, a part of them spread over all. */
export function comparable(works: readonly Work[], count: number): Work[] {
  const all = works.filter(({ kernel }) => kernel.builds.length > 1 && referenceOf(kernel.builds))
  return all.filter(
    (_, i) => Math.floor((i * count) / all.length) < Math.floor(((i + 1) * count) / all.length),
  )
}

/** Prints how many comparisons made twice agree, and whether that is as often as 95 % intervals promise. */
export function tellAgreement(
  first: ReadonlyMap<string, Comparison>,
  second: ReadonlyMap<string, Comparison>,
): boolean {
  const both = [...first].flatMap(([key, one]) => {
    const other = second.get(key)
    return other ? [agree(one, other)] : []
  })
  const share = both.filter(Boolean).length / both.length
  console.log(
    `${both.length} comparisons made twice agree in ${percent(share)} (target ${percent(AGREEING)})`,
  )
  return both.length > 0 && share >= AGREEING
}

export const percent = (fraction: number | undefined): string =>
  `${(100 * (fraction ?? Number.NaN)).toFixed(2)} %`
