/** Images: our own, tagged by the content of what goes into them, and anybody's by name. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { environmentError } from '../errors.ts'
import { log, progress } from '../log.ts'
import { packTar } from './tar.ts'

export interface ImageSpec {
  /** Repository name; the tag is the content hash of the Dockerfile and of what it copies. */
  readonly name: string
  /** Folder that COPY paths are relative to. */
  readonly context: string
  readonly dockerfile: string
}

export interface Image {
  readonly name: string
  /** Repository digest where the image has one, else the image's own id; `sha256:…` either way. */
  readonly digest: string
}

/** A line of the JSON stream that builds and pulls answer with. */
interface Message {
  readonly stream?: string
  readonly status?: string
  readonly error?: string
}

/** What a Dockerfile copies from its context, in order. Flags such as --chown are skipped; globs are not used here. */
export function copiedPaths(dockerfile: string): string[] {
  return [...dockerfile.matchAll(/^COPY\s+((?:--\S+\s+)*)(.+)$/gm)]
    .filter(match => !match[1]?.includes('--from='))
    .flatMap(match => (match[2] ?? '').trim().split(/\s+/).slice(0, -1))
}

/** Name and tag that an image of these inputs has. */
export function taggedName(spec: ImageSpec): string {
  const hash = createHash('sha256')
  for (const { path, bytes } of inputs(spec)) hash.update(`${path}\0${bytes.length}\0`).update(bytes)
  return `${spec.name}:${hash.digest('hex').slice(0, 16)}`
}

function inputs({ context, dockerfile }: ImageSpec): { path: string; bytes: Buffer }[] {
  const recipe = readFileSync(dockerfile)
  const copied = copiedPaths(recipe.toString('utf8'))
  return [
    { path: 'Dockerfile', bytes: recipe },
    ...copied.map(path => ({ path, bytes: readFileSync(join(context, path)) })),
  ]
}

/** See Engine.ensureImage. */
export async function ensureImage(docker: Docker, spec: ImageSpec, signal?: AbortSignal): Promise<Image> {
  const name = taggedName(spec)
  const there = await inspect(docker, name)
  if (there !== undefined) return there
  log.info(`building image ${name} (once)`)
  const context = packTar(inputs(spec).map(file => ({ ...file, mode: 0o644 })))
  await watched(`image ${spec.name}`, docker, signal, () =>
    docker.buildImage(context as unknown as NodeJS.ReadableStream, {
      t: name,
      forcerm: true,
      labels: { xlab: 'image' },
      ...(signal && { abortSignal: signal }),
    }),
  )
  await docker.getImage(name).tag({ repo: spec.name, tag: 'latest' })
  const built = await inspect(docker, name)
  if (built === undefined) throw environmentError(`the engine built ${name} but does not have it`)
  return built
}

/** See Engine.findImage. */
export async function findImage(docker: Docker, name: string, signal?: AbortSignal): Promise<Image> {
  const there = await inspect(docker, name)
  if (there !== undefined) return there
  log.info(`pulling image ${name} (once)`)
  await watched(`pull ${name}`, docker, signal, () =>
    docker.pull(/[:@][^/]*$/.test(name) ? name : `${name}:latest`, {
      ...(signal && { abortSignal: signal }),
    }),
  )
  const pulled = await inspect(docker, name)
  if (pulled === undefined) throw environmentError(`image ${name} was pulled but is not there`)
  return pulled
}

async function inspect(docker: Docker, name: string): Promise<Image | undefined> {
  try {
    const { Id, RepoDigests } = await docker.getImage(name).inspect()
    return { name, digest: RepoDigests?.[0]?.split('@')[1] ?? Id }
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined
    throw environmentError(`the Docker engine failed: ${(error as Error).message}`)
  }
}

/** Follows a build or pull to its end with progress; its last lines go into the error if it fails. */
async function watched(
  label: string,
  docker: Docker,
  signal: AbortSignal | undefined,
  begin: () => Promise<NodeJS.ReadableStream>,
): Promise<void> {
  const shown = progress(label, undefined)
  const tail: string[] = []
  try {
    const stream = await begin()
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(
        stream,
        (error: Error | null) => (error ? reject(error) : resolve()),
        (message: Message) => {
          const line = (message.stream ?? message.status ?? message.error ?? '').trim()
          if (line === '') return
          tail.push(line)
          if (tail.length > 15) tail.shift()
          shown.say(line.split('\n').at(-1) ?? '')
          if (message.error !== undefined) reject(new Error(message.error))
        },
      )
    })
    shown.done()
  } catch (error) {
    shown.done()
    signal?.throwIfAborted()
    throw environmentError(
      `${label} failed: ${(error as Error).message}\n${tail.map(line => `    ${line}`).join('\n')}`.trimEnd(),
      "check the network and disk space and run the same command again, or use '--runtime local'",
    )
  }
}
