/**
 * Identical code under two names, a thousand times: how often it is called different, and how small a difference this
 * machine can tell. Every build of a verified database (XLAB_PERF_DB) once, more often until there are enough.
 */
import type { Work } from '../../../src/bench/group.ts'
import { halfWidth, selfTest } from '../../../src/measure/judgement.ts'
import { median } from '../../../src/measure/statistics.ts'
import { compared, PLAN, percent, samplesOf, withKernels } from './bench-samples.ts'

const PAIRS = Number(process.env.XLAB_PERF_PAIRS ?? 1000)
const MOST_FALSE = 0.05

export const run = (): Promise<boolean> =>
  withKernels(async (services, kernels) => {
    const single = kernels.flatMap(({ kernel }) =>
      kernel.builds.map((build): Work => ({ kernel: { ...kernel, builds: [build] }, copied: build.hash })),
    )
    const comparisons = []
    const started = performance.now()
    for (let round = 0; comparisons.length < PAIRS; round++) {
      const plan = { ...PLAN, seed: 1 + 1000 * round }
      for (const samples of await samplesOf(single.slice(0, PAIRS - comparisons.length), plan, services)) {
        const comparison = compared(
          samples,
          s => s.copy,
          s => !s.copy,
        )
        if (comparison) comparisons.push(comparison)
      }
      if (single.length === 0) break
    }
    const test = selfTest(comparisons)
    const rate = test.falsePositives / test.pairs
    const widths = comparisons.map(halfWidth).sort((a, b) => a - b)
    const at = (share: number): string => percent(widths[Math.floor(share * (widths.length - 1))])
    console.log(`${test.pairs} A/A comparisons in ${((performance.now() - started) / 1000).toFixed(0)} s`)
    console.log(`false positives: ${test.falsePositives}, ${percent(rate)} (target ${percent(MOST_FALSE)})`)
    console.log(
      `median half-width: ${percent(median(widths))}; a tenth below ${at(0.1)}, a tenth above ${at(0.9)}`,
    )
    console.log(`smallest difference told nine times in ten: ${percent(test.resolution)}`)
    return test.pairs >= PAIRS && rate <= MOST_FALSE
  })
