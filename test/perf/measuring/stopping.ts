/**
 * What it costs to stop when an interval is narrow: the samples that decide when to stop are those that are judged.
 * A/A pairs on simulated machines, whose links differ by heavy-tailed effects, through the rule of a campaign; nothing is run.
 */
import { MORE_LINKS } from '../../../src/bench/campaign.ts'
import { halfWidth } from '../../../src/measure/judgement.ts'
import { type Comparison, compare, type TimedSample } from '../../../src/measure/statistics.ts'
import { normal } from '../../unit/measure/simulated.ts'
import { PLAN, percent } from './bench-samples.ts'

const PAIRS = Number(process.env.XLAB_PERF_PAIRS ?? 2000)
const PRECISION = 0.02
/** Where a budget ends, at the latest. */
const MOST_LINKS = 60
const MOST_FALSE = 0.06

/** What a placement does to a function's time (log), drawn from standard normal values. */
type Effect = (noise: () => number) => number

/** Student's t with three degrees of freedom, scaled. */
const heavy =
  (scale: number): Effect =>
  noise =>
    (scale * noise()) / Math.sqrt((noise() ** 2 + noise() ** 2 + noise() ** 2) / 3)

/** Links differ by their first figure, processes by their second, samples by the last: standard deviations of logs. */
const MACHINES: Readonly<Record<string, { link: Effect; process: Effect; pair: number }>> = {
  'quiet, placement matters little': { link: heavy(0.004), process: heavy(0.002), pair: 0.01 },
  'placement matters': { link: heavy(0.02), process: heavy(0.01), pair: 0.02 },
  'one placement in five is slow': {
    link: noise => (noise() > 0.84 ? 0.06 : 0) + heavy(0.003)(noise),
    process: heavy(0.003),
    pair: 0.02,
  },
  'busy: samples differ by much': { link: heavy(0.005), process: heavy(0.005), pair: 0.08 },
}

export async function run(): Promise<boolean> {
  let met = true
  for (const [name, machine] of Object.entries(MACHINES)) {
    const outcomes = Array.from({ length: PAIRS }, (_, i) => campaign(machine, i))
    const refined = outcomes.filter(({ links }) => links > PLAN.links)
    const rate = (of: readonly Comparison[]): number =>
      of.filter(({ state }) => state === 'faster' || state === 'slower').length / of.length
    const plain = rate(outcomes.map(({ first }) => first))
    const stopped = rate(outcomes.map(({ last }) => last))
    console.log(
      `${name}: ${percent(plain)} called different after ${PLAN.links} links, ${percent(stopped)} at the end (target ${percent(MOST_FALSE)}); ${percent(refined.length / PAIRS)} measured on${refined.length > 0 ? `, ${percent(rate(refined.map(({ last }) => last)))} of these` : ''}`,
    )
    met &&= Math.max(plain, stopped) <= MOST_FALSE
  }
  return met
}

/** One A/A pair: what is said after the first links, and when the interval is narrow enough or the budget spent. */
function campaign(
  { link, process, pair }: (typeof MACHINES)[string],
  seed: number,
): { first: Comparison; last: Comparison; links: number } {
  const noise = normal(seed + 1)
  const sides: [TimedSample[], TimedSample[]] = [[], []]
  const measureTo = (links: number): Comparison => {
    for (let l = ((sides[0].at(-1)?.link as number | undefined) ?? -1) + 1; l < links; l++)
      for (const samples of sides) {
        const place = link(noise)
        for (let p = 0; p < PLAN.processes; p++) {
          const ofProcess = process(noise)
          for (let at = 0; at < PLAN.pairs; at++)
            samples.push({
              link: l,
              process: p,
              pair: at,
              value: Math.exp(place + ofProcess + (pair / Math.SQRT2) * noise()),
            })
        }
      }
    const comparison = compare(...sides)
    if (!comparison) throw new Error('nothing was simulated')
    return comparison
  }
  const first = measureTo(PLAN.links)
  let links = PLAN.links
  let last = first
  while (halfWidth(last) > PRECISION && links < MOST_LINKS) {
    links += MORE_LINKS
    last = measureTo(links)
  }
  return { first, last, links }
}
