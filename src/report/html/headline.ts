/** The question and the answer in a few plain sentences and figures: what one reads when one reads nothing else. */
import { geometricMean } from '../../measure/statistics.ts'
import type { Store } from '../../store/open.ts'
import type { AnswerRow } from '../../store/queries/named-queries.ts'
import type { Summary } from '../summary.ts'
import { type Cell, type Line, type Lines, passed } from './lines.ts'

/** A figure and what it says. */
export interface Tile {
  readonly figure: string
  readonly says: string
}

export interface Headline {
  readonly tiles: readonly Tile[]
  readonly sentences: readonly string[]
}

/** Proposers that choose by trial, with the words for them. */
const SEEKERS: readonly (readonly [family: string, name: string])[] = [
  ['llm', 'The language model'],
  ['random', 'Random choice'],
  ['search', 'Search'],
]

const UNJUDGED = new Set(['not judged', 'no answer'])

const belongs = (cell: Cell, family: string): boolean =>
  cell.proposer === family || cell.proposer.startsWith(`${family}:`)

export function headline(
  store: Store,
  { lines }: Lines,
  summary: readonly Summary[],
  best: readonly AnswerRow[],
): Headline {
  const models = store
    .prepare("SELECT count(DISTINCT model) FROM harvest WHERE state = 'complete'")
    .pluck()
    .get() as number
  const kernels = eachOnce(lines)
  const verdicts = lines.flatMap(line => line.cells.filter(({ verdict }) => !UNJUDGED.has(verdict)))
  const good = verdicts.filter(passed).length
  const small = gains(kernels, smallest)
  const fast = timeGains(best)
  return {
    tiles: [
      {
        figure: String(kernels.length),
        says: `kernels of XLA’s own code, from ${models} ${models === 1 ? 'model' : 'models'}`,
      },
      ...(verdicts.length > 0
        ? [
            {
              figure: `${good} of ${verdicts.length}`,
              says: 'judged builds give the same results as the kernel',
            },
          ]
        : []),
      ...(small
        ? [
            {
              figure: `${small.mean.toFixed(2)}×`,
              says: `XLA’s code size, taking each kernel’s smallest verified build`,
            },
          ]
        : []),
      ...(fast
        ? [
            {
              figure: `${fast.mean.toFixed(2)}×`,
              says: `XLA’s time, taking each kernel’s surely fastest verified build (${fast.faster} of ${fast.count} faster); ${fast.confirmed > 0 ? 'measured again by a campaign that chose nothing' : 'chosen on the same samples, which flatters'}`,
            },
          ]
        : []),
    ],
    sentences: [
      xlaAgainstOz(kernels),
      ...SEEKERS.map(([family, name]) => seeker(kernels, family, name)),
      time(summary, fast),
    ].filter(sentence => sentence !== ''),
  }
}

/** A kernel that is called with several signatures has a line for each; its builds are good if they are under all. */
function eachOnce(lines: readonly Line[]): Line[] {
  return [...Map.groupBy(lines, line => line.hash).values()].map(([first, ...others]) => {
    const failed = others.flatMap(line => line.cells.filter(cell => !passed(cell)))
    const worst = (cell: Cell): Cell => failed.find(({ proposer }) => proposer === cell.proposer) ?? cell
    return { ...(first as Line), cells: (first as Line).cells.map(worst) }
  })
}

const sizeOf = (cell: Cell | undefined): number | undefined =>
  cell && passed(cell) && cell.bytes !== null && cell.bytes > 0 ? cell.bytes : undefined

const smallest = (line: Line): number | undefined => {
  const sizes = line.cells.filter(cell => !cell.proposer.includes('(')).flatMap(cell => sizeOf(cell) ?? [])
  return sizes.length > 0 ? Math.min(...sizes) : undefined
}

/** Mean size over XLA's where both are known. */
function gains(
  lines: readonly Line[],
  size: (line: Line) => number | undefined,
): { mean: number } | undefined {
  const ratios = lines.flatMap(line => {
    const own = size(line)
    return own !== undefined && line.xlaBytes ? [own / line.xlaBytes] : []
  })
  return ratios.length > 0 ? { mean: geometricMean(ratios) } : undefined
}

interface TimeGains {
  readonly mean: number
  readonly faster: number
  readonly count: number
  /** Kernels whose faster build was measured again by a campaign that chose nothing; the mean is then of that. */
  readonly confirmed: number
}

/** Of the rows of query `best`. A choice flatters itself: the figure of its confirmation is the one to go by. */
function timeGains(best: readonly AnswerRow[]): TimeGains | undefined {
  const timed = best.filter(row => typeof row.ratio === 'number')
  if (timed.length === 0) return undefined
  const confirmed = timed.filter(row => typeof row.confirmed_ratio === 'number')
  const ratios =
    confirmed.length === 0
      ? timed.map(row => Number(row.ratio))
      : timed.map(row => (row.comparison === 'faster' ? Number(row.confirmed_ratio ?? 1) : 1))
  const faster = timed.filter(row => row.comparison === 'faster').length
  return { mean: geometricMean(ratios), faster, count: timed.length, confirmed: confirmed.length }
}

function xlaAgainstOz(lines: readonly Line[]): string {
  const ratios = lines.flatMap(line => {
    const oz = sizeOf(line.cells.find(cell => cell.proposer === 'opt:Oz'))
    return oz !== undefined && line.xlaBytes ? [line.xlaBytes / oz] : []
  })
  if (ratios.length === 0) return ''
  const larger = ratios.filter(ratio => ratio > 1).length
  return `Size: XLA’s own code is ${geometricMean(ratios).toFixed(2)} times as large as that of -Oz on average, and larger for ${larger} of ${ratios.length} kernels.`
}

/** What one that tries many builds gained over -Oz: never more than it was asked for in the denominator. */
function seeker(lines: readonly Line[], family: string, name: string): string {
  const asked = lines.filter(line => line.cells.some(cell => belongs(cell, family)))
  if (asked.length === 0)
    return family === 'llm' ? 'No language model was asked: xlab optimise --with llm asks one.' : ''
  const ratios = asked.flatMap(line => {
    const oz = sizeOf(line.cells.find(cell => cell.proposer === 'opt:Oz'))
    const own = line.cells.filter(cell => belongs(cell, family)).flatMap(cell => sizeOf(cell) ?? [])
    return oz !== undefined && own.length > 0 ? [Math.min(...own) / oz] : []
  })
  const wins = ratios.filter(ratio => ratio < 1)
  if (wins.length === 0)
    return `${name}’s best verified build is smaller than that of -Oz on none of the ${asked.length} kernels it was tried on (${ratios.length} with a verified build).`
  const share = ((100 * wins.length) / asked.length).toFixed(0)
  return `${name}’s best verified build is ${(100 * (1 - geometricMean(wins))).toFixed(1)} % smaller than that of -Oz on ${share} % of the ${asked.length} kernels it was tried on; with -Oz as the fallback that is ${(100 * (1 - geometricMean([...wins, ...Array(asked.length - wins.length).fill(1)]))).toFixed(2)} % over all of them.`
}

function time(summary: readonly Summary[], fast: TimeGains | undefined): string {
  if (!fast) return 'Time: nothing was measured yet; xlab bench does.'
  const known = summary.filter(
    row =>
      row.proposer !== 'xla' && row.time_ratio !== null && Number(row.measured) >= Math.min(5, fast.count),
  )
  const parts = known.slice(0, 4).map(row => {
    const low = Number(row.time_low)
    const high = Number(row.time_high)
    const word =
      row.time_low === null
        ? 'at'
        : high < 1
          ? 'faster, at'
          : low > 1
            ? 'slower, at'
            : 'not clearly different, at'
    const over = row.measured === fast.count ? '' : ` over ${row.measured} kernels`
    return `${row.proposer} is ${word} ${Number(row.time_ratio).toFixed(2)}× XLA’s time${over}`
  })
  return `Time: ${parts.join('; ')}. Another build than XLA’s is surely faster for ${fast.faster} of the ${fast.count} kernels that were timed.`
}
