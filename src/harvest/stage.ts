/** The harvest stage: runs models, or takes a dump as it lies there, and stores what XLA emitted. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inState } from '../config/paths.ts'
import { EXIT, XlabError } from '../errors.ts'
import { clearAttempt, type Fault, recordAttempt } from '../store/attempts.ts'
import {
  endHarvest,
  type HarvestFacts,
  INTERRUPTED,
  resumeHarvest,
  startHarvest,
} from '../store/kernels/harvests.ts'
import { type IngestServices, type IngestSummary, ingest, nothingFound } from './ingest.ts'
import { licenceOfModel } from './runtime/models.ts'
import type { HarvestEvent, ModelRef, RunOutcome, Runtime } from './runtime/runtime.ts'

export interface HarvestRequest {
  readonly model: ModelRef
  /** XLA flags of the user, in canonical order. */
  readonly xlaFlags: string
  readonly timeLimitSeconds: number
  readonly seed: number
  /** The command it is part of. */
  readonly command: string
  onEvent(event: HarvestEvent): void
}

/** How a harvest ended. A model that fails is a result; only an abort and a database that fails are thrown. */
export type HarvestResult =
  | {
      readonly state: 'complete'
      readonly model: string
      readonly summary: IngestSummary
      readonly facts: HarvestFacts
    }
  | { readonly state: 'failed'; readonly model: string; readonly fault: Fault; readonly reason: string }

/** Runs one model and stores its dump; the dump's folder is gone afterwards. */
export async function harvestModel(
  request: HarvestRequest,
  runtime: Runtime,
  services: IngestServices,
): Promise<HarvestResult> {
  const { model, xlaFlags, seed, command } = request
  const id = startHarvest(services.store, {
    model: model.name,
    source: runtime.kind,
    xlaFlags,
    seed,
    command,
  })
  mkdirSync(inState('work'), { recursive: true })
  const dumpDir = mkdtempSync(join(inState('work'), 'dump-'))
  const detail = `${runtime.kind} ${xlaFlags}`.trim()
  try {
    const outcome = await interruptible(services, id, () =>
      runtime.run({ ...request, dumpDir, signal: services.signal }),
    )
    if (outcome instanceof XlabError)
      return fail(services, id, model.name, detail, { fault: faultOf(outcome), reason: outcome.message })
    const facts = { ...factsOf(outcome), ...licenceOfModel(model) }
    if (outcome.state === 'failed') {
      const { fault = 'unclear', reason = 'it failed' } = outcome
      return fail(services, id, model.name, detail, { fault, reason }, facts)
    }
    return await take(dumpDir, id, model.name, detail, services, facts, outcome.timings)
  } finally {
    rmSync(dumpDir, { recursive: true, force: true })
  }
}

/** Stores a dump folder already on disk; an interrupted ingest of it goes on where it was cut. */
export async function harvestFolder(dir: string, services: IngestServices): Promise<HarvestResult> {
  const { store } = services
  const id = resumeHarvest(store, dir) ?? startHarvest(store, { model: dir, source: 'dump', xlaFlags: '' })
  return take(dir, id, dir, 'dump', services, {}, [])
}

async function take(
  dir: string,
  id: number,
  model: string,
  detail: string,
  services: IngestServices,
  facts: HarvestFacts,
  timings: RunOutcome['timings'],
): Promise<HarvestResult> {
  const summary = await interruptible(services, id, () => ingest(dir, id, services, timings))
  if (summary instanceof XlabError)
    return fail(services, id, model, detail, { fault: faultOf(summary), reason: summary.message }, facts)
  const all = { ...facts, files: summary.files }
  const nothing = nothingFound(summary)
  if (nothing !== undefined)
    return fail(services, id, model, detail, { fault: 'subject', reason: nothing }, all)
  endHarvest(services.store, id, { state: 'complete' }, all)
  clearAttempt(services.store, { stage: 'harvest', subject: model, detail })
  return { state: 'complete', model, summary, facts: all }
}

/** Does the work; whatever it throws, the harvest does not stay marked as running. Errors of the world are returned. */
async function interruptible<T>(
  { store, signal }: IngestServices,
  id: number,
  work: () => Promise<T>,
): Promise<T | XlabError> {
  try {
    return await work()
  } catch (error) {
    const reason = signal.aborted || !(error instanceof Error) ? INTERRUPTED : error.message
    endHarvest(store, id, { state: 'failed', reason })
    if (signal.aborted || !(error instanceof XlabError)) throw error
    return error
  }
}

const faultOf = (error: XlabError): Fault => (error.exitCode === EXIT.environment ? 'environment' : 'unclear')

function fail(
  { store }: IngestServices,
  id: number,
  model: string,
  detail: string,
  failure: { readonly fault: Fault; readonly reason: string },
  facts: HarvestFacts = {},
): HarvestResult {
  endHarvest(store, id, { state: 'failed', reason: failure.reason }, facts)
  recordAttempt(store, { stage: 'harvest', subject: model, detail, ...failure })
  return { state: 'failed', model, ...failure }
}

function factsOf(outcome: RunOutcome): HarvestFacts {
  const { losses, image, imageDigest, log, seconds } = outcome
  const { seed: _, ...facts } = outcome.facts
  const first = losses[0]
  const last = losses.at(-1)
  return {
    ...facts,
    log,
    seconds,
    ...(image !== undefined && { image }),
    ...(imageDigest !== undefined && { imageDigest }),
    ...(first && last && { lossFirst: first.loss, lossLast: last.loss, steps: last.step }),
  }
}
