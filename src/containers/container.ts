/** Runs one container: locked down, limited, watched, and removed however it ends. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { type Duplex, PassThrough, type Readable } from 'node:stream'
import type Docker from 'dockerode'
import { environmentError } from '../errors.ts'
import { cappedText, eachLine } from './output.ts'
import { ownerLabels, removeContainer } from './reap.ts'
import { extractTar, packTar, type TarEntry } from './tar.ts'

/** What a container may read: a file or folder of this machine at a path in the container. */
export interface Input {
  readonly source: string
  readonly target: string
  /** For a remote engine: the folder of the container that `files` go to, and they. */
  readonly volume: string
  files(): TarEntry[]
}

export interface ContainerSpec {
  readonly image: string
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly inputs: readonly Input[]
  /**
   * The one folder it may write, on this machine and in the container; for a remote engine, below `volume`. Without
   * one it may write nothing, and its inputs travel as archives wherever the engine is.
   */
  readonly output?: { readonly source: string; readonly target: string; readonly volume: string }
  /** Given to standard input, which otherwise stays open and empty as long as we live. */
  readonly stdin?: string | Uint8Array
  /** Who it runs as; otherwise the one who runs us. */
  readonly user?: string
  /** CPUs it may use at once, and which cores (`0,2-3`); otherwise all. */
  readonly cpus?: number
  readonly cores?: string
  /** Output it may write (default 64 MiB). */
  readonly maxBytes?: number
  readonly tmpfs: readonly string[]
  readonly networkMode: string
  readonly readOnlyRoot: boolean
  readonly capDrop: readonly string[]
  readonly securityOptions: readonly string[]
  readonly memoryBytes: number
  readonly pids: number
  readonly timeLimitSeconds: number
  /** Called with each line of standard output. */
  onLine(line: string): void
  readonly signal: AbortSignal
}

export type ContainerExit = {
  /** Standard error, its middle cut out if long. */
  readonly log: string
  readonly seconds: number
} & (
  | { readonly state: 'exited'; readonly code: number }
  | { readonly state: 'timeout' | 'flooded' | 'out-of-memory' }
)

/** What is known of the engine that decides how files travel and who owns them. */
export interface Nature {
  /** Its files are not this machine's: inputs and outputs travel as archives. */
  readonly remote: boolean
  /** Root in a container is the user who runs the engine. */
  readonly rootless: boolean
}

const MOST_OUTPUT = 64 << 20
const OUTPUT_LIMITS = { files: 200_000, bytes: 4 * 2 ** 30 }

/** See Engine.run. */
export async function runContainer(
  docker: Docker,
  nature: Nature,
  spec: ContainerSpec,
): Promise<ContainerExit> {
  spec.signal.throwIfAborted()
  try {
    return await runOnce(docker, nature, spec)
  } catch (error) {
    spec.signal.throwIfAborted()
    const message = (error as Error).message
    // An engine in a virtual machine or beside our own container has a local socket and other files.
    if (!nature.remote && /bind source path does not exist/.test(message))
      return runContainer(docker, { ...nature, remote: true }, spec)
    throw environmentError(`the Docker engine failed: ${message.trim()}`, 'is it still running? docker info')
  }
}

async function runOnce(docker: Docker, where: Nature, spec: ContainerSpec): Promise<ContainerExit> {
  const nature = { ...where, remote: where.remote || spec.output === undefined }
  const container = await docker.createContainer(createOptions(nature, spec))
  try {
    if (nature.remote) await sendInputs(container, spec)
    const exit = await follow(docker, container, spec)
    if (nature.remote) await fetchOutput(container, spec)
    return exit
  } finally {
    await removeContainer(container)
  }
}

function createOptions(nature: Nature, spec: ContainerSpec): Docker.ContainerCreateOptions {
  const mount = (source: string, target: string, readOnly: boolean): Docker.MountSettings => ({
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: readOnly,
  })
  const { output } = spec
  const volumes = [...spec.inputs, ...(output ? [output] : [])].map(({ volume }) => volume)
  const [uid, gid] = nature.rootless ? [0, 0] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  return {
    Image: spec.image,
    Entrypoint: [...spec.entrypoint],
    Cmd: [...spec.command],
    Env: Object.entries(spec.environment).map(([key, value]) => `${key}=${value}`),
    User: spec.user ?? `${uid}:${gid}`,
    Labels: ownerLabels(),
    // Standard input stays open as long as we live; harvest.py ends when it closes.
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    ...(nature.remote && { Volumes: Object.fromEntries(volumes.map(volume => [volume, {}])) }),
    HostConfig: {
      // Also removed by the engine, should we be killed; the output of a remote one must outlive it.
      AutoRemove: !nature.remote,
      Init: true,
      NetworkMode: spec.networkMode,
      ReadonlyRootfs: spec.readOnlyRoot,
      CapDrop: [...spec.capDrop],
      SecurityOpt: [...spec.securityOptions],
      Memory: spec.memoryBytes,
      MemorySwap: spec.memoryBytes,
      PidsLimit: spec.pids,
      ...(spec.cpus !== undefined && { NanoCpus: Math.round(spec.cpus * 1e9) }),
      ...(spec.cores !== undefined && { CpusetCpus: spec.cores }),
      Tmpfs: Object.fromEntries(spec.tmpfs.map(path => [path, ''])),
      LogConfig: { Type: 'none', Config: {} },
      ...(!nature.remote && {
        Mounts: [
          ...spec.inputs.map(({ source, target }) => mount(source, target, true)),
          ...(output ? [mount(output.source, output.target, false)] : []),
        ],
      }),
    },
  }
}

/** Starts the container and follows it to its end, which comes by itself or by one of our limits. */
async function follow(
  docker: Docker,
  container: Docker.Container,
  spec: ContainerSpec,
): Promise<ContainerExit> {
  const started = performance.now()
  const attached = (await container.attach({
    stream: true,
    stdin: true,
    stdout: true,
    stderr: true,
    hijack: true,
  })) as Duplex
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  docker.modem.demuxStream(attached, stdout, stderr)
  let ended: 'timeout' | 'flooded' | undefined
  const end = (why?: 'timeout' | 'flooded'): void => {
    ended ??= why
    container.kill().catch(() => {}) // it may have ended by itself just now
  }
  const log = cappedText()
  let received = 0
  const count = (chunk: Buffer): void => {
    received += chunk.length
    if (received > (spec.maxBytes ?? MOST_OUTPUT) && ended === undefined) end('flooded')
  }
  stdout.on('data', count)
  stderr.on('data', (chunk: Buffer) => {
    count(chunk)
    log.add(chunk)
  })
  eachLine(stdout, spec.onLine)
  const closed = new Promise<void>(resolve => attached.once('close', resolve).once('end', resolve))
  const abort = (): void => end()
  const timer = setTimeout(() => end('timeout'), spec.timeLimitSeconds * 1000)
  try {
    const waited = container.wait({ condition: 'next-exit' })
    waited.catch(() => {}) // handled below; not a second time if start fails
    await container.start()
    if (spec.stdin !== undefined) attached.end(spec.stdin)
    spec.signal.addEventListener('abort', abort, { once: true })
    if (spec.signal.aborted) abort()
    const { StatusCode: code } = await waited
    // Output still on its way: the stream closes once all of it has been sent.
    await Promise.race([closed, new Promise(resolve => setTimeout(resolve, 2000).unref())])
    spec.signal.throwIfAborted()
    const seconds = (performance.now() - started) / 1000
    if (ended !== undefined) return { state: ended, log: log.text(), seconds }
    // Nobody but the kernel kills it; the limit on memory is why (AutoRemove leaves nothing to inspect).
    if (code === 137) return { state: 'out-of-memory', log: log.text(), seconds }
    return { state: 'exited', code, log: log.text(), seconds }
  } finally {
    clearTimeout(timer)
    spec.signal.removeEventListener('abort', abort)
    attached.destroy()
  }
}

async function sendInputs(container: Docker.Container, spec: ContainerSpec): Promise<void> {
  if (spec.output) {
    const { target, volume } = spec.output
    const folder: TarEntry = { path: `${relative(volume, target)}/`, bytes: new Uint8Array(), mode: 0o777 }
    await container.putArchive(packTar([folder]), { path: volume })
  }
  for (const input of spec.inputs) await container.putArchive(packTar(input.files()), { path: input.volume })
}

async function fetchOutput(container: Docker.Container, spec: ContainerSpec): Promise<void> {
  if (!spec.output) return
  const archive = (await container.getArchive({ path: spec.output.target })) as Readable
  await extractTar(archive, spec.output.source, OUTPUT_LIMITS)
}

/** An input that is one file. */
export const fileEntry = (source: string, path: string): TarEntry => ({
  path,
  bytes: readFileSync(source),
  mode: 0o644,
})
