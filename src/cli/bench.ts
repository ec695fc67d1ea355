/** `xlab bench`: measures what agrees, and prints the comparison. */
import { type BenchOutcome, bench } from '../bench/stage.ts'
import { EXIT, type ExitCode, usageError } from '../errors.ts'
import { log } from '../log.ts'
import type { Plan } from '../measure/measure.ts'
import { type Column, printTable } from '../report/format.ts'
import { type Summary, summarise } from '../report/summary.ts'
import type { Options } from './command.ts'
import type { Context } from './context.ts'
import { wholeNumber } from './numbers.ts'
import { hostsOf, onEach } from './on-hosts.ts'
import { requireKernels, requireSome } from './selection.ts'

export async function run(_args: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  const entries = hostsOf(options.host, context.settings())
  const emulated = entries.find(entry => entry.emulated)
  if (emulated)
    throw usageError(`${emulated.name} is emulated: times mean nothing there`, 'measure on a real host')
  const plan = planOf(options)
  const filter = typeof options.filter === 'string' ? options.filter : undefined
  requireKernels(context.readOnlyStore(), filter)
  requireSome(context.readOnlyStore(), 'verdict')
  const store = context.store()
  const lanes = context.lanes()
  const { signal } = context
  const failed = await onEach(entries, context, async host => {
    const started = performance.now()
    const outcome = await bench({ store, host, lanes, signal }, { plan, filter })
    tell(host.name, outcome, (performance.now() - started) / 1000)
    return outcome.failures.length > 0
  })
  printSummary(summarise(store, filter))
  return failed ? EXIT.partly : EXIT.ok
}

/**
 * Measured on small kernels of a CNN: where the linker puts a function moves its time by more (median 2 %, often 10 %)
 * than the process does (1 %), so links are what an interval wants most.
 */
function planOf(options: Options): Plan {
  return {
    links: wholeNumber(options.links, '--links'),
    processes: wholeNumber(options.processes, '--processes'),
    pairs: wholeNumber(options.pairs, '--pairs'),
    seed: wholeNumber(options.seed, '--seed', 0),
    minSampleNs: 500_000,
    limitMs: 4000,
  }
}

function tell(host: string, outcome: BenchOutcome, seconds: number): void {
  const { kernels, samples, failures } = outcome
  if (kernels > 0) log.info(`${host}: ${kernels} kernels, ${samples} samples in ${seconds.toFixed(0)} s`)
  else log.info(`${host}: nothing to measure; all that passed is measured`)
  for (const { kernel, build, reason } of failures.slice(0, 10))
    log.warn(`${kernel}: build ${build.slice(0, 12)} could not be measured: ${reason}`)
  if (failures.length > 10) log.info(`… and ${failures.length - 10} more; see 'xlab query failures'`)
}

/** The summary, narrow enough for a terminal; all of it is `xlab query summary`. */
function printSummary(rows: readonly Summary[]): void {
  const columns: Column[] = [
    { name: 'proposer', title: 'by' },
    { name: 'attempted', title: 'tried' },
    { name: 'failed' },
    { name: 'size_ratio', title: 'size', digits: 3 },
    { name: 'time_ratio', title: 'time', digits: 3 },
    { name: 'interval', title: '95 %' },
    { name: 'faster' },
    { name: 'slower' },
    { name: 'alike', title: 'same' },
    { name: 'inconclusive', title: 'unclear' },
    ...['target', 'host']
      .filter(name => new Set(rows.map(row => row[name])).size > 1)
      .map(name => ({ name })),
  ]
  const shown = rows.map(({ time_low: low, time_high: high, same, twins, ...row }) => ({
    ...row,
    alike: Number(same) + Number(twins),
    interval:
      typeof low === 'number' && typeof high === 'number' && low < high
        ? `${low.toFixed(3)}–${high.toFixed(3)}`
        : '',
  }))
  printTable(shown, columns)
  log.info(
    "size and time: geometric means of ratios to XLA's own object, below 1 is better; kernels faster, slower, …",
  )
  log.info("more: 'xlab query results', 'best', 'modules'; 'xlab show KERNEL'; 'xlab report'")
}
