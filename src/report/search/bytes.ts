/** `query bytes`: where the bytes are that are left. */
import { BYTE_KINDS, type ByteKind } from '../../llvm/object/byte-use.ts'
import { kernelFilter } from '../../store/kernels/kernel-filter.ts'
import { type NamedQuery, parseColumn } from '../../store/queries/named-queries.ts'

const KINDS = Object.keys(BYTE_KINDS) as ByteKind[]

export const BYTES_QUERY: NamedQuery = {
  name: 'bytes',
  summary:
    'where the bytes are, by kind of instruction, in the winners for size and in what they are compared with, over the kernels searched',
  columns:
    'kind search_bytes search_pct.1 oz_bytes oz_pct.1 o3_bytes o3_pct.1 xla_bytes xla_pct.1 kernels about'
      .split(' ')
      .map(parseColumn),
  filters: true,
  rows(store, filter) {
    const { where, parameters } = kernelFilter(filter, 'p.kernel_hash')
    const rows = store
      .prepare(
        `SELECT p.kernel_hash AS kernel, p.proposer, u.kinds FROM proposal p JOIN byte_use u ON u.build_hash = p.build_hash
         WHERE EXISTS (SELECT 1 FROM search s WHERE s.kernel_hash = p.kernel_hash AND s.metric = 'size'
           AND s.winner_hash IS NOT NULL) AND ${where} GROUP BY p.kernel_hash, p.proposer`,
      )
      .all(...parameters) as { kernel: string; proposer: string; kinds: string }[]
    const sums = new Map<string, number>()
    for (const { proposer, kinds } of rows)
      for (const [kind, bytes] of Object.entries(JSON.parse(kinds) as Record<ByteKind, number>)) {
        sums.set(`${proposer} ${kind}`, (sums.get(`${proposer} ${kind}`) ?? 0) + bytes)
        sums.set(proposer, (sums.get(proposer) ?? 0) + bytes)
      }
    const kernels = new Set(rows.map(row => row.kernel)).size
    if (kernels === 0) return []
    return KINDS.map(kind => ({
      kind,
      ...Object.fromEntries(
        PROPOSERS.flatMap(([column, proposer]) => {
          const bytes = sums.get(`${proposer} ${kind}`)
          const all = sums.get(proposer)
          const share = bytes === undefined || all === undefined ? null : (100 * bytes) / all
          return [
            [`${column}_bytes`, bytes ?? null],
            [`${column}_pct`, share],
          ]
        }),
      ),
      kernels,
      about: BYTE_KINDS[kind],
    }))
  },
}

const PROPOSERS = [
  ['search', 'search'],
  ['oz', 'opt:Oz'],
  ['o3', 'opt:O3'],
  ['xla', 'xla'],
] as const
