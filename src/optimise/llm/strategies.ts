/** Every strategy, keyed by the word behind `--strategy` and in the database. To add one: a file and a line here. */
import { unknownName } from '../../errors.ts'
import { passes } from './passes/passes.ts'
import { rewrite } from './rewrite/rewrite.ts'
import type { Strategy } from './strategy.ts'

const STRATEGIES: readonly Strategy[] = [passes, rewrite]

/** The strategy of a word, `passes` unless said. Throws a usage error with the nearest names. */
export function strategyNamed(typed: string | undefined): Strategy {
  const name = typed ?? 'passes'
  const found = STRATEGIES.find(strategy => strategy.name === name)
  if (found === undefined)
    throw unknownName(
      'strategy',
      name,
      STRATEGIES.map(strategy => strategy.name),
    )
  return found
}
