/** Who won: paired ratios over kernels, with the interval another draw of kernels like these would give. Pure. */
import { geometricMeanInterval } from '../../measure/statistics.ts'

export interface Contest {
  readonly kernels: number
  /** Geometric mean of the model's value over random's; below 1 the model is better. */
  readonly ratio: number
  /** 95 % interval, Student's t on the logs of the kernels' ratios. */
  readonly low: number
  readonly high: number
  readonly winner: 'llm' | 'random' | 'neither'
}

/** The model's values against random's on the same kernels; undefined without a kernel. One kernel decides nothing. */
export function contest(pairs: readonly (readonly [llm: number, random: number])[]): Contest | undefined {
  if (pairs.length === 0) return undefined
  const { mean, low, high } = geometricMeanInterval(pairs.map(([llm, random]) => llm / random))
  const winner = high < 1 ? 'llm' : low > 1 ? 'random' : 'neither'
  return { kernels: pairs.length, ratio: mean, low, high, winner }
}

/** Of the best known gain over the baseline, the share reached, in logs over all kernels; undefined where there is no gain. */
export function shareOfBest(
  pairs: readonly (readonly [reached: number, best: number])[],
): number | undefined {
  const gain = (ratios: readonly number[]): number => -ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0)
  const possible = gain(pairs.map(([, best]) => best))
  return possible > 0 ? gain(pairs.map(([reached]) => reached)) / possible : undefined
}
