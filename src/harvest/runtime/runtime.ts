/** Where a model runs: in a container, or in a Python environment of the same pinned wheels. One interface over both. */
import { usageError } from '../../errors.ts'
import { log } from '../../log.ts'
import type { Facts, HarvestEvent, Loss, Timing } from './events.ts'
import type { ModelRef } from './models.ts'

export type { Facts, HarvestEvent, Loss, Timing } from './events.ts'
export { mergeXlaFlags } from './flags.ts'
export { listModels, type ModelRef, resolveModel } from './models.ts'

export interface RunRequest {
  readonly model: ModelRef
  /** XLA flags of the user, as in XLA_FLAGS; they add to ours or override them by name. */
  readonly xlaFlags: string
  /** An empty folder that receives the dump. */
  readonly dumpDir: string
  readonly timeLimitSeconds: number
  readonly seed: number
  onEvent(event: HarvestEvent): void
  /** Ends the model at once; `run` then rejects with the signal's reason. */
  readonly signal: AbortSignal
}

/** How a run ended. A model that fails is an outcome; a world that fails (engine lost, no disk) may be either. */
export interface RunOutcome {
  readonly state: 'complete' | 'failed'
  /** Whose fault a failure is: the model's or its flags' (never retried), the machine's, or unclear. */
  readonly fault?: 'subject' | 'environment' | 'unclear'
  readonly reason?: string
  /** What the model printed, its middle cut out if long. */
  readonly log: string
  readonly facts: Facts
  readonly timings: readonly Timing[]
  readonly losses: readonly Loss[]
  readonly image?: string
  readonly imageDigest?: string
  readonly seconds: number
}

export interface Runtime {
  readonly kind: 'docker' | 'local'
  /** Makes the image or the environment if it is not there yet, with progress on stderr. Call once, before `run`. */
  prepare(): Promise<void>
  /** Runs one model. Several may run at once. */
  run(request: RunRequest): Promise<RunOutcome>
}

export interface RuntimeOptions {
  /** An image with python3 and TensorFlow, instead of our own; docker only. */
  readonly image?: string
  readonly signal?: AbortSignal
}

/**
 * The runtime asked for. `auto` is docker where an engine answers, else local, and says which on stderr.
 * Throws an environment error when docker is asked for (by kind or image) and no engine answers.
 */
export async function chooseRuntime(
  kind: 'auto' | 'docker' | 'local',
  options: RuntimeOptions = {},
): Promise<Runtime> {
  const { dockerRuntime } = await import('./docker.ts')
  const { localRuntime } = await import('./local.ts')
  const { findEngine, noEngineError } = await import('../../containers/engine.ts')
  if (kind === 'local') {
    if (options.image !== undefined)
      throw usageError('--image needs a container', 'leave out --runtime local')
    return localRuntime(options)
  }
  const found = await findEngine()
  if (found.state === 'found') {
    if (kind === 'auto') log.info(`runtime: docker (${found.engine.where} answers)`)
    return dockerRuntime(found.engine, options)
  }
  if (kind === 'docker' || options.image !== undefined) throw noEngineError(found.tried)
  log.info('runtime: local (no Docker engine answers)')
  return localRuntime(options)
}
