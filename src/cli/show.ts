/** `xlab show`: everything about one kernel, or one of its builds written out. */
import { renameSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { userPath } from '../config/paths.ts'
import { EXIT, type ExitCode, environmentError, unknownName, usageError, XlabError } from '../errors.ts'
import { PASSING } from '../kernel/verdict.ts'
import { ensureToolchain } from '../llvm/toolchain.ts'
import { log } from '../log.ts'
import { describeExit, run as runProgram, succeeded } from '../process/run.ts'
import { kernelPage } from '../report/kernel-page.ts'
import { getBlob, getText } from '../store/blobs.ts'
import { type BuildDossier, type Dossier, dossier, findKernel } from '../store/dossier.ts'
import type { Store } from '../store/open.ts'
import type { Options } from './command.ts'
import type { Context } from './context.ts'

const KINDS = ['ll', 's', 'o'] as const

export async function run(args: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  const store = context.readOnlyStore()
  const kernel = dossier(store, findKernel(store, args[0] ?? ''))
  const by = options.by as string | undefined
  const file = options.output as string | undefined
  const build = by === undefined ? undefined : chosenBuild(kernel, by)
  if (options.emit !== undefined) {
    write(await emitted(store, kernel, build, String(options.emit), context.signal), file)
  } else if (options.json === true) {
    const { irHash, ...facts } = build ? { ...kernel, builds: [build] } : kernel
    write(Buffer.from(`${JSON.stringify({ ...facts, ir: getText(store, irHash) }, null, 2)}\n`), file)
  } else {
    const width = process.stdout.isTTY && file === undefined ? process.stdout.columns : undefined
    const shown = build ? { ...kernel, builds: [build] } : kernel
    write(Buffer.from(kernelPage(shown, getText(store, kernel.irHash), width)), file)
  }
  return EXIT.ok
}

/** The build of a proposer; of `best`, the passing one that is surely fastest, or smallest where nothing is timed. */
function chosenBuild(kernel: Dossier, by: string): BuildDossier {
  if (kernel.builds.length === 0)
    throw usageError(`${kernel.name} has no builds yet`, "make some with 'xlab optimise'")
  if (by !== 'best') {
    const build = kernel.builds.find(({ proposers }) => proposers.includes(by))
    if (!build)
      throw unknownName('proposer', by, [...new Set(kernel.builds.flatMap(b => b.proposers)), 'best'])
    return build
  }
  const high = (build: BuildDossier): number =>
    Math.min(...build.times.map(({ ratioHigh }) => ratioHigh ?? Number.POSITIVE_INFINITY))
  const passing = kernel.builds
    .filter(
      ({ verdicts }) =>
        verdicts.length > 0 && verdicts.every(({ state }) => (PASSING as string[]).includes(state)),
    )
    .sort((a, b) => compareNumbers(high(a), high(b)) || (a.codeBytes ?? 0) - (b.codeBytes ?? 0))
  const [best] = passing
  if (!best)
    throw new XlabError(EXIT.failed, `no build of ${kernel.name} has passed`, "judge them with 'xlab verify'")
  log.info(`best: ${best.proposers.join(', ')}`)
  return best
}

const compareNumbers = (a: number, b: number): number => (a === b ? 0 : a - b)

/** What to write out. Without a build, the IR as harvested. */
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
  if (from.objectHash === null)
    throw new XlabError(
      EXIT.failed,
      `${from.proposers.join(', ')} gave no object: ${from.reason ?? from.state}`,
    )
  const object = getBlob(store, from.objectHash)
  return kind === 'o' ? object : disassembled(object, signal)
}

function irOf(store: Store, kernel: Dossier, build: BuildDossier | undefined): Uint8Array {
  if (!build) return getBlob(store, kernel.irHash)
  if (build.irHash !== null) return getBlob(store, build.irHash)
  if (build.state !== 'ok')
    throw new XlabError(
      EXIT.failed,
      `${build.proposers.join(', ')} gave no IR: ${build.reason ?? build.state}`,
    )
  const sighted = kernel.origins.find(({ xlaIr }) => xlaIr !== null)?.xlaIr
  if (sighted == null)
    throw new XlabError(
      EXIT.failed,
      `${build.proposers.join(', ')} is an object without IR, and none was dumped`,
    )
  log.info(
    `${build.proposers.join(', ')} is XLA's object; this is XLA's optimised IR for it, from the same dump`,
  )
  return getBlob(store, sighted)
}

/** The object as assembly, relocations included, by llvm-objdump. */
async function disassembled(object: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const toolchain = await ensureToolchain({ signal })
  const folder = await mkdtemp(join(tmpdir(), 'xlab-show-'))
  try {
    await writeFile(join(folder, 'kernel.o'), object)
    const flags = ['-d', '-r', '--no-show-raw-insn', '--no-leading-addr', 'kernel.o']
    const exit = await runProgram(toolchain.bin('llvm-objdump'), flags, {
      cwd: folder,
      timeoutMs: 60_000,
      signal,
    })
    signal.throwIfAborted()
    if (!succeeded(exit))
      throw environmentError(`llvm-objdump failed: ${describeExit(exit)}`, exit.stderr.trim())
    return exit.stdout
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** To a file, whole or not at all; or to standard output, but no bytes onto a terminal. */
function write(bytes: Uint8Array, file: string | undefined): void {
  if (file === undefined) {
    if (process.stdout.isTTY && bytes.includes(0))
      throw usageError('an object is not for a terminal', 'name a file with -o, or pipe it')
    process.stdout.write(bytes)
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
