/** Options of `xlab optimise` that say how to explore: metric, budget, seed, and which language model. */

import type { EngineKind } from '../compile/builder.ts'
import { unknownName, usageError } from '../errors.ts'
import type { ExploreOptions } from '../optimise/proposer.ts'
import type { Options } from './command.ts'
import { wholeNumber } from './numbers.ts'

const METRICS: readonly ExploreOptions['metric'][] = ['size', 'time']
const ENGINES: readonly EngineKind[] = ['in-process', 'spawn']

/** Throws a usage error for what makes no sense. */
export function exploreOptions(options: Options): ExploreOptions {
  const { budget, samples, rounds } = options
  return {
    metric: oneOf(METRICS, '--metric', options.metric ?? 'size'),
    budget: budget === undefined ? {} : parseBudget(String(budget)),
    seed: wholeNumber(options.seed ?? '1', '--seed', 0),
    samples: samples === undefined ? undefined : wholeNumber(samples, '--samples', 1, 10_000),
    strategy: text(options.strategy),
    rounds: rounds === undefined ? undefined : wholeNumber(rounds, '--rounds', 0, 20),
    llm: text(options.llm),
    llmModel: text(options.llmModel),
    dialect: text(options.dialect),
    record: text(options.record),
  }
}

export const engineOf = (options: Options): EngineKind =>
  oneOf(ENGINES, '--engine', options.engine ?? 'in-process')

const SECONDS = { s: 1, m: 60, h: 3600 } as const

/** `1000` are candidates for each kernel; `90s`, `10m`, `2h` are time for all of them. */
export function parseBudget(typed: string): ExploreOptions['budget'] {
  const [, digits, unit] = /^(\d{1,9})\s*([smh]?)$/.exec(typed.trim()) ?? []
  const amount = Number(digits ?? 0)
  if (amount < 1)
    throw usageError(
      `--budget takes candidates for each kernel (1000) or time (90s, 10m, 2h), not '${typed}'`,
    )
  return unit ? { seconds: amount * SECONDS[unit as keyof typeof SECONDS] } : { candidates: amount }
}

function oneOf<T extends string>(known: readonly T[], option: string, typed: unknown): T {
  const found = known.find(name => name === typed)
  if (found === undefined) throw unknownName(`value of ${option}`, String(typed), known)
  return found
}

const text = (value: Options[string]): string | undefined => (typeof value === 'string' ? value : undefined)
