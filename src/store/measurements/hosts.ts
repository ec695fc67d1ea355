/** Machines that ran builds. The same machine with another CPU or system is another host: figures don't carry over. */
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

export interface HostRow {
  readonly name: string
  readonly kind: string
  readonly cpu: string
  readonly cores: number
  readonly os: string
  readonly emulated: boolean
}

/** The id of this host, if it is known. */
export const findHost = (
  store: Store,
  { name, kind, cpu, os }: Pick<HostRow, 'name' | 'kind' | 'cpu' | 'os'>,
): number | undefined =>
  cached(store, 'SELECT id FROM host WHERE name = ? AND kind = ? AND cpu = ? AND os = ?')
    .pluck()
    .get(name, kind, cpu, os) as number | undefined

/** The id of this host, which is added when new. */
export function hostId(store: Store, host: HostRow): number {
  const { name, kind, cpu, cores, os, emulated } = host
  return (
    findHost(store, host) ?? insert(store, 'host', { name, kind, cpu, cores, os, emulated: emulated ? 1 : 0 })
  )
}
