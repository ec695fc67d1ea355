/** Machines that ran builds. The same machine with another CPU or system is another host: figures don't carry over. */
import type { Store } from './open.ts'
import { cached, insert } from './statements.ts'

export interface HostRow {
  readonly name: string
  readonly kind: string
  readonly cpu: string
  readonly cores: number
  readonly os: string
  readonly emulated: boolean
}

/** The id of this host, which is added when new. */
export function hostId(store: Store, { name, kind, cpu, cores, os, emulated }: HostRow): number {
  const known = cached(store, 'SELECT id FROM host WHERE name = ? AND kind = ? AND cpu = ? AND os = ?').get(
    name,
    kind,
    cpu,
    os,
  ) as { id: number } | undefined
  return known?.id ?? insert(store, 'host', { name, kind, cpu, cores, os, emulated: emulated ? 1 : 0 })
}
