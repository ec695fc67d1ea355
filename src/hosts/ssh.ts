/** A machine reached by ssh: one static executable is copied, checked, run in a fresh directory and removed. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { SshSettings } from '../config/settings/settings.ts'
import { environmentError } from '../errors.ts'
import { sha256 } from '../kernel/build.ts'
import { describeExit, type Exit, type RunOptions, succeeded } from '../process/run.ts'
import type { Machine, Placed, Program } from './machine.ts'
import { isLost, openSsh, type SshClient } from './ssh-client.ts'

/** Times the connection is tried anew before the host counts as lost. */
const TRIES = 5
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'x86_64',
  aarch64: 'aarch64',
  arm64: 'aarch64',
}

/** Any login shell takes a script for sh as one line in single quotes. */
const script = (...lines: readonly string[]): string => lines.join(' ')

/**
 * Makes the directory, takes the program in and says the hash of what arrived; without sha256sum, it is sent back to be
 * hashed here. What is cut off leaves nothing behind.
 */
const put = (directory: string): string =>
  script(
    `umask 077; mkdir ${directory} || exit 81;`,
    `trap "rm -rf ${directory}" EXIT; trap "exit 82" HUP INT TERM PIPE;`,
    `cd ${directory} && cat >bundle && chmod 500 bundle || exit 83;`,
    'if command -v sha256sum >/dev/null; then sha256sum <bundle; else cat bundle; fi || exit 84;',
    'trap - EXIT',
  )

/**
 * Runs the program on the jobs beside it with an empty environment, and removes the directory if it ended well. The
 * connection is a leash: when it goes, so do the program, which would disturb what runs next, and the directory.
 */
const start = (directory: string): string =>
  script(
    `cd ${directory} 2>/dev/null || exit 91;`,
    'exec 3<&0; env -i ./bundle <jobs & p=$!;',
    `( cat <&3 >/dev/null; rm -rf ${directory}; kill -9 $p ) >/dev/null 2>&1 & w=$!;`,
    `wait $p; s=$?; kill -9 $w 2>/dev/null; [ $s != 0 ] || rm -rf ${directory}; exit $s`,
  )

/** Connects and finds out what it is. */
export async function openSshMachine(settings: SshSettings, signal?: AbortSignal): Promise<Machine> {
  const client = await openSsh(settings)
  try {
    await client.connect(1, signal)
    const exit = await client.run('uname -sm', { timeoutMs: 30_000 })
    const [system = '', machine = ''] = exit.stdout.toString('utf8').trim().split(/\s+/)
    const architecture = ARCHITECTURES[machine]
    if (system !== 'Linux' || architecture === undefined)
      throw environmentError(
        `${settings.name} is ${system || 'a system without uname'} ${machine}`.trim(),
        'hosts are Linux on x86_64 or aarch64',
      )
    return {
      triple: `${architecture}-unknown-linux-gnu`,
      emulated: false,
      put: (program, stop) => place(client, settings, program, stop),
      close: () => client.close(),
    }
  } catch (error) {
    await client.close()
    throw error
  }
}

async function place(
  client: SshClient,
  settings: SshSettings,
  program: Program,
  signal: AbortSignal | undefined,
): Promise<Placed> {
  // Directories that may still be there; their names are drawn here, so that they are known whatever happens.
  const made = new Set<string>()
  const parent = settings.directory ?? '/tmp'
  const bytes = await readFile(program.path)

  /** Copies the program into a fresh directory there; its path. */
  async function send(stop: AbortSignal | undefined): Promise<string> {
    for (let tried = 1; ; tried++) {
      await client.connect(TRIES, stop)
      const directory = `${parent}/xlab.${randomUUID()}`
      made.add(directory)
      const exit = await client.run(put(directory), {
        ...limits(stop),
        input: bytes,
        maxBytes: bytes.length + 65536,
      })
      stop?.throwIfAborted()
      const hash = /^[0-9a-f]{64}\b/.exec(exit.stdout.toString('latin1', 0, 80))?.[0] ?? sha256(exit.stdout)
      if (succeeded(exit) && hash === program.hash) return directory
      if (tried >= TRIES || !(isLost(exit) || succeeded(exit)))
        throw environmentError(
          `${settings.name}: a program cannot be put into ${parent}: ${lastLine(exit)}`,
          "its 'directory' in xlab.yaml names another folder",
        )
    }
  }

  async function remove(): Promise<void> {
    if (made.size > 0) await client.run(`rm -rf ${[...made].join(' ')}`, { timeoutMs: 20_000 })
    made.clear()
  }

  let directory: string | undefined
  try {
    directory = await send(signal)
  } catch (error) {
    await remove()
    throw error
  }
  return {
    remove,
    async start({ input = '', ...how }) {
      await client.connect(TRIES, how.signal)
      // A connection that went, or a host that started anew, may have taken the directory along.
      for (let again = false; ; again = true) {
        directory ??= await send(how.signal)
        const written = await client.run(`cat >${directory}/jobs`, { ...limits(how.signal), input })
        if (isLost(written)) return { state: 'lost', why: lastLine(written) }
        if (succeeded(written)) break
        if (again)
          throw environmentError(`${settings.name}: its jobs cannot be written: ${lastLine(written)}`)
        directory = undefined
      }
      const exit = await client.run(start(directory), { ...how, leash: true })
      if (succeeded(exit)) made.delete(directory)
      if (succeeded(exit) || isLost(exit)) directory = undefined
      return isLost(exit) ? { state: 'lost', why: lastLine(exit) } : exit
    },
  }
}

const limits = (signal: AbortSignal | undefined): RunOptions => ({
  timeoutMs: 300_000,
  ...(signal && { signal }),
})

const lastLine = (exit: Exit): string => exit.stderr.trim().split('\n').at(-1) || describeExit(exit)
