/** The one way stages make builds: by libLLVM in long-lived workers, or by `opt` and `llc` processes. Same bytes either way. */
import type { BuildRequest, BuildResult, ObjectSizes } from '../kernel/build.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { compile } from './compile.ts'

export type EngineKind = 'in-process' | 'spawn'

export interface BuildOptions {
  readonly signal?: AbortSignal | undefined
}

/** What a search needs to know of a candidate. */
export type Trial =
  | {
      readonly state: 'ok'
      readonly sizes: ObjectSizes
      readonly instructions: number
      readonly contentHash: string
      readonly seconds: number
    }
  | {
      readonly state: 'broken'
      readonly step: string
      readonly message: string
      /** Ended by a limit or from outside, so that the machine may be at fault. */
      readonly unclear?: true
      readonly seconds: number
    }

export interface Builder {
  readonly engine: EngineKind
  /** A whole build, as compile() gives it: object, IR, sizes, commands. */
  build(request: BuildRequest, input: () => Uint8Array, options?: BuildOptions): Promise<BuildResult>
  /** Only what a search needs; nothing large comes back, and equal optimised IR is emitted once. */
  try(candidate: BuildRequest, input: () => Uint8Array, options?: BuildOptions): Promise<Trial>
  close(): Promise<void>
}

export interface BuilderOptions {
  readonly engine?: EngineKind
  /** Most worker processes; one a core unless said. */
  readonly workers?: number
  readonly signal?: AbortSignal | undefined
}

/** A builder with this LLVM. */
export async function openBuilder(toolchain: Toolchain, options: BuilderOptions = {}): Promise<Builder> {
  const make: Builder['build'] = (request, input, { signal = options.signal } = {}) =>
    compile(toolchain, request, input(), { signal })
  return {
    engine: 'spawn',
    build: make,
    try: async (candidate, input, one) => trialOf(await make(candidate, input, one)),
    close: async () => {},
  }
}

/** What a search needs of a whole build. */
export function trialOf(result: BuildResult): Trial {
  if (result.state === 'broken') {
    const { commands: _, ...trial } = result
    return trial
  }
  const { sizes, instructions, contentHash, seconds } = result
  return { state: 'ok', sizes, instructions, contentHash, seconds }
}
