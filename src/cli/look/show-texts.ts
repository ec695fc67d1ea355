/** Which builds of a kernel `xlab show` is about, and their IR and assembly. */
import { EXIT, environmentError, unknownName, usageError, XlabError } from '../../errors.ts'
import { PASSING } from '../../kernel/verdict.ts'
import { assemblyOf } from '../../llvm/reading/disassemble.ts'
import { ensureToolchain } from '../../llvm/toolchain.ts'
import { log } from '../../log.ts'
import { getBlob } from '../../store/blobs.ts'
import type { BuildDossier, Dossier } from '../../store/kernels/dossier.ts'
import type { Store } from '../../store/open.ts'

/**
 * The builds that --by names: none without it, one, or two separated by a comma. Names of pass lists hold commas
 * themselves, so what is typed is split where both halves are names.
 */
export function chosenBuilds(kernel: Dossier, by: string | undefined): BuildDossier[] {
  if (by === undefined) return []
  if (kernel.builds.length === 0)
    throw usageError(`${kernel.name} has no builds yet`, "make some with 'xlab optimise'")
  const names = [...new Set(kernel.builds.flatMap(build => build.proposers)), 'best']
  if (names.includes(by)) return [chosenBuild(kernel, by)]
  for (let at = by.indexOf(','); at >= 0; at = by.indexOf(',', at + 1)) {
    const pair = [by.slice(0, at).trim(), by.slice(at + 1).trim()]
    if (pair.every(name => names.includes(name))) return pair.map(name => chosenBuild(kernel, name))
  }
  throw unknownName('proposer', by.split(',').find(name => !names.includes(name.trim())) ?? by, names)
}

/** The build of a proposer; of `best`, the passing one that is surely fastest, or smallest where nothing is timed. */
export function chosenBuild(kernel: Dossier, by: string): BuildDossier {
  const named = kernel.builds.find(({ proposers }) => proposers.includes(by))
  if (by !== 'best' && named) return named
  const high = (build: BuildDossier): number =>
    Math.min(...build.times.map(({ ratioHigh }) => ratioHigh ?? Number.POSITIVE_INFINITY))
  const [best] = kernel.builds
    .filter(
      ({ verdicts }) =>
        verdicts.length > 0 && verdicts.every(({ state }) => (PASSING as string[]).includes(state)),
    )
    .sort((a, b) => compareNumbers(high(a), high(b)) || (a.codeBytes ?? 0) - (b.codeBytes ?? 0))
  if (!best)
    throw new XlabError(EXIT.failed, `no build of ${kernel.name} has passed`, "judge them with 'xlab verify'")
  log.info(`best: ${best.proposers.join(', ')}`)
  return best
}

const compareNumbers = (a: number, b: number): number => (a === b ? 0 : a - b)

/** A build's IR; without a build, the IR as harvested. Throws when the build has none. */
export function irOf(store: Store, kernel: Dossier, build: BuildDossier | undefined): Uint8Array {
  if (!build) return getBlob(store, kernel.irHash)
  if (build.irHash !== null) return getBlob(store, build.irHash)
  const who = build.proposers.join(', ')
  if (build.state !== 'ok')
    throw new XlabError(EXIT.failed, `${who} gave no IR: ${build.reason ?? build.state}`)
  const sighted = kernel.origins.find(({ xlaIr }) => xlaIr !== null)?.xlaIr
  if (sighted == null) throw new XlabError(EXIT.failed, `${who} is an object without IR, and none was dumped`)
  log.info(`${who} is XLA's object; this is XLA's optimised IR for it, from the same dump`)
  return getBlob(store, sighted)
}

/** A build's object. Throws when it has none. */
export function objectOf(store: Store, build: BuildDossier): Uint8Array {
  if (build.objectHash !== null) return getBlob(store, build.objectHash)
  throw new XlabError(
    EXIT.failed,
    `${build.proposers.join(', ')} gave no object: ${build.reason ?? build.state}`,
  )
}

/** Objects of builds as assembly, relocations included. */
export async function assembly(
  store: Store,
  builds: readonly BuildDossier[],
  signal: AbortSignal,
): Promise<string[]> {
  const objects = builds.map(build => objectOf(store, build))
  const texts = await assemblyOf(await ensureToolchain({ signal }), objects, signal)
  if (texts.some(text => text === '')) throw environmentError('llvm-objdump does not read this object')
  return texts
}
