/**
 * The user's own ssh client, with their configuration, keys, jump hosts and known hosts. One connection is opened and
 * shared by all that follows, through a socket of ours. What the shell at the other end is given is written here, but
 * for names that we drew ourselves and a folder of checked letters.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SshSettings } from '../config/settings/settings.ts'
import { environmentError, type XlabError } from '../errors.ts'
import { type Exit, type RunOptions, run, succeeded } from '../process/run.ts'

export interface SshClient {
  /** Runs a script of ours (sh, without single quotes) there. Exit code 255 is ssh's own: see `isLost`. */
  run(script: string, options?: RunOptions): Promise<Exit>
  /** Connects if need be, trying several times; an environment error when the host cannot be had. */
  connect(tries: number, signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Whether ssh, and not what it ran, ended: it could not connect, or the connection went. */
export const isLost = (exit: Exit): boolean => exit.state === 'exited' && exit.code === 255

const CONNECT_SECONDS = 10
/** A connection that says nothing for this long is gone. */
const ALIVE_SECONDS = 5
const DELAYS_MS = [500, 1000, 2000, 4000, 8000]

/** A client for one host; nothing is connected yet. */
export async function openSsh(settings: SshSettings): Promise<SshClient> {
  // Short: a socket's path may be no longer than about 100 bytes.
  const folder = await mkdtemp(join(tmpdir(), 'xlab-ssh-'))
  const options: Readonly<Record<string, string | number>> = {
    BatchMode: 'yes',
    ConnectTimeout: CONNECT_SECONDS,
    ServerAliveInterval: ALIVE_SECONDS,
    ServerAliveCountMax: 3,
    ControlMaster: 'auto',
    ControlPath: join(folder, 's'),
    ControlPersist: 60,
    ForwardAgent: 'no',
    ForwardX11: 'no',
    PermitLocalCommand: 'no',
    ClearAllForwardings: 'yes',
    RequestTTY: 'no',
    RemoteCommand: 'none',
  }
  const leading = [
    ...(settings.config === undefined ? [] : ['-F', settings.config]),
    ...(settings.port === undefined ? [] : ['-p', String(settings.port)]),
    ...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]),
  ]
  let connected = false
  const client: SshClient = {
    run: async (script, how = {}) => {
      // The login shell may be any; sh is everywhere.
      const exit = await run('ssh', [...leading, '--', settings.address, `exec sh -c '${script}'`], how)
      connected = !isLost(exit)
      return exit
    },
    connect: async (tries, signal) => {
      for (let tried = 1; !connected; tried++) {
        const exit = await client.run(':', { timeoutMs: 3000 * CONNECT_SECONDS, ...(signal && { signal }) })
        signal?.throwIfAborted()
        if (succeeded(exit)) return
        // A socket left by a connection that died must not stand in the way of the next.
        await rm(join(folder, 's'), { force: true })
        if (tried >= tries) throw unreachable(settings, exit)
        await new Promise(resolve => setTimeout(resolve, DELAYS_MS[tried - 1] ?? 8000))
      }
    },
    close: async () => {
      await run('ssh', [...leading, '-O', 'exit', '--', settings.address], { timeoutMs: 10_000 })
      await rm(folder, { recursive: true, force: true })
    },
  }
  return client
}

function unreachable(settings: SshSettings, exit: Exit): XlabError {
  if (exit.state === 'missing')
    return environmentError('there is no ssh client here', 'install one, e.g. apt install openssh-client')
  const said = exit.stderr.trim().split('\n').at(-1) || exit.state
  const hint = HINTS.find(([pattern]) => pattern.test(exit.stderr))?.[1]
  const port = settings.port === undefined ? '' : ` -p ${settings.port}`
  const config = settings.config === undefined ? '' : ` -F ${settings.config}`
  return environmentError(
    `${settings.name} cannot be reached: ${said}`,
    `${hint ?? 'is it on, and is the address right?'} Try: ssh${config}${port} ${settings.address} true`,
  )
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/Host key verification failed/, 'connect once by hand and accept its key, or mend known_hosts.'],
  [/Permission denied/, 'it wants a key that needs no password here: ssh-copy-id, or an agent.'],
  [/Could not resolve/, 'its name is not known.'],
]
