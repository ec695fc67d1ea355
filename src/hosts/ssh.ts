/** A machine reached by ssh: one static executable is copied, checked, run in a fresh directory and removed. */
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
 * Makes the directory, takes the program in and says what arrived; without sha256sum, it is sent back to be hashed
 * here. What is cut off leaves nothing behind.
 */
const put = (parent: string): string =>
  script(
    'umask 077;',
    `d=$(mktemp -d ${parent}/xlab.XXXXXXXXXX) || exit 81;`,
    'trap "rm -rf $d" EXIT; trap "exit 82" HUP INT TERM;',
    'cat >$d/bundle && chmod 500 $d/bundle || exit 83;',
    'echo $d;',
    'if command -v sha256sum >/dev/null; then sha256sum <$d/bundle; else cat $d/bundle; fi || exit 84;',
    'trap - EXIT',
  )

/**
 * Runs the program on the jobs beside it with an empty environment. The connection is a leash: when it goes, so do the
 * program, which would disturb what runs next, and the directory.
 */
const start = (directory: string): string =>
  script(
    `cd ${directory} 2>/dev/null || exit 91;`,
    'exec 3<&0; env -i ./bundle <jobs & p=$!;',
    `( cat <&3 >/dev/null; kill -9 $p; rm -rf ${directory} ) >/dev/null 2>&1 & w=$!;`,
    'wait $p; s=$?; kill -9 $w 2>/dev/null; exit $s',
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
      place: 'elsewhere',
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
  let directory: string | undefined = await send(client, settings, program, signal)
  return {
    async start({ input = '', ...how }) {
      const stop = how.signal
      await client.connect(TRIES, stop)
      // The connection that took the program may have taken the directory with it.
      for (let again = false; ; again = true) {
        directory ??= await send(client, settings, program, stop)
        const written = await client.run(`cat >${directory}/jobs`, { ...limits(stop), input })
        if (isLost(written)) return { state: 'lost', why: lastLine(written) }
        if (succeeded(written)) break
        if (again)
          throw environmentError(`${settings.name}: its jobs cannot be written: ${lastLine(written)}`)
        directory = undefined
      }
      const exit = await client.run(start(directory), { ...how, leash: true })
      if (!isLost(exit)) return exit
      directory = undefined
      return { state: 'lost', why: lastLine(exit) }
    },
    async remove() {
      if (directory !== undefined) await client.run(`rm -rf ${directory}`, { timeoutMs: 20_000 })
      directory = undefined
    },
  }
}

/** Copies a program into a fresh directory there; its path. */
async function send(
  client: SshClient,
  settings: SshSettings,
  program: Program,
  signal: AbortSignal | undefined,
): Promise<string> {
  const bytes = await readFile(program.path)
  const parent = settings.directory ?? '/tmp'
  for (let tried = 1; ; tried++) {
    await client.connect(TRIES, signal)
    const exit = await client.run(put(parent), {
      ...limits(signal),
      input: bytes,
      maxBytes: bytes.length + 65536,
    })
    signal?.throwIfAborted()
    if (succeeded(exit)) {
      const end = exit.stdout.indexOf('\n')
      const directory = exit.stdout.toString('utf8', 0, end)
      const arrived = exit.stdout.subarray(end + 1)
      const hash = /^[0-9a-f]{64}\b/.exec(arrived.toString('latin1', 0, 80))?.[0] ?? sha256(arrived)
      const ours = directory.startsWith(`${parent}/xlab.`) && /^[\w./-]+$/.test(directory)
      if (hash === program.hash && ours) return directory
      if (ours) await client.run(`rm -rf ${directory}`, limits(signal))
    }
    if (tried >= TRIES || (exit.state === 'exited' && exit.code !== 255 && exit.code !== 0))
      throw environmentError(
        `${settings.name}: a program cannot be put into ${parent}: ${lastLine(exit)}`,
        "its 'directory' in xlab.yaml names another folder",
      )
  }
}

const limits = (signal: AbortSignal | undefined): RunOptions => ({
  timeoutMs: 300_000,
  ...(signal && { signal }),
})

const lastLine = (exit: Exit): string => exit.stderr.trim().split('\n').at(-1) || describeExit(exit)
