/** xlab.yaml: the hosts and language models a person has named. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { usageError } from '../../errors.ts'
import { ROOT, userPath } from '../paths.ts'
import type { DOCKER_FIELDS, LLM_FIELDS, LOCAL_FIELDS, QEMU_FIELDS, SSH_FIELDS, Values } from './fields.ts'
import { readSections } from './read.ts'

export type LocalSettings = { readonly name: string; readonly kind: 'local' } & Values<typeof LOCAL_FIELDS>
export type SshSettings = { readonly name: string; readonly kind: 'ssh' } & Values<typeof SSH_FIELDS>
export type DockerSettings = { readonly name: string; readonly kind: 'docker' } & Values<typeof DOCKER_FIELDS>
export type QemuSettings = { readonly name: string; readonly kind: 'qemu' } & Values<typeof QEMU_FIELDS>
export type HostSettings = LocalSettings | SshSettings | DockerSettings | QemuSettings
export type LlmSettings = { readonly name: string } & Values<typeof LLM_FIELDS>

export interface Settings {
  /** The file they were read from, if there is one. */
  readonly file: string | undefined
  readonly hosts: readonly HostSettings[]
  readonly llms: readonly LlmSettings[]
}

export const SETTINGS_FILE = 'xlab.yaml'

/**
 * The settings of `path`, or of xlab.yaml in the working directory, else the project's root; none there is no error.
 * Throws one usage error for all that is wrong with the file, a line each: `file:line:column: what, and what to write`.
 */
export function loadSettings(options: { readonly path?: string | undefined } = {}): Settings {
  const file =
    options.path !== undefined
      ? userPath(options.path)
      : [process.cwd(), ROOT].map(folder => join(folder, SETTINGS_FILE)).find(one => existsSync(one))
  if (file === undefined) return { file, hosts: [], llms: [] }
  const { sections, problems } = readSections(textOf(file), file)
  if (problems.length > 0)
    throw usageError(problems.join('\n'), `'xlab.example.yaml' shows all that can be said`)
  // readSections has checked every entry against the fields that these types are made from.
  return {
    file,
    hosts: (sections.hosts ?? []) as unknown as HostSettings[],
    llms: (sections.llms ?? []) as unknown as LlmSettings[],
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw usageError(`${file} cannot be read: ${(error as Error).message}`)
  }
}
