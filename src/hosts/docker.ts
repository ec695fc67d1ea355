/** A container, here or on an engine elsewhere, in which bundles run: no network, nothing to write, no capabilities. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../config/paths.ts'
import type { DockerSettings } from '../config/settings/settings.ts'
import { type Engine, findEngine } from '../containers/engine.ts'
import { environmentError } from '../errors.ts'
import type { Exit } from '../process/run.ts'
import type { Machine, StartOptions } from './machine.ts'

const GIGABYTE = 2 ** 30
const NOBODY = '65534:65534'
/** An anonymous volume: the one place an engine elsewhere lets a file be put into a read-only container. */
const FOLDER = '/bundle'

/** An image with nothing in it: bundles bring all they need. */
const EMPTY = {
  name: 'xlab-host',
  context: join(ROOT, 'docker/host'),
  dockerfile: join(ROOT, 'docker/host/Dockerfile'),
}

/** Finds the engine; a container is made for each run. */
export async function openDockerMachine(settings: DockerSettings, signal?: AbortSignal): Promise<Machine> {
  const places = settings.engine === undefined ? undefined : [{ url: settings.engine, from: 'xlab.yaml' }]
  const found = await findEngine(places, 10_000)
  if (found.state === 'none')
    throw environmentError(
      `${settings.name}: no Docker engine answers: ${found.tried.join('; ') || 'nothing to try'}`,
      "start Docker, or give its address as 'engine' in xlab.yaml",
    )
  const { engine } = found
  const image = await engine.ensureImage(EMPTY, signal)
  return {
    triple: `${architectureOf(engine.architecture)}-unknown-linux-gnu`,
    emulated: false,
    put: async program => ({
      start: how =>
        inContainer(
          engine,
          settings,
          { image: image.name, command: [`${FOLDER}/program`] },
          program.path,
          how,
        ),
      remove: async () => {},
    }),
    close: async () => {},
  }
}

/** Runs a command in a fresh container that has the file at /bundle/program, and gives how it ended. */
export async function inContainer(
  engine: Engine,
  limits: Pick<DockerSettings, 'cpus' | 'cores' | 'memory'>,
  what: { readonly image: string; readonly command: readonly string[] },
  path: string,
  how: StartOptions,
): Promise<Exit> {
  const { image, command } = what
  const exit = await engine.run({
    image,
    entrypoint: command,
    command: [],
    environment: {},
    inputs: [
      {
        source: path,
        target: `${FOLDER}/program`,
        volume: FOLDER,
        files: () => [{ path: 'program', bytes: readFileSync(path), mode: 0o555 }],
      },
    ],
    stdin: how.input ?? '',
    user: NOBODY,
    tmpfs: [],
    networkMode: 'none',
    readOnlyRoot: true,
    capDrop: ['ALL'],
    securityOptions: ['no-new-privileges:true'],
    memoryBytes: limits.memory ?? 4 * GIGABYTE,
    pids: 64,
    ...(limits.cpus !== undefined && { cpus: limits.cpus }),
    ...(limits.cores !== undefined && { cores: limits.cores }),
    timeLimitSeconds: (how.timeoutMs ?? 600_000) / 1000,
    ...(how.maxBytes !== undefined && { maxBytes: how.maxBytes }),
    onLine: how.onStdout ?? (() => {}),
    signal: how.signal ?? new AbortController().signal,
  })
  const output = { stdout: Buffer.alloc(0), stderr: exit.log, seconds: exit.seconds }
  switch (exit.state) {
    case 'exited':
      return { ...output, state: 'exited', code: exit.code }
    case 'out-of-memory':
      return { ...output, state: 'signalled', signal: 'SIGKILL (out of memory)' }
    default:
      return { ...output, state: exit.state }
  }
}

/** What an engine calls an architecture, as LLVM calls it. */
function architectureOf(name: string): string {
  const known: Readonly<Record<string, string>> = {
    x86_64: 'x86_64',
    amd64: 'x86_64',
    aarch64: 'aarch64',
    arm64: 'aarch64',
  }
  const architecture = known[name]
  if (architecture === undefined)
    throw environmentError(`the engine's machine is ${name}`, 'hosts are Linux on x86_64 or aarch64')
  return architecture
}
