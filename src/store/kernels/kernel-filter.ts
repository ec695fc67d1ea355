/**
 * `--filter`: which kernels a command is about. Terms `model:NAME`, `op:NAME`, `name:TEXT`, `sample:N` and hash prefixes, separated
 * by spaces or commas; a kernel must match all of them.
 */
import { nearest, usageError } from '../../errors.ts'

/** A condition on a column that holds a kernel hash, to be spliced after WHERE or AND. */
export interface KernelFilter {
  readonly where: string
  /** Values for its `?` marks, in order. */
  readonly parameters: readonly string[]
}

const SEEN = 'SELECT s.kernel_hash FROM sighting s JOIN module m ON m.id = s.module_id'

/** What each `key:` of a term selects; the value is bound to every `?`. */
const KEYS: Readonly<Record<string, string>> = {
  model: `${SEEN} JOIN harvest h ON h.id = m.harvest_id WHERE h.model = ?`,
  op: `${SEEN} WHERE ? IN (s.opcode, s.op_type)`,
  name: `${SEEN} WHERE instr(s.name, ?) > 0 UNION SELECT hash FROM kernel WHERE instr(name, ?) > 0`,
}

/**
 * The SQL of a filter text over `column` (default `kernel.hash`). Undefined or blank text selects everything.
 * Throws a usage error for a term of no known form.
 */
export function kernelFilter(text: string | undefined, column = 'kernel.hash'): KernelFilter {
  const terms = (text ?? '').split(/[\s,]+/).filter(term => term !== '')
  if (terms.length === 0) return { where: '1', parameters: [] }
  const parts = terms.map(term => condition(term, column))
  return {
    where: `(${parts.map(part => part.where).join(' AND ')})`,
    parameters: parts.flatMap(part => part.parameters),
  }
}

/**
 * `sample:N` or `sample:N@SEED`: N kernels, every model, op and size (lines, by doublings) with its share. Systematic
 * sampling: the members of a stratum stand at even distances from a start of their own, both drawn by digits of
 * kernels' hashes, which the seed picks; the N lowest are taken.
 */
function sampled(value: string, column: string): KernelFilter {
  const [, count, seed = '1'] = /^([1-9]\d{0,5})(?:@(\d{1,9}))?$/.exec(value) ?? []
  if (count === undefined)
    throw usageError(`--filter sample:${value} is no sample`, 'write sample:60, or sample:60@7 with a seed')
  const digit = (hash: string, place: number): string =>
    `(instr('0123456789abcdef', substr(${hash}, ${((Number(seed) * 7 + place) % 60) + 1}, 1)) - 1)`
  return {
    where: `${column} IN (
      WITH stratum AS (
        SELECT k.hash, min(h.model) || ' ' || coalesce(min(s.opcode), '') || ' ' || CAST(log2(k.lines) AS INTEGER) AS name,
          substr(k.hash || k.hash, ${(Number(seed) % 60) + 1}, 12) AS chance
        FROM kernel k LEFT JOIN sighting s ON s.kernel_hash = k.hash
          LEFT JOIN module m ON m.id = s.module_id LEFT JOIN harvest h ON h.id = m.harvest_id
        GROUP BY k.hash),
      placed AS (
        SELECT hash, chance, row_number() OVER w AS place, count(*) OVER (PARTITION BY name) AS size,
          first_value(hash) OVER w AS first FROM stratum WINDOW w AS (PARTITION BY name ORDER BY chance))
      SELECT hash FROM placed
      ORDER BY (place - 1 + (${digit('first', 1)} * 256 + ${digit('first', 2)} * 16 + ${digit('first', 3)}) / 4096.0) / size, chance
      LIMIT ?)`,
    parameters: [count],
  }
}

function condition(term: string, column: string): KernelFilter {
  const [, key, value] = /^(\w+):(.+)$/.exec(term) ?? []
  if (key === 'sample' && value !== undefined) return sampled(value, column)
  const sql = key === undefined ? undefined : KEYS[key]
  if (sql !== undefined && value !== undefined)
    return { where: `${column} IN (${sql})`, parameters: Array(sql.split('?').length - 1).fill(value) }
  if (/^[0-9a-f]{4,64}$/i.test(term))
    return { where: `${column} GLOB ?`, parameters: [`${term.toLowerCase()}*`] }
  const [close] = key === undefined ? [] : nearest(key, [...Object.keys(KEYS), 'sample'])
  throw usageError(
    `--filter does not know '${term}'`,
    close !== undefined
      ? `did you mean ${close}:${value}?`
      : 'use model:NAME, op:NAME, name:TEXT, sample:N, or four or more digits of a hash, separated by spaces',
  )
}
