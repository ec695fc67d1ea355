/** Where static executables of ours run: what each kind of host has to offer, and the host made of it. */
import type { HostSettings } from '../config/settings/settings.ts'
import type { Target } from '../kernel/build.ts'
import type { Exit, RunOptions } from '../process/run.ts'
import type { Host, HostFacts } from './host.ts'
import { type Probed, probeOn } from './probe.ts'
import { runJobs } from './runner-process.ts'

/** A static executable on this machine. */
export interface Program {
  readonly path: string
  /** SHA-256 of the file. */
  readonly hash: string
}

export type StartOptions = Pick<RunOptions, 'input' | 'onStdout' | 'signal' | 'timeoutMs' | 'maxBytes'>

/** How a run ended. `lost`: nobody knows, for the connection went; the same program may be started again. */
export type Ended = Exit | { readonly state: 'lost'; readonly why: string }

/** A program in its place on the machine, in a fresh directory of its own. */
export interface Placed {
  /** Runs it to its end with nothing of our environment. Throws an environment error when the machine cannot be had. */
  start(options: StartOptions): Promise<Ended>
  /** Takes it away again; never throws. */
  remove(): Promise<void>
}

export interface Machine {
  readonly triple: string
  readonly emulated: boolean
  /** What there is to say of the CPU where the probe would speak of another: an emulator's. */
  readonly cpu?: string
  /** What to do when nothing runs there. */
  readonly hint?: string
  /** Brings a program there, whole (its hash is checked on arrival). */
  put(program: Program, signal?: AbortSignal): Promise<Placed>
  readonly count?: NonNullable<Host['count']>
  close(): Promise<void>
}

/** A host, and what its probe found when it was opened. */
export type OpenHost = Host & { readonly found: HostFacts }

/** The host that a machine is, under a person's settings. `probed` is what its probe said. */
export function hostOf(settings: HostSettings, machine: Machine, probed: Probed): OpenHost {
  const { emulated } = machine
  const facts = ({ cpu, ...rest }: HostFacts): HostFacts => ({ cpu: machine.cpu ?? cpu, ...rest })
  return {
    found: facts(probed.facts),
    name: settings.name,
    kind: settings.kind,
    emulated,
    place: probed.here ? 'here' : 'elsewhere',
    target: targetOf(settings, probed.target),
    describe: async () => facts((await probeOn(machine)).facts),
    execute: async (bundle, jobs, options) => {
      const placed = await machine.put(bundle, options.signal)
      try {
        await runJobs(jobs, how => placed.start(how), options)
      } finally {
        await placed.remove()
      }
    },
    ...(machine.count && { count: machine.count }),
    close: () => machine.close(),
  }
}

/** What a host runs code for: as probed, but for what the settings say. */
export function targetOf(settings: HostSettings, probed: Target): Target {
  const { triple = probed.triple, cpu = probed.cpu } = settings
  const features = settings.features ?? (triple === probed.triple ? probed.features : '')
  return { name: settings.name, triple, cpu, features }
}
