/** Harvests and what a dump holds: modules, their operations, artifacts, and files that gave no kernel. */
import type { OpCount } from '../../kernel/coverage.ts'
import { coverageOf } from '../../kernel/coverage.ts'
import { putBlob } from '../blobs.ts'
import type { Store } from '../open.ts'
import { cached, insert } from '../statements.ts'

/** A harvest as it starts. */
export interface NewHarvest {
  /** Zoo name, path, or the folder or file it came from. */
  readonly model: string
  readonly source: 'docker' | 'local' | 'dump' | 'import'
  readonly xlaFlags: string
  readonly seed?: number
  /** Which command runs it. */
  readonly command?: string
}

/** What is known when it has run; fields left out stay as they are. */
export interface HarvestFacts {
  readonly image?: string
  readonly imageDigest?: string
  readonly producer?: string
  readonly llvm?: string
  readonly python?: string
  readonly cpu?: string
  readonly cpuFeatures?: string
  readonly lossFirst?: number
  readonly lossLast?: number
  readonly steps?: number
  readonly files?: number
  readonly seconds?: number
  readonly log?: string
  /** SPDX expression the model's file states. */
  readonly licence?: string
}

export type HarvestEnd =
  | { readonly state: 'complete' }
  | { readonly state: 'failed'; readonly reason: string }

/** Reason of a harvest whose process ended before it did. */
export const INTERRUPTED = 'interrupted'

/** Starts a harvest; while it runs its reason names the process, so that one left by a dead process can be told. */
export const startHarvest = (store: Store, harvest: NewHarvest): number =>
  insert(store, 'harvest', {
    model: harvest.model,
    source: harvest.source,
    xla_flags: harvest.xlaFlags,
    seed: harvest.seed ?? null,
    command: harvest.command ?? null,
    state: 'running',
    reason: `process ${process.pid}`,
    started_at: new Date().toISOString(),
  })

/** Ends a harvest and stores what is known of it. */
export function endHarvest(store: Store, id: number, end: HarvestEnd, facts: HarvestFacts = {}): void {
  const { log, imageDigest, cpuFeatures, lossFirst, lossLast, ...plain } = facts
  const columns: Record<string, unknown> = {
    ...plain,
    image_digest: imageDigest,
    cpu_features: cpuFeatures,
    loss_first: lossFirst,
    loss_last: lossLast,
    log_hash: log === undefined ? undefined : putBlob(store, log),
    state: end.state,
    reason: end.state === 'failed' ? end.reason : null,
  }
  const names = Object.keys(columns).filter(name => columns[name] !== undefined)
  const sets = names.map(name => `${name} = @${name}`).join(', ')
  store.prepare(`UPDATE harvest SET ${sets} WHERE id = @id`).run({ ...columns, id })
}

/** Marks harvests as failed whose process is gone, and returns how many there were. Their whole modules stay. */
export function endDeadHarvests(store: Store): number {
  const running = store.prepare("SELECT id, reason FROM harvest WHERE state = 'running'").all() as {
    id: number
    reason: string | null
  }[]
  const dead = running.filter(({ reason }) => !isAlive(Number(/\d+$/.exec(reason ?? '')?.[0])))
  for (const { id } of dead) endHarvest(store, id, { state: 'failed', reason: INTERRUPTED })
  return dead.length
}

/** Whether another process of that number runs. Ours has not started a harvest yet when this is asked. */
function isAlive(pid: number): boolean {
  if (Number.isNaN(pid) || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A command over several models, as the last one of its kind was left. */
export interface CutCommand {
  readonly command: string
  /** Models it had finished: they need not run again. */
  readonly finished: readonly string[]
}

/**
 * The command of which a harvest of one of `models` was interrupted and not run since, if there is one. `command`
 * starts with everything that must be equal for two commands to be the same work.
 */
export function cutCommand(store: Store, models: readonly string[], work: string): CutCommand | undefined {
  const list = JSON.stringify(models)
  const command = store
    .prepare(
      `SELECT command FROM harvest h WHERE substr(command, 1, length(@work)) = @work AND reason = @reason
       AND model IN (SELECT value FROM json_each(@list))
       AND NOT EXISTS (SELECT 1 FROM harvest l WHERE l.model = h.model AND l.id > h.id) ORDER BY id DESC LIMIT 1`,
    )
    .pluck()
    .get({ work, reason: INTERRUPTED, list }) as string | undefined
  if (command === undefined) return undefined
  const finished = store
    .prepare(
      `SELECT DISTINCT model FROM harvest WHERE command = ? AND state = 'complete'
       AND model IN (SELECT value FROM json_each(?))`,
    )
    .pluck()
    .all(command, list) as string[]
  return { command, finished }
}

/** Takes up the interrupted harvest of a dump folder or file again, if there is one. */
export function resumeHarvest(store: Store, model: string): number | undefined {
  const row = store
    .prepare(
      `UPDATE harvest SET state = 'running', reason = ? WHERE id =
       (SELECT max(id) FROM harvest WHERE model = ? AND source = 'dump' AND state = 'failed' AND reason = ?)
       RETURNING id`,
    )
    .get(`process ${process.pid}`, model, INTERRUPTED) as { id: number } | undefined
  return row?.id
}

/** Forgets earlier imports of a file; its kernels stay. */
export function forgetImports(store: Store, model: string): void {
  store.prepare("DELETE FROM harvest WHERE source = 'import' AND model = ?").run(model)
}

export interface NewModule {
  readonly harvestId: number
  readonly name: string
  readonly ops: readonly OpCount[]
  readonly timing?: { readonly program: string; readonly wallNs: number; readonly calls: number }
}

/** A module with its operations; returns its id. */
export function insertModule(store: Store, module: NewModule): number {
  const { withIr, run } = coverageOf(module.ops)
  const known = module.ops.length > 0
  const id = insert(store, 'module', {
    harvest_id: module.harvestId,
    name: module.name,
    program: module.timing?.program ?? null,
    wall_ns: module.timing?.wallNs ?? null,
    wall_calls: module.timing?.calls ?? null,
    ops: known ? run : null,
    ops_with_ir: known ? withIr : null,
  })
  for (const { opcode, runsAs, count } of module.ops)
    insert(store, 'op', { module_id: id, opcode, runs_as: runsAs, count })
  return id
}

/** Names of a harvest's modules. */
export const moduleNames = (store: Store, harvestId: number): Set<string> =>
  new Set(cached(store, 'SELECT name FROM module WHERE harvest_id = ?').pluck().all(harvestId) as string[])

export function insertArtifact(
  store: Store,
  moduleId: number,
  artifact: { readonly kind: string; readonly file: string; readonly data: string | Uint8Array },
): void {
  const { kind, file, data } = artifact
  insert(store, 'artifact', { module_id: moduleId, kind, file, blob_hash: putBlob(store, data) })
}

export interface Unparsed {
  readonly file: string
  readonly reason: string
}

export function insertUnparsed(store: Store, harvestId: number, files: readonly Unparsed[]): void {
  const known = cached(store, 'SELECT 1 FROM unparsed WHERE harvest_id = ? AND file = ? AND reason = ?')
  for (const { file, reason } of files)
    if (!known.get(harvestId, file, reason))
      insert(store, 'unparsed', { harvest_id: harvestId, file, reason })
}

export interface HarvestCounts {
  readonly modules: number
  /** Kernels seen, each once a module. */
  readonly kernels: number
  readonly runnable: number
  readonly ops: number
  readonly opsWithIr: number
}

/** What a harvest holds by now. */
export function countHarvest(store: Store, id: number): HarvestCounts {
  return store
    .prepare(
      `SELECT count(*) AS modules, coalesce(sum(ops), 0) AS ops, coalesce(sum(ops_with_ir), 0) AS opsWithIr,
         coalesce(sum((SELECT count(*) FROM sighting WHERE module_id = module.id)), 0) AS kernels,
         coalesce(sum((SELECT count(signature_hash) FROM sighting WHERE module_id = module.id)), 0) AS runnable
       FROM module WHERE harvest_id = ?`,
    )
    .get(id) as HarvestCounts
}
