/** Hosts by the name a person types and the database stores. To add a kind: a file in this folder and an entry here. */
import { unknownName } from '../errors.ts'
import type { Host, HostFacts } from './host.ts'
import { localHost } from './local.ts'
import { describeMachine } from './machine.ts'

export interface HostEntry {
  readonly name: string
  readonly kind: Host['kind']
  readonly emulated: boolean
  /** What it is and how it stands now, without making it ready to run anything. */
  describe(): Promise<HostFacts>
  /** Ready to run bundles. */
  open(): Promise<Host>
}

export const HOSTS: readonly HostEntry[] = [
  { name: 'local', kind: 'local', emulated: false, describe: describeMachine, open: () => localHost() },
]

/** The host of that name. An unknown one is a usage error that names the nearest. */
export function hostNamed(name: string): HostEntry {
  const entry = HOSTS.find(host => host.name === name)
  if (entry === undefined)
    throw unknownName(
      'host',
      name,
      HOSTS.map(host => host.name),
    )
  return entry
}
