/** `xlab show`: everything about one kernel; its builds' code beside each other; or one of them written out. */
import { renameSync, writeFileSync } from 'node:fs'
import { userPath } from '../../config/paths.ts'
import { EXIT, type ExitCode, environmentError, unknownName, usageError } from '../../errors.ts'
import { log } from '../../log.ts'
import { kernelPage } from '../../report/kernel-page.ts'
import { paintCode } from '../../report/terminal/colour.ts'
import { difference, sideBySide, type Titled } from '../../report/terminal/differences.ts'
import { page } from '../../report/terminal/pager.ts'
import { getText } from '../../store/blobs.ts'
import { type BuildDossier, type Dossier, dossier, findKernel } from '../../store/kernels/dossier.ts'
import type { Store } from '../../store/open.ts'
import type { Options } from '../command.ts'
import type { Context } from '../context.ts'
import { assembly, chosenBuild, chosenBuilds, irOf, objectOf } from './show-texts.ts'

const KINDS = ['ll', 's', 'o'] as const

/** Columns of code side by side where there is no terminal to fit. */
const PIPED_COLUMNS = 160

export async function run(args: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  const store = context.readOnlyStore()
  const kernel = dossier(store, findKernel(store, args[0] ?? ''))
  const builds = chosenBuilds(kernel, options.by as string | undefined)
  const file = options.output as string | undefined
  if (options.asm === true || options.diff === true) {
    write(Buffer.from(await compared(store, kernel, builds, options, context.signal)), file)
  } else if (options.emit !== undefined) {
    if (builds.length > 1) throw usageError('--emit writes one build', 'name one with --by')
    write(await emitted(store, kernel, builds[0], String(options.emit), context.signal), file)
  } else if (options.json === true) {
    const { irHash, ...facts } = builds.length > 0 ? { ...kernel, builds } : kernel
    write(Buffer.from(`${JSON.stringify({ ...facts, ir: getText(store, irHash) }, null, 2)}\n`), file)
  } else {
    const width = process.stdout.isTTY && file === undefined ? process.stdout.columns : undefined
    const shown = builds.length > 0 ? { ...kernel, builds } : kernel
    write(Buffer.from(kernelPage(shown, getText(store, kernel.irHash), width)), file)
  }
  return EXIT.ok
}

/**
 * `--asm`: assembly, of two builds side by side. `--diff`: what changed between two IRs, with one build from the IR as
 * harvested; with both options, between two assemblies.
 */
async function compared(
  store: Store,
  kernel: Dossier,
  builds: readonly BuildDossier[],
  options: Options,
  signal: AbortSignal,
): Promise<string> {
  const chosen = builds.length > 0 ? builds : [chosenBuild(kernel, 'best')]
  const titled = (build: BuildDossier, text: string): Titled => ({
    title: `${kernel.name} by ${build.proposers.join(', ')}`,
    text,
  })
  if (options.asm === true) {
    const texts = await assembly(store, chosen, signal)
    const [left, right] = chosen.map((build, i) => titled(build, texts[i] ?? ''))
    if (left && right)
      return options.diff === true
        ? difference(left, right)
        : sideBySide(left, right, process.stdout.columns ?? PIPED_COLUMNS)
    if (options.diff === true)
      throw usageError('--asm --diff compares two builds', 'name both: --by xla,opt:O3')
    return (left?.text ?? '').replace(/^.*$/gm, paintCode)
  }
  const irs = chosen.map(build => titled(build, Buffer.from(irOf(store, kernel, build)).toString('utf8')))
  const harvested = { title: `${kernel.name} as harvested`, text: getText(store, kernel.irHash) }
  const [before, after] = irs.length > 1 ? irs : [harvested, ...irs]
  return difference(before ?? harvested, after ?? harvested)
}

/** What to write out. Without a build, the IR as harvested, or the best build's code. */
async function emitted(
  store: Store,
  kernel: Dossier,
  build: BuildDossier | undefined,
  kind: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (!(KINDS as readonly string[]).includes(kind)) throw unknownName('kind to emit', kind, KINDS)
  if (kind === 'll') return irOf(store, kernel, build)
  const from = build ?? chosenBuild(kernel, 'best')
  if (kind === 'o') return objectOf(store, from)
  return Buffer.from((await assembly(store, [from], signal)).join(''))
}

/** To a file, whole or not at all; or to standard output, but no bytes onto a terminal. */
function write(bytes: Uint8Array, file: string | undefined): void {
  if (file === undefined) {
    if (!bytes.includes(0)) page(Buffer.from(bytes).toString('utf8'))
    else if (process.stdout.isTTY)
      throw usageError('an object is not for a terminal', 'name a file with -o, or pipe it')
    else process.stdout.write(bytes)
    return
  }
  const path = userPath(file)
  try {
    writeFileSync(`${path}.part`, bytes)
    renameSync(`${path}.part`, path)
  } catch (error) {
    throw environmentError(`cannot write ${path}: ${(error as Error).message}`, 'name another file with -o')
  }
  log.info(`wrote ${path} (${bytes.length} bytes)`)
}
