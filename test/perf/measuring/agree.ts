/** Two campaigns of the same thing, with other seeds: how often the interval of their difference contains none. */
import { comparable, comparisonsOf, tellAgreement, withKernels } from './bench-samples.ts'

const KERNELS = Number(process.env.XLAB_PERF_KERNELS ?? 100)

export const run = (): Promise<boolean> =>
  withKernels(async (services, all) => {
    const works = comparable(all, KERNELS)
    const first = await comparisonsOf(works, 1, services)
    return tellAgreement(first, await comparisonsOf(works, 7_000_001, services))
  })
