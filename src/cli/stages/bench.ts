/** `xlab bench`: measures what agrees, and prints the comparison. */
import type { Aim } from '../../bench/campaign.ts'
import { estimateCycles } from '../../bench/cycles.ts'
import { type CountOutcome, countInstructions } from '../../bench/emulated.ts'
import { type Forecast, forecast } from '../../bench/forecast.ts'
import { type BenchOptions, type BenchOutcome, bench } from '../../bench/stage.ts'
import { EXIT, type ExitCode } from '../../errors.ts'
import type { HostEntry } from '../../hosts/registry.ts'
import { ensureToolchain } from '../../llvm/toolchain.ts'
import { log, plural } from '../../log.ts'
import type { Plan } from '../../measure/measure.ts'
import { type Column, printTable } from '../../report/format.ts'
import { selfTestWarnings } from '../../report/self-test.ts'
import { type Summary, summarise } from '../../report/summary.ts'
import type { Options } from '../command.ts'
import type { Context } from '../context.ts'
import { duration, percentage, wholeNumber } from '../numbers.ts'
import { requireKernels, requireSome } from '../selection.ts'
import { hostsOf, onEach } from './on-hosts.ts'

export async function run(_args: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  const entries = hostsOf(options.host, context.settings())
  const aim = aimOf(options)
  const filter = typeof options.filter === 'string' ? options.filter : undefined
  requireKernels(context.readOnlyStore(), filter)
  requireSome(context.readOnlyStore(), 'verdict')
  const timed = entries.filter(entry => !entry.emulated)
  if (options.dryRun === true) return await dryRun(timed, { ...aim, filter }, context)
  const store = context.store()
  const lanes = context.lanes()
  const { signal } = context
  const failed = await onEach(entries, context, async host => {
    const started = performance.now()
    const services = { store, host, lanes, signal }
    if (host.emulated) return tellCounted(host.name, await countInstructions(services, filter))
    const outcome = await bench(services, { ...aim, filter })
    tell(host.name, outcome, (performance.now() - started) / 1000)
    return outcome.failures.length > 0
  })
  await estimateCycles({ store, toolchain: await ensureToolchain({ signal }), lanes, signal }, filter)
  if (timed.length < entries.length) log.info("counts and sizes of all targets: 'xlab query targets'")
  if (timed.length > 0) {
    for (const warning of selfTestWarnings(store)) log.warn(warning)
    printSummary(summarise(store, filter))
  }
  return failed ? EXIT.partly : EXIT.ok
}

/**
 * Where the linker puts a function moves its time as much as a new process does, and a new link gives both: links are what
 * an interval wants most. docs/measurement.md has the figures.
 */
function aimOf(options: Options): Aim & Pick<BenchOptions, 'confirm'> {
  const plan: Plan = {
    links: wholeNumber(options.links, '--links'),
    processes: wholeNumber(options.processes, '--processes'),
    pairs: wholeNumber(options.pairs, '--pairs'),
    seed: wholeNumber(options.seed, '--seed', 0),
    cold: wholeNumber(options.cold, '--cold', 0, 1000),
    minSampleNs: 300_000,
    limitMs: 4000,
  }
  return {
    plan,
    precision: percentage(options.precision, '--precision'),
    delta: percentage(options.delta, '--delta'),
    budgetMs: duration(options.budget, '--budget') * 1000,
    confirm: options.confirm === undefined ? 'after' : options.confirm ? 'only' : 'never',
  }
}

/** Says what would run, where, and about how long; changes nothing. */
async function dryRun(
  entries: readonly HostEntry[],
  options: Aim & { readonly filter: string | undefined },
  context: Context,
): Promise<ExitCode> {
  const rows: Forecast[] = []
  if (entries.length === 0) log.info('emulated hosts count instructions, seconds a build; they take no times')
  await onEach(entries, context, async host => {
    rows.push(await forecast(context.readOnlyStore(), host, options))
    return false
  })
  printTable(
    rows.map(row => ({ ...row })),
    [
      'host',
      'kernels',
      'builds',
      'aa_pairs',
      'executables',
      'samples',
      'minutes',
      'at_most_minutes',
      'state',
    ].map(name => ({
      name,
      ...(name.endsWith('minutes') && { digits: 1 }),
    })),
  )
  log.info('nothing was run; minutes are for the first pass, and at most with what --budget allows')
  return EXIT.ok
}

/** True when something could not be counted. */
function tellCounted(host: string, { kernels, counted, failures }: CountOutcome): boolean {
  if (kernels === 0) log.info(`${host}: nothing to count; all that passed is counted`)
  else
    log.info(
      `${host} is emulated, and times mean nothing there: counted the instructions of ${plural(counted, 'build')}`,
    )
  warnOf(failures)
  return failures.length > 0
}

function tell(host: string, outcome: BenchOutcome, seconds: number): void {
  const { kernels, samples, disturbed, failures, confirmed, uncertain, test } = outcome
  if (kernels + confirmed > 0)
    log.info(
      `${host}: ${plural(kernels, 'kernel')}, ${confirmed} confirmed, ${plural(samples, 'sample')} in ${seconds.toFixed(0)} s, ${((100 * disturbed) / Math.max(1, samples)).toFixed(0)} % of them disturbed to the last try`,
    )
  else log.info(`${host}: nothing to measure; all that passed is measured as exactly as asked`)
  if (test?.resolution !== undefined)
    log.info(
      `${host} tells differences of ${(100 * test.resolution).toFixed(1)} % nine times in ten; of ${plural(test.pairs, 'A/A pair')} it called ${test.falsePositives} different`,
    )
  if (uncertain > 0)
    log.info(
      `${plural(uncertain, 'kernel')} known less exactly than --precision asks when --budget was spent: the same command measures on`,
    )
  warnOf(failures)
}

function warnOf(failures: CountOutcome['failures']): void {
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
    { name: 'total_ratio', title: 'in all', digits: 3 },
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
    "size and time: geometric means of ratios to XLA's own object; in all: all kernels' time together; below 1 is better",
  )
  log.info("more: 'xlab query results', 'best', 'modules'; 'xlab show KERNEL'; 'xlab report'")
}
