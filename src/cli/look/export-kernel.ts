/** `xlab export kernel`: one kernel as a folder that needs nothing of xlab. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { userPath } from '../../config/paths.ts'
import { EXIT, type ExitCode, environmentError, unknownName, usageError } from '../../errors.ts'
import { PASSING } from '../../kernel/verdict.ts'
import { log } from '../../log.ts'
import { type Folder, kernelFolder } from '../../report/export/folder/folder.ts'
import { type BuildDossier, type Dossier, dossier, findKernel } from '../../store/kernels/dossier.ts'
import type { Options } from '../command.ts'
import type { Context } from '../context.ts'
import { chosenBuild } from './show-texts.ts'

export async function exportKernel(typed: string, options: Options, context: Context): Promise<ExitCode> {
  const store = context.readOnlyStore()
  const kernel = dossier(store, findKernel(store, typed))
  const builds = buildsOf(forTarget(kernel, options.target), options.by as string | undefined)
  const folder = kernelFolder(store, { kernel, builds, seed: 1 })
  const path = userPath(
    typeof options.output === 'string' ? options.output : `kernel-${kernel.hash.slice(0, 12)}`,
  )
  if (existsSync(path) && readdirSync(path).length > 0)
    throw usageError(`${path} is not empty`, 'name another folder with -o')
  writeFolder(path, folder)
  log.info(`wrote ${path}: ${builds.length} builds of ${kernel.name}`)
  log.info(`next: ${join(path, 'run.sh')}`)
  return EXIT.ok
}

/** The kernel with the builds for that target alone. */
function forTarget(kernel: Dossier, typed: Options[string]): Dossier {
  if (typed === undefined) return kernel
  const names = [...new Set(kernel.builds.map(({ target }) => target))]
  if (!names.includes(String(typed))) throw unknownName('target', String(typed), names)
  return { ...kernel, builds: kernel.builds.filter(({ target }) => target === typed) }
}

/** Those of --by; else XLA's and opt's, and the best of every other proposer, of the first target. */
function buildsOf(kernel: Dossier, by: string | undefined): [BuildDossier, ...BuildDossier[]] {
  const made = kernel.builds.filter(({ objectHash }) => objectHash !== null)
  const [first] = made
  if (!first) throw usageError(`${kernel.name} has no builds yet`, "make some with 'xlab optimise'")
  const target = ({ triple, cpu, features }: BuildDossier): string => `${triple} ${cpu} ${features}`
  const here = made.filter(build => target(build) === target(first))
  const chosen = by === undefined ? usual(here) : named({ ...kernel, builds: here }, by)
  const [one, ...others] = new Map(chosen.map(build => [build.hash, build])).values()
  if (!one) throw usageError(`${kernel.name} has no build that compares`, "see 'xlab show'")
  return [one, ...others]
}

const BASELINE = /^(xla|xla-ir|opt:.*)$/

function usual(builds: readonly BuildDossier[]): BuildDossier[] {
  const passed = ({ verdicts }: BuildDossier): boolean =>
    verdicts.length > 0 && verdicts.every(({ state }) => (PASSING as string[]).includes(state))
  const smallest = Map.groupBy(
    builds.filter(passed).sort((a, b) => (a.codeBytes ?? 0) - (b.codeBytes ?? 0)),
    build => (build.proposers.find(name => !BASELINE.test(name)) ?? '').split(':')[0] ?? '',
  )
  smallest.delete('')
  return [
    ...builds.filter(build => build.proposers.some(name => BASELINE.test(name))),
    ...[...smallest.values()].flatMap(([best]) => best ?? []),
  ]
}

/** Names of pass lists hold commas themselves: what is typed is split where a name is known. */
function named(kernel: Dossier, by: string): BuildDossier[] {
  const names = [...new Set(kernel.builds.flatMap(({ proposers }) => proposers)), 'best']
  const words: string[] = []
  for (const part of by.split(',')) {
    const open = words.at(-1)
    if (open !== undefined && !names.includes(open)) words[words.length - 1] = `${open},${part}`
    else words.push(part.trim())
  }
  return words.map(word => {
    if (!names.includes(word)) throw unknownName('proposer', word, names)
    return chosenBuild(kernel, word)
  })
}

/** Whole or not at all. */
function writeFolder(path: string, folder: Folder): void {
  let part: string | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    part = mkdtempSync(join(dirname(path), `.${basename(path)}-`))
    for (const [name, content] of folder) {
      const file = join(part, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content, { mode: name.endsWith('run.sh') ? 0o755 : 0o644 })
    }
    rmSync(path, { recursive: true, force: true })
    renameSync(part, path)
  } catch (error) {
    if (part !== undefined) rmSync(part, { recursive: true, force: true })
    throw environmentError(`cannot write ${path}: ${(error as Error).message}`, 'name another folder with -o')
  }
}
