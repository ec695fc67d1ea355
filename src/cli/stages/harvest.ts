/** `xlab harvest`: runs models and collects every kernel XLA emits, or takes in a dump folder. */
import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { userPath } from '../../config/paths.ts'
import { EXIT, type ExitCode, usageError } from '../../errors.ts'
import type { IngestServices, IngestSummary } from '../../harvest/ingest.ts'
import { normaliseXlaFlags } from '../../harvest/runtime/flags.ts'
import {
  chooseRuntime,
  type HarvestEvent,
  listModels,
  type Runtime,
  resolveModel,
} from '../../harvest/runtime/runtime.ts'
import { type HarvestResult, harvestFolder, harvestModel } from '../../harvest/stage.ts'
import { forAll } from '../../lanes/lanes.ts'
import { openReader } from '../../llvm/reading/reader.ts'
import { ensureToolchain } from '../../llvm/toolchain.ts'
import { log, progress } from '../../log.ts'
import { printTable } from '../../report/format.ts'
import { cutCommand, endDeadHarvests } from '../../store/kernels/harvests.ts'
import type { CommandModule, Options } from '../command.ts'
import type { Context } from '../context.ts'
import { jobsOf, wholeNumber } from '../numbers.ts'

/** Models run at once unless the user says otherwise: each times its calls, and wants a core beside it that is idle. */
const MODELS_AT_ONCE = Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2)))
const SEED = 1
/** A week. Timers count milliseconds in 31 bits. */
const MOST_SECONDS = 604_800

export const run: CommandModule['run'] = async (args, options, context) => {
  const results =
    options.from === undefined ? await models(args, options, context) : await folder(args, options, context)
  report(results)
  return exitCode(results)
}

async function folder(args: readonly string[], options: Options, context: Context): Promise<HarvestResult[]> {
  if (args.length > 0) throw usageError('--from takes a dump instead of models', 'leave out one of them')
  const dir = userPath(String(options.from))
  const found = statSync(dir, { throwIfNoEntry: false })
  if (!found) throw usageError(`no folder at ${dir}`, '--from takes a folder that XLA dumped into')
  if (!found.isDirectory())
    throw usageError(`${dir} is a file, not a dump folder`, "take in single files with 'xlab import'")
  const services = await open(context)
  const shown = progress('ingest', undefined)
  try {
    return [await harvestFolder(dir, { ...services, onModule: total => shown.step(`of ${total} modules`) })]
  } finally {
    shown.done()
  }
}

async function models(args: readonly string[], options: Options, context: Context): Promise<HarvestResult[]> {
  if (args.length === 0)
    throw usageError(
      'which model?',
      `name one or more: ${listModels()
        .map(model => model.name)
        .join(', ')}, a Python file, a .keras file or a SavedModel folder`,
    )
  const kind = runtimeKind(options.runtime)
  const xlaFlags = normaliseXlaFlags(typeof options.xlaFlags === 'string' ? options.xlaFlags : '')
  const timeLimitSeconds = wholeNumber(options.timeLimit ?? '600', '--time-limit', 1, MOST_SECONDS)
  const jobs = jobsOf(options.jobs)
  const refs = await Promise.all([...new Set(args)].map(resolveModel))
  const runtime = await chooseRuntime(kind, {
    signal: context.signal,
    ...(typeof options.image === 'string' && { image: options.image }),
  })
  const [services] = await Promise.all([open(context), runtime.prepare()])
  services.reader.warm()
  const work = `${runtime.kind} ${options.image ?? ''} ${xlaFlags} @ `
  const cut = cutCommand(
    services.store,
    refs.map(({ name }) => name),
    work,
  )
  const todo = refs.filter(({ name }) => !cut?.finished.includes(name))
  if (todo.length < refs.length)
    log.info(`going on where this was interrupted: ${cut?.finished.join(', ')} already harvested`)
  const command = cut?.command ?? work + new Date().toISOString()
  const results: HarvestResult[] = []
  const lanes = context.lanes(jobs ?? MODELS_AT_ONCE)
  const shown = progress('harvest', todo.length)
  try {
    await forAll(lanes, todo, context.signal, async model => {
      const onEvent = (event: HarvestEvent): void => {
        const said = saying(event)
        if (said !== undefined) shown.say(`${model.name}: ${said}`)
      }
      const request = { model, xlaFlags, timeLimitSeconds, seed: SEED, command, onEvent }
      const result = await harvestModel(request, runtime, services)
      results.push(result)
      announce(result, runtime)
      shown.failures(results.filter(({ state }) => state === 'failed').length)
      shown.step(model.name)
    })
  } finally {
    shown.done()
  }
  return refs.flatMap(({ name }) => results.filter(({ model }) => model === name))
}

async function open(context: Context): Promise<IngestServices> {
  const store = context.store()
  const dead = endDeadHarvests(store)
  if (dead > 0) log.info(`${dead} interrupted harvest${dead > 1 ? 's' : ''} marked as failed`)
  const reader = await openReader(await ensureToolchain({ signal: context.signal }), {
    signal: context.signal,
    // This process is as busy as a reader.
    children: Math.max(1, availableParallelism() - 1),
  })
  context.onExit(() => reader.close())
  return { store, reader, signal: context.signal }
}

function runtimeKind(typed: unknown): 'auto' | 'docker' | 'local' {
  const kind = (['auto', 'docker', 'local'] as const).find(name => name === (typed ?? 'auto'))
  if (!kind) throw usageError(`unknown runtime '${typed}'`, 'use auto, docker or local')
  return kind
}

function saying(event: HarvestEvent): string | undefined {
  if (event.event === 'phase') return event.phase
  if (event.event === 'loss') return `training, step ${event.step}, loss ${event.loss.toPrecision(4)}`
  return undefined
}

/** One line as a model ends: what it learnt, or why it failed. */
function announce(result: HarvestResult, runtime: Runtime): void {
  if (result.state === 'failed') return
  const { lossFirst, lossLast, seconds } = result.facts
  const loss =
    lossFirst === undefined || lossLast === undefined
      ? ''
      : `, loss ${lossFirst.toPrecision(4)} → ${lossLast.toPrecision(4)}`
  log.info(`${result.model}: ran ${seconds?.toFixed(1)} s (${runtime.kind})${loss}`)
}

function report(results: readonly HarvestResult[]): void {
  for (const result of results)
    if (result.state === 'failed') log.error(`${result.model}: ${result.reason}`)
    else for (const line of unparsedLines(result.summary)) log.warn(`${result.model}: ${line}`)
  const rows = results.flatMap(result =>
    result.state === 'complete' ? [row(result.model, result.summary)] : [],
  )
  if (rows.length > 0) printTable(rows, COLUMNS)
}

const COLUMNS = [
  'model',
  'modules',
  'kernels',
  'new',
  'known',
  'runnable',
  'unparsed',
  { name: 'covered_pct', title: 'ops with IR %', digits: 0 },
]

const row = (model: string, summary: IngestSummary) => ({
  model,
  modules: summary.modules,
  kernels: summary.kernels,
  new: summary.new,
  known: summary.kernels - summary.new,
  runnable: summary.runnable,
  unparsed: summary.unparsed.length,
  covered_pct: summary.ops > 0 ? (100 * summary.opsWithIr) / summary.ops : null,
})

/** Files that gave no kernel, those with equal reasons together. */
function unparsedLines({ unparsed }: IngestSummary): string[] {
  const files = new Map<string, string[]>()
  for (const { file, reason } of unparsed) files.set(reason, [...(files.get(reason) ?? []), file])
  return [...files].map(([reason, [first = '', ...others]]) =>
    others.length > 0 ? `${first} and ${others.length} more: ${reason}` : `${first}: ${reason}`,
  )
}

/** 0 when all is well, 3 when a model or an IR file failed, 1 or 5 when nothing worked. */
function exitCode(results: readonly HarvestResult[]): ExitCode {
  const failed = results.filter(result => result.state === 'failed')
  if (failed.length === results.length)
    return failed.every(({ fault }) => fault === 'environment') ? EXIT.environment : EXIT.failed
  const unreadIr = results.some(
    result => result.state === 'complete' && result.summary.unparsed.some(({ file }) => file.endsWith('.ll')),
  )
  return failed.length > 0 || unreadIr ? EXIT.partly : EXIT.ok
}
