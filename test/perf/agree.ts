/** Two campaigns of the same thing, with other seeds: how often the interval of their difference contains none. */
import { agree } from '../../src/measure/judgement.ts'
import { referenceOf } from '../../src/store/measurements/measurements.ts'
import { compared, PLAN, percent, samplesOf, withKernels } from './bench-samples.ts'

const KERNELS = Number(process.env.XLAB_PERF_KERNELS ?? 100)
const LEAST = 0.95

export const run = (): Promise<boolean> =>
  withKernels(async (services, all) => {
    const works = all
      .filter(({ kernel }) => kernel.builds.length > 1 && referenceOf(kernel.builds))
      .slice(0, KERNELS)
    const campaigns = []
    for (const seed of [1, 7_000_001]) {
      const found = new Map<string, NonNullable<ReturnType<typeof compared>>>()
      for (const samples of await samplesOf(works, { ...PLAN, seed }, services)) {
        const hashes = new Set(samples.map(({ build }) => build))
        const work = works.find(({ kernel }) => kernel.builds.some(({ hash }) => hashes.has(hash)))
        const reference = work && referenceOf(work.kernel.builds)?.hash
        for (const hash of hashes) {
          if (hash === reference) continue
          const comparison = compared(
            samples,
            s => s.build === hash,
            s => s.build === reference,
          )
          if (comparison) found.set(`${work?.kernel.signatureHash} ${hash}`, comparison)
        }
      }
      campaigns.push(found)
    }
    const [first, second] = campaigns
    const both = [...(first ?? [])].flatMap(([key, one]) => {
      const other = second?.get(key)
      return other ? [agree(one, other)] : []
    })
    const share = both.filter(Boolean).length / both.length
    console.log(`${both.length} comparisons made twice agree in ${percent(share)} (target ${percent(LEAST)})`)
    return both.length > 0 && share >= LEAST
  })
