/** `xlab hosts`: machines that can run builds, and their state. */
import { EXIT, XlabError } from '../../errors.ts'
import { type HostEntry, hostNamed, hosts } from '../../hosts/registry.ts'
import { printTable } from '../../report/format.ts'
import type { CommandModule } from '../command.ts'

/** A host that has not answered by then counts as unreachable. */
const TIME_LIMIT_MS = 30_000

export const run: CommandModule['run'] = async (names, options, context) => {
  const settings = context.settings()
  const wanted = names.length > 0 ? names.map(name => hostNamed(name, settings)) : hosts(settings)
  const rows = await Promise.all(wanted.map(host => row(host, context.signal)))
  context.signal.throwIfAborted()
  const json = options.json === true
  printTable(
    json ? rows : rows.map(({ state, ...row }) => ({ ...row, state: words(state) })),
    ['name', 'kind', 'reachable', 'emulated', 'architecture', 'cpu', 'cores', 'os', 'state'],
    json ? 'json' : 'table',
  )
  return EXIT.ok
}

async function row({ name, kind, emulated, describe }: HostEntry, signal: AbortSignal) {
  const about = { name, kind, emulated: emulated ? 'yes' : 'no' }
  const limit = AbortSignal.timeout(TIME_LIMIT_MS)
  try {
    return { ...about, reachable: 'yes', ...(await describe(AbortSignal.any([signal, limit]))) }
  } catch (error) {
    const said = (error as Error).message.replace(`${name}: `, '')
    const why = limit.aborted ? `no answer in ${TIME_LIMIT_MS / 1000} s` : said
    if (!limit.aborted && !(error instanceof XlabError)) throw error
    const hint = error instanceof XlabError && error.hint !== undefined ? { hint: error.hint } : {}
    return { ...about, reachable: 'no', state: { why, ...hint } }
  }
}

/** The state of a host in a line: what was read there, or why it cannot be had and what to do. */
export const words = (state: Readonly<Record<string, string | number>>): string =>
  state.why === undefined
    ? Object.entries(state)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ')
    : [state.why, state.hint].filter(text => text !== undefined).join('; ')
