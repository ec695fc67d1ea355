/** `xlab hints`: what a language model would look at in a kernel, beside the code, and with `--try` whether it was right. */
import { EXIT, type ExitCode, usageError } from '../../errors.ts'
import { resolveTarget } from '../../llvm/targets.ts'
import { ensureToolchain } from '../../llvm/toolchain.ts'
import { log } from '../../log.ts'
import { type HintedKernel, hint } from '../../optimise/llm/hints/hints.ts'
import { openServices } from '../../optimise/services.ts'
import { printTable } from '../../report/format.ts'
import { selectKernels } from '../../store/builds/builds.ts'
import { findKernel } from '../../store/kernels/dossier.ts'
import type { StoredHint } from '../../store/proposers/hints.ts'
import type { Options } from '../command.ts'
import type { Context } from '../context.ts'
import { exploreOptions } from '../explore-options.ts'
import { requireKernels } from '../selection.ts'

export async function run(args: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  const [named] = args
  const filter = typeof options.filter === 'string' ? options.filter : undefined
  if ((named === undefined) === (filter === undefined))
    throw usageError('hints takes one kernel, or --filter for many', "see 'xlab kernels'")
  const wanted = exploreOptions(options)
  const explore = { ...wanted, samples: wanted.samples ?? 1, llms: context.settings().llms }
  requireKernels(context.readOnlyStore(), filter)
  const hash = named === undefined ? undefined : findKernel(context.readOnlyStore(), named)
  const kernels = selectKernels(context.store(), hash ?? filter)
  const { signal } = context
  const toolchain = await ensureToolchain({ signal })
  const target = await resolveTarget('native', toolchain)
  const given = { store: context.store(), toolchain, lanes: context.lanes(), signal }
  const { services, close } = await openServices(given)
  context.onExit(close)
  const then = options.try === true ? 'try' : 'ask'
  const done = await hint(kernels, { target, options: explore, then }, services)
  if (options.json === true) console.log(JSON.stringify(done, null, 2))
  else if (hash !== undefined) for (const one of done) print(one)
  if (options.json !== true && then === 'try') printHitRate(done)
  for (const why of new Set(done.flatMap(one => one.why))) log.info(why)
  return EXIT.ok
}

/** Each hint with the lines it is about. */
function print({ kernel, ir, hints }: HintedKernel): void {
  const lines = ir.split('\n')
  console.log(`${kernel.name}  ${kernel.hash.slice(0, 12)}`)
  if (hints.length === 0) console.log('no hints')
  for (const hint of hints) {
    const place = hint.lines === null ? '' : `@${hint.function}, lines ${hint.lines.join('–')}`
    console.log(
      `\n${[hint.kind, place, `try ${hint.tryKind} ${hint.tryText}`, verdictOf(hint)].filter(Boolean).join(' · ')}`,
    )
    if (hint.why) console.log(`  ${hint.why}`)
    const [first, last] = hint.lines ?? [1, 0]
    for (let at = first; at <= Math.min(last, first + MOST_LINES - 1); at++)
      console.log(`  ${String(at).padStart(4)} │ ${lines[at - 1] ?? ''}`)
    if (last - first >= MOST_LINES) console.log(`       … ${last - first - MOST_LINES + 1} lines more`)
  }
}

/** Lines of a region that are shown. */
const MOST_LINES = 12

function verdictOf({ state, reason, sizeRatio, timeRatio }: StoredHint): string {
  const change = (name: string, ratio: number | null): string[] =>
    ratio === null ? [] : [`${name} ${((ratio - 1) * 100).toFixed(1)} %`]
  const figures = [...change('size', sizeRatio), ...change('time', timeRatio)]
  return [
    state,
    ...(figures.length > 0 ? [`(${figures.join(', ')})`] : []),
    ...(reason ? [`– ${reason.split('\n')[0]}`] : []),
  ].join(' ')
}

/** Hints that were right, of the model's and of as many by chance. */
function printHitRate(done: readonly HintedKernel[]): void {
  const row = (source: string, hints: readonly StoredHint[]) => {
    const count = (state: StoredHint['state']): number => hints.filter(hint => hint.state === state).length
    return {
      ...{ source, hints: hints.length, confirmed: count('confirmed'), refuted: count('refuted') },
      ...{ 'no gain': count('no-gain'), invalid: count('invalid') },
      'hit rate': hints.length === 0 ? '' : `${((100 * count('confirmed')) / hints.length).toFixed(0)} %`,
    }
  }
  printTable(
    [
      row(
        'model',
        done.flatMap(one => one.hints),
      ),
      row(
        'chance',
        done.flatMap(one => one.random),
      ),
    ],
    ['source', 'hints', 'confirmed', 'refuted', 'no gain', 'invalid', 'hit rate'],
  )
}
