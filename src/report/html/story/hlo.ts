/** The HLO behind a kernel: its instruction and what that calls, as XLA wrote it, without the metadata shown beside it. */
import { getText } from '../../../store/blobs.ts'
import type { Store } from '../../../store/open.ts'
import { cached } from '../../../store/statements.ts'

const MOST_BYTES = 20_000

/** Reads a module's text once. */
export function hloReader(store: Store): (kernel: string) => string | undefined {
  const modules = new Map<string, Map<string, string>>()
  return kernel => {
    const row = cached(
      store,
      `SELECT s.instruction, a.blob_hash AS hash FROM sighting s JOIN artifact a ON a.module_id = s.module_id AND a.kind = 'hlo-after'
       WHERE s.kernel_hash = ? AND s.instruction IS NOT NULL ORDER BY s.id LIMIT 1`,
    ).get(kernel) as { instruction: string; hash: string } | undefined
    if (!row) return undefined
    const pieces = modules.get(row.hash) ?? takeApart(getText(store, row.hash))
    modules.set(row.hash, pieces)
    return gather(pieces, row.instruction)
  }
}

/** Instructions (`name`) and computations (`{name`) of a module, as text. */
function takeApart(text: string): Map<string, string> {
  const pieces = new Map<string, string>()
  let open: string[] | undefined
  let name = ''
  for (const line of text.split('\n')) {
    if (line.endsWith('{') && !line.startsWith(' ')) {
      name = /^(?:ENTRY )?%?([^\s(]+)/.exec(line)?.[1] ?? ''
      open = []
    }
    open?.push(bare(line))
    if (line.startsWith('}') && open) {
      pieces.set(`{${name}`, open.join('\n'))
      open = undefined
    }
    const instruction = /^\s+(?:ROOT )?%?([^\s=]+) = /.exec(line)?.[1]
    if (instruction !== undefined) pieces.set(instruction, bare(line.trim()))
  }
  return pieces
}

/** Without metadata and backend configuration: what is computed, not where from. */
const bare = (line: string): string =>
  line.replace(
    /, (?:metadata|backend_config|frontend_attributes)=\{(?:[^{}"]|"(?:[^"\\]|\\.)*"|\{[^{}]*\})*\}/g,
    '',
  )

/** The instruction, then every computation it calls, each once. */
function gather(pieces: ReadonlyMap<string, string>, instruction: string): string | undefined {
  const own = pieces.get(instruction)
  if (own === undefined) return undefined
  const parts = [own]
  const seen = new Set<string>()
  for (let i = 0; i < parts.length && parts.join('').length < MOST_BYTES; i++)
    for (const [, called = ''] of parts[i]?.matchAll(/(?:calls|to_apply|body|condition)=%?([\w.-]+)/g) ??
      []) {
      const body = pieces.get(`{${called}`)
      if (body === undefined || seen.has(called)) continue
      seen.add(called)
      parts.push(body)
    }
  return `${parts.join('\n\n').slice(0, MOST_BYTES)}\n`
}
