/**
 * `--filter`: which kernels a command is about. Terms `model:NAME`, `op:NAME`, `name:TEXT` and hash prefixes, separated
 * by spaces or commas; a kernel must match all of them.
 */
import { nearest, usageError } from '../errors.ts'

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

function condition(term: string, column: string): KernelFilter {
  const [, key, value] = /^(\w+):(.+)$/.exec(term) ?? []
  const sql = key === undefined ? undefined : KEYS[key]
  if (sql !== undefined && value !== undefined)
    return { where: `${column} IN (${sql})`, parameters: Array(sql.split('?').length - 1).fill(value) }
  if (/^[0-9a-f]{4,64}$/i.test(term))
    return { where: `${column} GLOB ?`, parameters: [`${term.toLowerCase()}*`] }
  const [close] = key === undefined ? [] : nearest(key, Object.keys(KEYS))
  throw usageError(
    `--filter does not know '${term}'`,
    close !== undefined
      ? `did you mean ${close}:${value}?`
      : 'use model:NAME, op:NAME, name:TEXT, or four or more digits of a hash, separated by spaces',
  )
}
