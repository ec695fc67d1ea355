/** `xlab optimise`: makes builds of the kernels, one for each proposer and target. */

import { EXIT, type ExitCode } from '../../errors.ts'
import { ensureToolchain } from '../../llvm/toolchain.ts'
import { log } from '../../log.ts'
import { parseProposers } from '../../optimise/registry.ts'
import { optimise } from '../../optimise/stage.ts'
import type { Tally } from '../../optimise/tally.ts'
import { printTable } from '../../report/format.ts'
import type { Options } from '../command.ts'
import type { Context } from '../context.ts'
import { engineOf, exploreOptions } from '../explore-options.ts'
import { jobsOf } from '../numbers.ts'
import { requireKernels } from '../selection.ts'
import { targetNamed } from './on-hosts.ts'

export async function run(_args: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  const proposers = parseProposers(text(options.with) ?? '', {
    ...exploreOptions(options),
    llms: context.settings().llms,
  })
  const engine = engineOf(options)
  const filter = text(options.filter)
  const jobs = jobsOf(options.jobs)
  requireKernels(context.readOnlyStore(), filter)
  const toolchain = await ensureToolchain({ llvm: text(options.llvm), signal: context.signal })
  const names = [...new Set((text(options.target) ?? 'native').split(',').map(name => name.trim()))]
  const targets = await Promise.all(names.map(name => targetNamed(name, toolchain, context)))
  const started = performance.now()
  const tallies = await optimise(
    { proposers, targets, filter, engine, workers: jobs, twice: options.checkDeterminism === true },
    { store: context.store(), toolchain, lanes: context.lanes(jobs), signal: context.signal },
  )
  printTallies(tallies)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  log.info(`LLVM ${toolchain.version}; ${seconds} s`)
  return tallies.some(tally => tally.broken + tally.failed > 0) ? EXIT.partly : EXIT.ok
}

/** What came of each proposer on standard output, and why of what did not on standard error. */
function printTallies(tallies: readonly Tally[]): void {
  const rows = tallies.map(({ reasons: _, none, ...tally }) => ({ ...tally, unavailable: none }))
  printTable(rows, ['proposer', 'target', 'made', 'known', 'broken', 'failed', 'unavailable'])
  for (const { proposer, reasons } of tallies)
    for (const [why, kernels] of [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 5))
      log.info(`${proposer}: ${kernels} ${kernels === 1 ? 'kernel' : 'kernels'}: ${why.split('\n')[0]}`)
}

const text = (value: Options[string]): string | undefined => (typeof value === 'string' ? value : undefined)
