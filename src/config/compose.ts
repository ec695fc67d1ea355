/** Reads compose.yaml, the one definition of our containers (https://docs.docker.com/reference/compose-file/). */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { usageError } from '../errors.ts'
import { ROOT } from './paths.ts'
import { parseSize } from './settings/read.ts'

/** One service, paths absolute. Only what our services use is read; the rest is Compose's own business. */
export interface Service {
  readonly image: string
  readonly build: { readonly context: string; readonly dockerfile: string }
  readonly entrypoint: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  readonly tmpfs: readonly string[]
  readonly networkMode: string
  readonly readOnlyRoot: boolean
  readonly capDrop: readonly string[]
  readonly securityOptions: readonly string[]
  readonly memoryBytes: number
  readonly pids: number
}

export interface Mount {
  /** Absolute path on this machine. */
  readonly source: string
  /** Absolute path in the container. */
  readonly target: string
  readonly readOnly: boolean
}

/** The service called `name` in compose.yaml. Throws a usage error that names the first thing wrong with it. */
export function readService(name: string, file: string = join(ROOT, 'compose.yaml')): Service {
  const at = (what: string): string => `${file}: services.${name}.${what}`
  const document: unknown = parse(readFileSync(file, 'utf8'))
  const service = record(record(record(document, file).services, `${file}: services`)[name], at(''))
  const build = record(service.build, at('build'))
  const from = (path: string): string => resolve(dirname(file), path)
  const context = from(text(build.context, at('build.context')))
  return {
    image: text(service.image, at('image')),
    build: { context, dockerfile: resolve(context, text(build.dockerfile, at('build.dockerfile'))) },
    entrypoint: texts(service.entrypoint, at('entrypoint')),
    environment: Object.fromEntries(
      Object.entries(record(service.environment ?? {}, at('environment'))).map(([key, value]) => [
        key,
        text(value, at(`environment.${key}`)),
      ]),
    ),
    mounts: texts(service.volumes ?? [], at('volumes')).map(volume => {
      const [source = '', target = '', mode = 'rw'] = volume.split(':')
      if (!target.startsWith('/'))
        throw usageError(`${at('volumes')}: '${volume}' is not SOURCE:/TARGET[:ro]`)
      return { source: from(source), target, readOnly: mode === 'ro' }
    }),
    tmpfs: texts(service.tmpfs ?? [], at('tmpfs')),
    networkMode: text(service.network_mode, at('network_mode')),
    readOnlyRoot: service.read_only === true,
    capDrop: texts(service.cap_drop ?? [], at('cap_drop')),
    securityOptions: texts(service.security_opt ?? [], at('security_opt')),
    memoryBytes: bytes(text(service.mem_limit, at('mem_limit')), at('mem_limit')),
    pids: Number(text(service.pids_limit, at('pids_limit'))),
  }
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw usageError(`${where} is missing or not a mapping`)
  return value as Record<string, unknown>
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string' && typeof value !== 'number')
    throw usageError(`${where} is missing or not text`)
  return String(value)
}

function texts(value: unknown, where: string): string[] {
  if (!Array.isArray(value)) throw usageError(`${where} is missing or not a list`)
  return value.map(item => text(item, where))
}

function bytes(size: string, where: string): number {
  const read = parseSize(size)
  if (read === undefined) throw usageError(`${where}: '${size}' is not a size`, 'write 512m or 8g')
  return read
}
