/** This machine, running bundles directly. */
import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, type } from 'node:os'
import type { LocalSettings } from '../config/settings/settings.ts'
import { nativeTarget } from '../llvm/targets.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { run } from '../process/run.ts'
import { FACT_FILES, factsOf } from './facts.ts'
import type { Host, HostFacts } from './host.ts'
import { type Machine, targetOf } from './machine.ts'
import { runJobs } from './runner-process.ts'

/** Programs run where they lie; an empty environment, for what runs inherits nothing of ours. */
export const here = (triple: string): Machine => ({
  triple,
  emulated: false,
  put: async program => ({
    start: how => run(program.path, [], { ...how, env: {}, bare: true }),
    remove: async () => {},
  }),
  close: async () => {},
})

/** This machine as a host. LLVM, fetched if not given, says which CPU it is. */
export async function localHost(
  toolchain?: Toolchain,
  settings: LocalSettings = { name: 'local', kind: 'local' },
): Promise<Host> {
  const native = await nativeTarget(toolchain)
  const own = settings.triple ?? settings.cpu ?? settings.features
  return {
    name: settings.name,
    kind: 'local',
    emulated: false,
    place: 'here',
    target: own === undefined ? native : targetOf(settings, native),
    describe: describeHere,
    execute: async (bundle, jobs, options) => {
      const placed = await here(native.triple).put(bundle)
      await runJobs(jobs, how => placed.start(how), options)
    },
    close: async () => {},
  }
}

/** Facts of this machine; `state` changes from call to call. */
export async function describeHere(): Promise<HostFacts> {
  const files = new Map<string, string>()
  await Promise.all(
    FACT_FILES.map(async path => {
      const text = await readFile(path, 'utf8').catch(() => undefined)
      if (text !== undefined) files.set(path, text)
    }),
  )
  return factsOf(files, {
    architecture: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
    cpu: cpus()[0]?.model.trim() || `unknown ${process.arch}`,
    cores: availableParallelism(),
    os: `${type()} ${release()}`,
  })
}
