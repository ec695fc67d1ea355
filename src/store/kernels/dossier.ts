/** Everything the database knows of one kernel. Keys are those `show --json` prints. */
import { nearest, unknownName, usageError } from '../../errors.ts'
import type { Signature } from '../../kernel/signature.ts'
import type { Counterexample } from '../../kernel/verdict.ts'
import type { Store } from '../open.ts'
import { cached } from '../statements.ts'

/** A place where the kernel was seen. */
export interface Origin {
  readonly model: string
  readonly producer: string | null
  readonly module: string
  readonly program: string | null
  readonly name: string
  readonly file: string
  readonly instruction: string | null
  readonly opcode: string | null
  readonly emitter: string | null
  readonly opType: string | null
  readonly opName: string | null
  readonly sourceFile: string | null
  readonly sourceLine: number | null
  readonly calls: number
  readonly signature: string | null
  readonly unrunnable: string | null
  readonly xlaIr: string | null
}

export interface BuildVerdict {
  readonly signature: string
  readonly state: string
  readonly semantics: string
  readonly verifier: string
  readonly host: string
  readonly trials: number
  readonly worstUlps: number
  readonly reason: string | null
  readonly counterexample: Counterexample | null
}

export interface BuildTime {
  readonly signature: string
  readonly host: string
  readonly samples: number
  readonly timeNs: number
  readonly deviationNs: number
  readonly ratio: number | null
  readonly ratioLow: number | null
  readonly ratioHigh: number | null
  readonly comparison: string | null
}

export interface BuildDossier {
  readonly hash: string
  readonly proposers: readonly string[]
  readonly target: string
  readonly triple: string
  readonly cpu: string
  readonly features: string
  readonly input: string
  readonly inputHash: string
  readonly state: string
  readonly reason: string | null
  readonly llvm: string
  readonly codeBytes: number | null
  readonly rodataBytes: number | null
  readonly objectBytes: number | null
  readonly instructions: number | null
  readonly sizeRatio: number | null
  readonly contentHash: string | null
  readonly undefinedSymbols: readonly string[]
  readonly commands: readonly string[]
  readonly irHash: string | null
  readonly objectHash: string | null
  readonly verdicts: readonly BuildVerdict[]
  readonly times: readonly BuildTime[]
}

export interface Dossier {
  readonly hash: string
  readonly name: string
  readonly abi: string
  readonly reader: string
  readonly lines: number
  readonly functions: number
  readonly irInstructions: number
  readonly irHash: string
  readonly origins: readonly Origin[]
  readonly signatures: readonly (Signature & { readonly hash: string })[]
  readonly builds: readonly BuildDossier[]
}

/** The one kernel meant by a hash prefix (four digits or more) or a name; a usage error with candidates otherwise. */
export function findKernel(store: Store, text: string): string {
  const prefix = /^[0-9a-f]{4,64}$/i.test(text) ? `${text.toLowerCase()}*` : ''
  const rows = store
    .prepare(
      `SELECT hash, name, models, opcode FROM kernel_origin o WHERE hash GLOB ? OR name = ?
        OR EXISTS (SELECT 1 FROM sighting s WHERE s.kernel_hash = o.hash AND (s.name = ? OR s.instruction = ?))`,
    )
    .all(prefix, text, text, text) as {
    hash: string
    name: string
    models: string | null
    opcode: string | null
  }[]
  const [only, second] = rows
  if (only && !second) return only.hash
  if (!only) {
    const names = store.prepare('SELECT DISTINCT name FROM kernel').pluck().all() as string[]
    if (nearest(text, names).length > 0) throw unknownName('kernel', text, names)
    throw usageError(`no kernel '${text}'`, "give a hash prefix or a name; 'xlab kernels' lists them")
  }
  const shown = rows.slice(0, 12)
  const list = shown.map(row =>
    `${row.hash.slice(0, 12)}  ${row.name}  ${row.models ?? ''} ${row.opcode ?? ''}`.trimEnd(),
  )
  throw usageError(
    `'${text}' means ${rows.length} kernels`,
    ['give the hash of one:', ...list, ...(rows.length > shown.length ? ['…'] : [])].join('\n    '),
  )
}

/** All that is known of a kernel in the database. */
export function dossier(store: Store, hash: string): Dossier {
  const kernel = store
    .prepare(
      `SELECT hash, name, abi, reader, lines, functions, ir_instructions AS irInstructions, ir_hash AS irHash
       FROM kernel WHERE hash = ?`,
    )
    .get(hash) as Omit<Dossier, 'origins' | 'signatures' | 'builds'>
  const origins = store
    .prepare(
      `SELECT h.model, h.producer, m.name AS module, m.program, s.name, s.file, s.instruction, s.opcode, s.emitter,
        s.op_type AS opType, s.op_name AS opName, s.source_file AS sourceFile, s.source_line AS sourceLine, s.calls,
        s.signature_hash AS signature, s.unrunnable, s.xla_ir_hash AS xlaIr
       FROM sighting s JOIN module m ON m.id = s.module_id JOIN harvest h ON h.id = m.harvest_id
       WHERE s.kernel_hash = ? ORDER BY s.id`,
    )
    .all(hash) as Origin[]
  const signatures = store
    .prepare(
      'SELECT hash, json FROM signature WHERE hash IN (SELECT signature_hash FROM sighting WHERE kernel_hash = ?)',
    )
    .all(hash) as { hash: string; json: string }[]
  return {
    ...kernel,
    origins,
    signatures: signatures.map(row => ({ hash: row.hash, ...(JSON.parse(row.json) as Signature) })),
    builds: builds(store, hash),
  }
}

type BuildRow = Omit<BuildDossier, 'proposers' | 'undefinedSymbols' | 'commands' | 'verdicts' | 'times'> & {
  readonly undefinedSymbols: string | null
  readonly commands: string
}

function builds(store: Store, kernel: string): BuildDossier[] {
  const rows = store
    .prepare(
      `SELECT b.hash, t.name AS target, t.triple, t.cpu, t.features, b.input, b.input_hash AS inputHash, b.state,
        b.reason, b.llvm, b.code_bytes AS codeBytes, b.rodata_bytes AS rodataBytes, b.object_bytes AS objectBytes,
        b.instructions, b.content_hash AS contentHash, 1.0 * b.code_bytes / nullif((SELECT r.code_bytes FROM reference r
          WHERE r.kernel_hash = b.kernel_hash AND r.triple = t.triple), 0) AS sizeRatio,
        b.undefined_symbols AS undefinedSymbols, b.commands, b.ir_hash AS irHash, b.object_hash AS objectHash
       FROM build b JOIN target t ON t.id = b.target_id
       WHERE b.kernel_hash = ?
       ORDER BY (SELECT min(p.id) FROM proposal p WHERE p.build_hash = b.hash)`,
    )
    .all(kernel) as BuildRow[]
  return rows.map(row => ({
    ...row,
    proposers: cached(store, 'SELECT DISTINCT proposer FROM proposal WHERE build_hash = ? ORDER BY id')
      .pluck()
      .all(row.hash) as string[],
    undefinedSymbols: JSON.parse(row.undefinedSymbols ?? '[]') as string[],
    commands: JSON.parse(row.commands) as string[],
    verdicts: verdicts(store, row.hash),
    times: times(store, kernel, row.contentHash),
  }))
}

function verdicts(store: Store, build: string): BuildVerdict[] {
  const rows = cached(
    store,
    `SELECT v.signature_hash AS signature, v.state, v.semantics, v.verifier, o.name AS host, v.trials,
      v.worst_ulps AS worstUlps, v.reason, v.counterexample
     FROM current_verdict v JOIN host o ON o.id = v.host_id WHERE v.build_hash = ? ORDER BY v.id`,
  ).all(build) as (Omit<BuildVerdict, 'counterexample'> & { counterexample: string | null })[]
  return rows.map(row => ({
    ...row,
    counterexample: row.counterexample === null ? null : (JSON.parse(row.counterexample) as Counterexample),
  }))
}

const times = (store: Store, kernel: string, content: string | null): BuildTime[] =>
  cached(
    store,
    `SELECT e.signature_hash AS signature, o.name AS host, e.samples, e.time_ns AS timeNs,
      e.deviation_ns AS deviationNs, e.ratio, e.ratio_low AS ratioLow, e.ratio_high AS ratioHigh, e.comparison
     FROM estimate e JOIN host o ON o.id = e.host_id WHERE e.kernel_hash = ? AND e.content_hash = ? ORDER BY o.id`,
  ).all(kernel, content) as BuildTime[]
