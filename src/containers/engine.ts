/** The one door to Docker: find an engine, make an image, run a container, remove what was left behind. */
import Docker from 'dockerode'
import { environmentError, type XlabError } from '../errors.ts'
import { type ContainerExit, type ContainerSpec, runContainer } from './container.ts'
import { connection, type Endpoint, endpoints } from './endpoint.ts'
import { ensureImage, findImage, type Image, type ImageSpec } from './image.ts'
import { reap } from './reap.ts'

export type { ContainerExit, ContainerSpec } from './container.ts'
export type { Image, ImageSpec } from './image.ts'

export interface Engine {
  /** How it was found and its version, for a person: `the default socket, Docker 20.10.24`. */
  readonly where: string
  /** Architecture of its machine, as Linux calls it: x86_64, aarch64. */
  readonly architecture: string
  /** An image of our own, built unless one with the same inputs is there. Environment errors if it cannot be built. */
  ensureImage(spec: ImageSpec, signal?: AbortSignal): Promise<Image>
  /** Somebody's image by name, pulled if it is not there. */
  findImage(name: string, signal?: AbortSignal): Promise<Image>
  /** Runs one container to its end and removes it. Rejects on abort and when the engine fails. */
  run(spec: ContainerSpec): Promise<ContainerExit>
  /** Removes containers whose xlab is gone; returns their names. */
  reap(): Promise<string[]>
}

export type Search =
  | { readonly state: 'found'; readonly engine: Engine }
  | { readonly state: 'none'; readonly tried: readonly string[] }

/** The first engine that answers in time, and what was tried if none does. */
export async function findEngine(
  places: readonly Endpoint[] = endpoints(),
  timeoutMs = 3000,
): Promise<Search> {
  const tried: string[] = []
  for (const place of places) {
    try {
      const options = connection(place)
      if (options === undefined) throw new Error('not an address of an engine')
      const docker = new Docker({ ...options, headers: { 'User-Agent': 'xlab' } })
      return { state: 'found', engine: await open(docker, place, timeoutMs) }
    } catch (error) {
      tried.push(`${place.url} (${place.from}): ${(error as Error).message}`)
    }
  }
  return { state: 'none', tried }
}

/** What to say when a container was asked for and no engine answers. */
export const noEngineError = (tried: readonly string[]): XlabError =>
  environmentError(
    `no Docker engine answers: ${tried.join('; ') || 'nothing to try'}`,
    "start Docker, set DOCKER_HOST, or use '--runtime local'",
  )

async function open(docker: Docker, place: Endpoint, timeoutMs: number): Promise<Engine> {
  const info = await Promise.race([docker.info(), refuseAfter(timeoutMs)])
  const security: string[] = info.SecurityOptions ?? []
  const nature = {
    remote: !place.url.startsWith('unix://'),
    rootless: security.some(option => option.startsWith('name=rootless')),
  }
  return {
    where: `${place.from}, Docker ${info.ServerVersion}`,
    architecture: String(info.Architecture ?? ''),
    ensureImage: (spec, signal) => ensureImage(docker, spec, signal),
    findImage: (name, signal) => findImage(docker, name, signal),
    run: spec => runContainer(docker, nature, spec),
    reap: () => reap(docker),
  }
}

function refuseAfter(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer in ${ms / 1000} s`)), ms).unref()
  })
}
