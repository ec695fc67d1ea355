/** Where a Docker engine may be: the same places, in the same order, as Docker's own command line looks. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { DockerOptions } from 'dockerode'

export interface Endpoint {
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host` */
  readonly url: string
  /** Why it is looked at, for a person. */
  readonly from: string
  /** Folder with ca.pem, cert.pem and key.pem, when the engine wants TLS. */
  readonly certificates?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Engines to try, best first. DOCKER_HOST or a chosen context is an order, not a hint: nothing else is tried then.
 * @param environment as process.env
 */
export function endpoints(environment: Environment = process.env): Endpoint[] {
  const strategies = [fromDockerHost, fromContext, fromDefaultSockets]
  return strategies.map(strategy => strategy(environment)).find(found => found.length > 0) ?? []
}

function fromDockerHost(environment: Environment): Endpoint[] {
  const url = environment.DOCKER_HOST
  if (!url) return []
  const tls = (environment.DOCKER_TLS_VERIFY ?? '') !== '' || environment.DOCKER_CERT_PATH !== undefined
  const certificates = environment.DOCKER_CERT_PATH ?? dockerFolder(environment)
  return [{ url, from: 'DOCKER_HOST', ...(tls && { certificates }) }]
}

function fromContext(environment: Environment): Endpoint[] {
  const folder = dockerFolder(environment)
  const config = readJson(join(folder, 'config.json'))
  const name = environment.DOCKER_CONTEXT || config?.currentContext
  if (typeof name !== 'string' || name === 'default') return []
  const id = createHash('sha256').update(name).digest('hex')
  const meta = readJson(join(folder, 'contexts/meta', id, 'meta.json')) as
    | { Endpoints?: { docker?: { Host?: string } } }
    | undefined
  const url = meta?.Endpoints?.docker?.Host
  const certificates = join(folder, 'contexts/tls', id, 'docker')
  const from = `docker context '${name}'`
  return [{ url: url ?? '', from, ...(existsSync(certificates) && { certificates }) }]
}

function fromDefaultSockets(environment: Environment): Endpoint[] {
  const runtime = environment.XDG_RUNTIME_DIR
  return [
    '/var/run/docker.sock',
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(homedir(), '.docker/run/docker.sock'),
  ].map(path => ({ url: `unix://${path}`, from: 'the default socket' }))
}

/** Options for dockerode, or undefined for an address of no known kind. */
export function connection({ url, certificates }: Endpoint): DockerOptions | undefined {
  if (url.startsWith('unix://')) return { socketPath: url.slice('unix://'.length) }
  const address = URL.canParse(url) ? new URL(url) : undefined
  if (!address?.hostname) return undefined
  const { hostname: host, protocol } = address
  const agent = process.env.SSH_AUTH_SOCK
  if (protocol === 'ssh:')
    return {
      protocol: 'ssh',
      host,
      port: address.port || 22,
      ...(address.username && { username: decodeURIComponent(address.username) }),
      ...(agent && { sshOptions: { agent } }),
    }
  if (protocol !== 'tcp:' && protocol !== 'http:' && protocol !== 'https:') return undefined
  if (certificates === undefined && protocol !== 'https:')
    return { protocol: 'http', host, port: address.port || 2375 }
  const pem = (name: string): Buffer | undefined => {
    const file = join(certificates ?? '', `${name}.pem`)
    return existsSync(file) ? readFileSync(file) : undefined
  }
  const [ca, cert, key] = [pem('ca'), pem('cert'), pem('key')]
  return {
    protocol: 'https',
    host,
    port: address.port || 2376,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  }
}

const dockerFolder = (environment: Environment): string =>
  environment.DOCKER_CONFIG || join(environment.HOME || homedir(), '.docker')

function readJson(file: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
