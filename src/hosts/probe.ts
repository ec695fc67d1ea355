/** What a machine is, said by a small static program that runs there: native/probe.zig, made here for any target. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { inState } from '../config/paths.ts'
import { environmentError } from '../errors.ts'
import { architectureOf, sha256, type Target } from '../kernel/build.ts'
import { ensureZig } from '../llvm/zig.ts'
import { describeExit, run, succeeded } from '../process/run.ts'
import { BOOT_ID, FACT_FILES, factsOf } from './facts.ts'
import type { HostFacts } from './host.ts'
import type { Machine, Program } from './machine.ts'

export interface Probed {
  readonly target: Target
  readonly facts: HostFacts
  /** It is this machine under another name, if need be in a container. */
  readonly here: boolean
}

const SOURCE = join(import.meta.dirname, 'native/probe.zig')
/** No other machine's; `none` where there is no such file here. */
const ownBoot = existsSync(BOOT_ID) ? readFileSync(BOOT_ID, 'utf8').trim() : 'none'
const made = new Map<string, Promise<Program>>()

/** Runs the probe on a machine. Throws an environment error that says why it cannot. */
export async function probeOn(machine: Machine, signal?: AbortSignal): Promise<Probed> {
  const program = made.get(machine.triple) ?? makeProbe(machine.triple, signal)
  made.set(machine.triple, program)
  program.catch(() => made.delete(machine.triple))
  const placed = await machine.put(await program, signal)
  let text = ''
  try {
    const ended = await placed.start({
      input: FACT_FILES.map(path => `${path}\n`).join(''),
      onStdout: line => {
        text += `${line}\n`
      },
      timeoutMs: 60_000,
      maxBytes: 4 << 20,
      ...(signal && { signal }),
    })
    signal?.throwIfAborted()
    if (ended.state === 'lost') throw environmentError(`the connection went: ${ended.why}`)
    if (!succeeded(ended))
      throw environmentError(
        `its probe does not run there: ${ended.stderr.trim().split('\n').at(-1) || describeExit(ended)}`,
        machine.hint ??
          `is it a Linux of ${architectureOf(machine.triple)}, and may programs run in its folder?`,
      )
  } finally {
    await placed.remove()
  }
  return parseProbe(text)
}

/** What the probe printed: lines of a word and its value, then files, each announced by its path and its length. */
export function parseProbe(text: string): Probed {
  const [head = '', ...parts] = text.split(/^file (?=\/\S+ \d+$)/m)
  const value = (word: string): string => new RegExp(`^${word} (.*)$`, 'm').exec(head)?.[1]?.trim() ?? ''
  const [arch, cpu] = [value('arch'), value('cpu')]
  if (arch === '')
    throw environmentError(`its probe said nothing that can be understood: ${text.slice(0, 200)}`)
  const files = new Map(
    parts.map(part => [/^\S+/.exec(part)?.[0] ?? '', part.slice(part.indexOf('\n') + 1)] as const),
  )
  return {
    target: {
      name: 'probed',
      triple: `${arch}-unknown-linux-gnu`,
      cpu,
      features: value('features').split(',').filter(isFeature).sort().join(','),
    },
    here: files.get(BOOT_ID)?.trim() === ownBoot,
    facts: factsOf(files, {
      architecture: arch,
      cpu,
      cores: Number(value('cores')),
      os: value('system'),
    }),
  }
}

/** Features of kernels and debuggers, which are spelt in capitals, are nothing to compile for. */
const isFeature = (name: string): boolean => /^\+[a-z0-9.-]+$/.test(name)

async function makeProbe(triple: string, signal: AbortSignal | undefined): Promise<Program> {
  const zig = await ensureZig(signal)
  const [command = '', ...leading] = zig.exe({ triple })
  const source = await readFile(SOURCE, 'utf8')
  const folder = inState('cache', 'probe', sha256(JSON.stringify([zig.version, triple, source])).slice(0, 24))
  const path = join(folder, 'probe')
  const known = await readFile(path).catch(() => undefined)
  if (known) return { path, hash: sha256(known) }
  await mkdir(inState('cache', 'probe'), { recursive: true })
  const work = await mkdtemp(inState('cache', 'probe', 'new-'))
  try {
    const exit = await run(
      command,
      [...leading, SOURCE, '-O', 'ReleaseSmall', '-fstrip', `-femit-bin=${join(work, 'probe')}`],
      { cwd: work, ...(signal && { signal }) },
    )
    signal?.throwIfAborted()
    if (!succeeded(exit))
      throw environmentError(
        `the probe does not compile (${describeExit(exit)}): ${exit.stderr.slice(0, 2000)}`,
        "'xlab doctor' shows what is missing",
      )
    // Two may compile at once: the first to finish wins, and both made the same.
    await rename(work, folder).catch(() => undefined)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return { path, hash: sha256(await readFile(path)) }
}
