/** `--host a,b,c`: the hosts that were named, and work on each of them side by side. */
import type { Settings } from '../../config/settings/settings.ts'
import { usageError, XlabError } from '../../errors.ts'
import type { Host } from '../../hosts/host.ts'
import { type HostEntry, hostNamed } from '../../hosts/registry.ts'
import type { Target } from '../../kernel/build.ts'
import { resolveTarget, TARGET_NAMES } from '../../llvm/targets.ts'
import type { Toolchain } from '../../llvm/toolchain.ts'
import { log } from '../../log.ts'
import type { Options } from '../command.ts'
import type { Context } from '../context.ts'

/** The hosts an option names, each once. */
export function hostsOf(option: Options[string], settings: Settings): HostEntry[] {
  const names = String(option ?? 'local')
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
  if (names.length === 0) throw usageError('--host names no host', "'xlab hosts' shows them")
  return [...new Set(names)].map(name => hostNamed(name, settings))
}

/** The target of that name, or of the host of that name in xlab.yaml, which is then probed. */
export async function targetNamed(name: string, toolchain: Toolchain, context: Context): Promise<Target> {
  const named = context.settings().hosts.some(host => host.name === name)
  if (!named || TARGET_NAMES.includes(name)) return await resolveTarget(name, toolchain)
  const host = await hostNamed(name, context.settings()).open(context.signal)
  await host.close()
  return host.target
}

/**
 * Opens every host and works on them side by side; a host that cannot be had, or is lost, does not stop the others.
 * True when anything failed. Throws what stopped them when no host came through.
 */
export async function onEach(
  entries: readonly HostEntry[],
  context: Context,
  work: (host: Host) => Promise<boolean>,
): Promise<boolean> {
  const outcomes = await Promise.allSettled(
    entries.map(async entry => {
      const host = await entry.open(context.signal)
      try {
        return await work(host)
      } finally {
        await host.close()
      }
    }),
  )
  context.signal.throwIfAborted()
  const errors = outcomes
    .filter(outcome => outcome.status === 'rejected')
    .map(({ reason }) => reason as unknown)
  const fatal = errors.find(error => !(error instanceof XlabError))
  if (fatal !== undefined) throw fatal
  if (errors.length > 0 && errors.length === entries.length) throw errors[0]
  for (const error of errors as XlabError[]) {
    log.error(error.message)
    if (error.hint !== undefined) log.hint(error.hint)
  }
  return errors.length > 0 || outcomes.some(outcome => outcome.status === 'fulfilled' && outcome.value)
}
