/**
 * Hosts by the name a person types and the database stores: those of xlab.yaml, and some that need no entry there. To
 * add a kind: a file in this folder, an entry here, and its fields in config/settings/fields.ts.
 */
import type { HostSettings, Settings } from '../config/settings/settings.ts'
import { unknownName } from '../errors.ts'
import { openDockerMachine } from './docker.ts'
import type { Host, HostFacts } from './host.ts'
import { describeHere, localHost } from './local.ts'
import { hostOf, type Machine, type OpenHost } from './machine.ts'
import { probeOn } from './probe.ts'
import { openQemuMachine } from './qemu.ts'
import { openSshMachine } from './ssh.ts'

type SettingsOf<K extends HostSettings['kind']> = Extract<HostSettings, { kind: K }>

/** How each kind is reached; `local` needs no reaching. */
const KINDS: {
  readonly [K in Exclude<HostSettings['kind'], 'local'>]: (
    settings: SettingsOf<K>,
    signal?: AbortSignal,
  ) => Promise<Machine>
} = {
  ssh: openSshMachine,
  docker: openDockerMachine,
  qemu: openQemuMachine,
}

/** Hosts that need no entry in xlab.yaml; one of the same name there takes their place. */
const BUILTIN: readonly HostSettings[] = [
  { name: 'local', kind: 'local' },
  { name: 'docker', kind: 'docker' },
  // No qemu imitates the A78, and old ones lack the A55: the A76 has the same instructions.
  { name: 'qemu-a78', kind: 'qemu', emulate: 'cortex-a76', cpu: 'cortex-a78' },
  { name: 'qemu-a55', kind: 'qemu', emulate: 'cortex-a76', cpu: 'cortex-a55' },
]

export interface HostEntry {
  readonly name: string
  readonly kind: Host['kind']
  /** Known before it is reached: emulators give no times. */
  readonly emulated: boolean
  /** What it is and how it stands now. Throws an environment error when it cannot be reached. */
  describe(signal?: AbortSignal): Promise<HostFacts>
  /** Ready to run bundles. Throws an environment error when it cannot be. Close it in the end. */
  open(signal?: AbortSignal): Promise<Host>
}

/** Every host there is under these settings, the built-in ones first. */
export function hosts(settings: Settings): HostEntry[] {
  const named = new Set(settings.hosts.map(host => host.name))
  return [...BUILTIN.filter(host => !named.has(host.name)), ...settings.hosts].map(entry)
}

/** The host of that name. An unknown one is a usage error that names the nearest. */
export function hostNamed(name: string, settings: Settings): HostEntry {
  const all = hosts(settings)
  const found = all.find(host => host.name === name)
  if (found === undefined)
    throw unknownName(
      'host',
      name,
      all.map(host => host.name),
    )
  return found
}

function entry(settings: HostSettings): HostEntry {
  const { name, kind } = settings
  const about = { name, kind, emulated: kind === 'qemu' }
  if (kind === 'local')
    return { ...about, describe: describeHere, open: () => localHost(undefined, settings) }
  const openMachine = KINDS[kind] as (settings: HostSettings, signal?: AbortSignal) => Promise<Machine>
  const open = async (signal?: AbortSignal): Promise<OpenHost> => {
    const machine = await openMachine(settings, signal)
    try {
      return hostOf(settings, machine, await probeOn(machine, signal))
    } catch (error) {
      await machine.close()
      throw error
    }
  }
  return {
    ...about,
    open,
    describe: async signal => {
      const host = await open(signal)
      await host.close()
      return host.found
    },
  }
}
