/** The local runtime's Python: a virtual environment of the pinned wheels under `.xlab/python/`, made once. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inState, MODELS_DIR } from '../../config/paths.ts'
import { environmentError, type XlabError } from '../../errors.ts'
import { withLock } from '../../llvm/lock.ts'
import { log, progress } from '../../log.ts'
import { describeExit, type Exit, run, succeeded } from '../../process/run.ts'

const REQUIREMENTS = join(MODELS_DIR, 'requirements.txt')
const NEEDED_BYTES = 2.5e9
/** CPython versions that TensorFlow 2.21 has wheels for. */
const VERSIONS = ['3.10', '3.11', '3.12', '3.13']
const NAMES = ['python3', ...VERSIONS.toReversed().map(version => `python${version}`)]

const PROBE = `import sys, platform
try:
    import venv, ensurepip
    able = True
except ImportError:
    able = False
libc = platform.libc_ver()[0]
print('%d.%d' % sys.version_info[:2], sys.implementation.name, libc or 'other', able)`

/**
 * Path of the environment's python, made first if need be. Complete or absent, also when interrupted or when two
 * xlabs start at once. Environment errors say what to do without Python, network or disk space.
 */
export async function ensurePython(signal?: AbortSignal): Promise<string> {
  const python = await findPython()
  const identity = `${python.version} ${process.arch}\n${readFileSync(REQUIREMENTS, 'utf8')}`
  const folder = inState('python', createHash('sha256').update(identity).digest('hex').slice(0, 16))
  const ready = join(folder, 'bin', 'python')
  if (existsSync(ready)) return ready
  await mkdir(dirname(folder), { recursive: true })
  await withLock(`${folder}.lock`, signal, async () => {
    if (existsSync(ready)) return
    const part = `${folder}.part`
    try {
      await rm(part, { recursive: true, force: true })
      await needDisk(dirname(folder))
      await makeEnvironment(python.command, part, signal)
      await rm(folder, { recursive: true, force: true })
      await rename(part, folder)
    } finally {
      await rm(part, { recursive: true, force: true })
    }
  })
  return ready
}

async function makeEnvironment(
  python: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  log.info('installing TensorFlow from pinned wheels (about 350 MB, once)')
  const shown = progress('Python environment', undefined)
  const options = {
    timeoutMs: 1_800_000,
    env: { PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1', PYTHONPATH: '' },
    onStdout: (line: string) => {
      const doing = /^\s*((?:Collecting|Downloading|Installing) \S+)/.exec(line)?.[1]
      if (doing !== undefined) shown.say(doing)
    },
    ...(signal && { signal }),
  }
  try {
    check(await run(python, ['-m', 'venv', folder], options), signal)
    const pip = [
      ...['-m', 'pip', 'install', '--no-compile', '--no-deps', '--require-hashes', '--only-binary', ':all:'],
      ...['--progress-bar', 'off', '-r', REQUIREMENTS],
    ]
    check(await run(join(folder, 'bin', 'python'), pip, options), signal)
  } finally {
    shown.done()
  }
}

function check(exit: Exit, signal: AbortSignal | undefined): void {
  signal?.throwIfAborted()
  if (succeeded(exit)) return
  if (/no space left/i.test(exit.stderr)) throw noSpace()
  const why = /^ERROR: (.*)$/m.exec(exit.stderr)?.[1] ?? exit.stderr.trim().split('\n').at(-1)
  throw environmentError(
    `the Python environment could not be made: ${why || describeExit(exit)}`,
    'check the network and pip’s index settings, then run the same command again',
  )
}

async function needDisk(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < NEEDED_BYTES) throw noSpace()
}

const noSpace = (): XlabError =>
  environmentError(
    `no room for TensorFlow: it takes 2.5 GB under ${inState()}`,
    'free some disk space, or set XLAB_STATE to a folder with room',
  )

/** The first Python that TensorFlow has wheels for and that can make environments. */
export async function findPython(): Promise<{ command: string; version: string }> {
  const seen: string[] = []
  for (const command of NAMES) {
    const exit = await run(command, ['-I', '-c', PROBE], { timeoutMs: 20_000 })
    if (!succeeded(exit)) continue
    const [version = '', implementation, libc, able] = exit.stdout.toString().trim().split(' ')
    if (!VERSIONS.includes(version) || implementation !== 'cpython') seen.push(`${command} is ${version}`)
    else if (libc !== 'glibc') seen.push(`${command} is not built for glibc`)
    else if (able !== 'True') seen.push(`${command} cannot make environments (no venv or ensurepip)`)
    else return { command, version }
  }
  throw environmentError(
    `no CPython ${VERSIONS[0]} to ${VERSIONS.at(-1)} that can make environments${seen.length > 0 ? `: ${seen.join('; ')}` : ' was found'}`,
    "install one, e.g. apt install python3 python3-venv, or use '--runtime docker'",
  )
}
