/** XLA_FLAGS: ours and the user's put together. */
import { usageError } from '../../errors.ts'

/** Flags that say where and what to dump; xlab sets them itself. */
const OURS = ['xla_dump_to', 'xla_dump_hlo_as_text']

/** The flags of an XLA_FLAGS text, one item each. Values may be quoted, as XLA allows (parse_flags_from_env.cc). */
export function splitXlaFlags(text: string): string[] {
  const flags = text.match(/(?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? []
  const wrong = flags.find(flag => !/^--\w/.test(flag))
  if (wrong !== undefined)
    throw usageError(`not an XLA flag: ${wrong}`, 'flags look like --xla_cpu_max_isa=AVX2')
  return flags
}

/**
 * The user's flags in canonical order, one for each name (the last wins): what the store keeps, so that
 * equal settings compare equal. Rejects the flags that xlab sets itself.
 */
export function normaliseXlaFlags(text: string): string {
  const taken = splitXlaFlags(text).find(flag => OURS.includes(nameOf(flag)))
  if (taken !== undefined)
    throw usageError(`xlab sets --${nameOf(taken)} itself`, 'leave it out of --xla-flags')
  return [...byName(splitXlaFlags(text)).values()].sort().join(' ')
}

/** `base` with the flags of `added` put over those of the same name. */
export function mergeXlaFlags(base: string, added: string): string {
  return [...byName([...splitXlaFlags(base), ...splitXlaFlags(added)]).values()].join(' ')
}

/** `--name=value` as XLA reads it back, spaces and quotes included. */
export const quotedXlaFlag = (name: string, value: string): string =>
  /^[\w/.,:+-]*$/.test(value) ? `--${name}=${value}` : `--${name}="${value.replace(/["\\]/g, '\\$&')}"`

const nameOf = (flag: string): string => flag.replace(/^--/, '').replace(/=.*$/s, '')
const byName = (flags: readonly string[]): Map<string, string> =>
  new Map(flags.map(flag => [nameOf(flag), flag]))
