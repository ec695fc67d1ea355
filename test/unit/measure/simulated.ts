/** Samples of two builds on a simulated machine, whose noise at each level is known. */
import { randomIntegers, type TimedSample } from '../../../src/measure/statistics.ts'

/** Standard normal values that follow from a seed (Box and Muller). */
export function normal(seed: number): () => number {
  const random = randomIntegers(seed)
  const uniform = (): number => (random() + 0.5) / 2 ** 32
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

export interface World {
  readonly links: number
  readonly processes: number
  readonly pairs: number
  readonly ratio: number
  /** Standard deviations of the logs at each level; `drift` moves both sides of a pair alike. */
  readonly link: number
  readonly process: number
  readonly pair: number
  readonly drift: number
}
export const quiet: World = {
  links: 4,
  processes: 2,
  pairs: 10,
  ratio: 1,
  link: 0,
  process: 0,
  pair: 0.01,
  drift: 0,
}

export function simulated(
  world: World,
  seed: number,
): { candidate: TimedSample[]; reference: TimedSample[] } {
  const noise = normal(seed)
  const candidate: TimedSample[] = []
  const reference: TimedSample[] = []
  for (let link = 0; link < world.links; link++) {
    const ofLink = noise() * world.link
    for (let process = 0; process < world.processes; process++) {
      const ofProcess = noise() * world.process
      for (let pair = 0; pair < world.pairs; pair++) {
        const base = 100 * Math.exp(noise() * world.drift)
        reference.push({ link, process, pair, value: base })
        const log = Math.log(world.ratio) + ofLink + ofProcess + noise() * world.pair
        candidate.push({ link, process, pair, value: base * Math.exp(log) })
      }
    }
  }
  return { candidate, reference }
}
