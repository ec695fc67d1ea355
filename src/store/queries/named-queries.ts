/** The questions people ask, as SQL over the views. `:kernels` stands where --filter puts its condition on `hash`. */
import { usageError } from '../../errors.ts'
import { kernelFilter } from '../kernels/kernel-filter.ts'
import type { Store } from '../open.ts'
import { CONTEXT, HINTS } from './llm-queries.ts'
import { retargeted, TARGETS } from './target-queries.ts'

/** A column of the answer: its name, with its unit in it, and the decimals a person wants to see. */
export interface AnswerColumn {
  readonly name: string
  readonly digits?: number
}

export type AnswerRow = Readonly<Record<string, unknown>>

export interface NamedQuery {
  readonly name: string
  readonly summary: string
  readonly columns: readonly AnswerColumn[]
  /** False where --filter has no meaning. */
  readonly filters: boolean
  rows(store: Store, filter?: string): AnswerRow[]
}

const MARK = ':kernels'

/** A query that is nothing but SQL. */
function sqlQuery(name: string, summary: string, columns: string, sql: string): NamedQuery {
  const filters = sql.includes(MARK)
  return {
    name,
    summary,
    columns: columns.split(' ').map(parseColumn),
    filters,
    rows(store, filter) {
      if (filter !== undefined && !filters) throw usageError(`'${name}' takes no --filter`)
      const { where, parameters } = kernelFilter(filter, 'hash')
      return store.prepare(sql.replace(MARK, () => where)).all(...parameters) as AnswerRow[]
    },
  }
}

/** `ratio.3` is the column ratio, shown with three decimals. */
export function parseColumn(text: string): AnswerColumn {
  const [name = '', digits] = text.split('.')
  return digits === undefined ? { name } : { name, digits: Number(digits) }
}

/**
 * The best of a kernel's passing builds is the one whose interval ends lowest, not the one whose time came out lowest:
 * so that noise is not chosen for a gain. XLA's own object, whose ratio is 1, takes part.
 */
const BEST = `WITH passing AS (
  SELECT * FROM result WHERE ${MARK} AND verdict IN ('same', 'agreed', 'exhausted')),
fast AS (SELECT *, row_number() OVER (PARTITION BY hash, signature_hash, host ORDER BY ratio_high, proposer <> 'xla', proposer) AS place
  FROM passing WHERE ratio IS NOT NULL),
small AS (SELECT *, row_number() OVER (PARTITION BY hash, signature_hash ORDER BY code_bytes, proposer <> 'xla', proposer) AS place
  FROM passing)
SELECT s.hash, s.name, f.proposer AS fastest, f.time_ns, f.ratio, f.ratio_low, f.ratio_high, f.comparison,
  c.ratio AS confirmed_ratio, c.ratio_low AS confirmed_low, c.ratio_high AS confirmed_high, c.comparison AS confirmed,
  s.proposer AS smallest, s.code_bytes, s.size_ratio, f.host
FROM small s LEFT JOIN fast f ON f.hash = s.hash AND f.signature_hash = s.signature_hash AND f.place = 1
LEFT JOIN confirmation c ON c.kernel_hash = f.hash AND c.signature_hash = f.signature_hash
  AND c.content_hash = f.content_hash AND c.host_id = f.host_id
WHERE s.place = 1 ORDER BY f.ratio_high IS NULL, f.ratio_high, s.name`

export const SQL_QUERIES: readonly NamedQuery[] = [
  sqlQuery(
    'results',
    "every build of every kernel: verdict, size and time, and both as ratios to XLA's own (below 1 is better)",
    'hash name proposer verdict size_ratio.3 ratio.3 comparison ratio_low.3 ratio_high.3 time_ns.1 spread_pct.1 code_bytes worst_ulps libm target host reason',
    `SELECT hash, name, proposer, CASE WHEN build = 'broken' THEN 'broken' ELSE verdict END AS verdict, code_bytes,
      size_ratio, time_ns, 100.0 * deviation_ns / time_ns AS spread_pct, ratio, ratio_low, ratio_high, comparison,
      worst_ulps, libm, target, host, reason
    FROM result WHERE ${MARK} ORDER BY name, hash, proposer <> 'xla', proposer, proposal_id`,
  ),
  sqlQuery(
    'best',
    'for each kernel the passing build that is surely fastest (whose interval ends lowest), the figure that chose it and the one that confirmed it, and the smallest',
    'hash name fastest time_ns.1 ratio.3 ratio_low.3 ratio_high.3 comparison confirmed_ratio.3 confirmed_low.3 confirmed_high.3 confirmed smallest code_bytes size_ratio.3 host',
    BEST,
  ),
  sqlQuery(
    'kernels',
    'the kernels, where they came from and whether they can be run',
    'hash name models program opcode op_type instruction source_file source_line sightings runnable lines functions ir_instructions unrunnable',
    `SELECT * FROM kernel_origin WHERE ${MARK} ORDER BY models, name, hash`,
  ),
  sqlQuery(
    'shares',
    "what each kernel adds to its module under XLA: calls × time, as a share of the module's kernel time and wall time",
    'model program name hash calls time_ns.1 total_ns.0 kernel_pct.1 wall_pct.1 opcode op_name',
    `SELECT h.model, m.program, k.* FROM module_kernel k JOIN module m ON m.id = k.module_id
    JOIN harvest h ON h.id = m.harvest_id WHERE ${MARK} ORDER BY k.module_id, total_ns DESC`,
  ),
  sqlQuery(
    'modules',
    "kernel time of each module by proposer, XLA's over the same kernels, and the wall time of a warm call",
    'model program proposer kernels measured xla_ns.0 kernel_ns.0 ratio.3 wall_ns.0 wall_pct.1 host module',
    `SELECT h.model, m.program, m.name AS module, t.proposer, t.kernels,
      t.measured, t.xla_ns, t.kernel_ns, t.kernel_ns / t.xla_ns AS ratio, t.wall_ns,
      100.0 * t.xla_ns / nullif(t.wall_ns, 0) AS wall_pct, o.name AS host
    FROM (SELECT module_id, proposer, host_id, sum(kernels) OVER (PARTITION BY module_id, proposer) AS kernels, measured,
        xla_ns, kernel_ns, wall_ns, max(host_id IS NOT NULL) OVER (PARTITION BY module_id, proposer) AS timed
      FROM module_time) t
    JOIN module m ON m.id = t.module_id JOIN harvest h ON h.id = m.harvest_id LEFT JOIN host o ON o.id = t.host_id
    WHERE t.host_id IS NOT NULL OR NOT t.timed ORDER BY t.module_id, t.host_id IS NULL, t.host_id, t.proposer <> 'xla', t.proposer`,
  ),
  sqlQuery(
    'gain',
    "what each module would gain with every kernel's best confirmed build, beside how much of its time is in kernels at all",
    'model program kernels measured improved xla_ns.0 best_ns.0 kernel_ratio.3 wall_ns.0 time_coverage_pct.1 wall_gain_pct.2 host module',
    `SELECT h.model, m.program, m.name AS module, g.*, g.best_ns / g.xla_ns AS kernel_ratio, o.name AS host
    FROM module_gain g JOIN module m ON m.id = g.module_id JOIN harvest h ON h.id = m.harvest_id
    JOIN host o ON o.id = g.host_id ORDER BY g.module_id, g.host_id`,
  ),
  sqlQuery(
    'aa',
    'identical code compared with itself under two names: every comparison called faster or slower is a false one',
    'campaign name hash ratio.4 ratio_low.4 ratio_high.4 comparison pairs host',
    `SELECT a.campaign_id AS campaign, k.name, k.hash, a.ratio, a.ratio_low, a.ratio_high, a.comparison, a.pairs,
      o.name AS host FROM aa a JOIN kernel k ON k.hash = a.kernel_hash JOIN campaign c ON c.id = a.campaign_id
    JOIN host o ON o.id = c.host_id ORDER BY a.campaign_id, a.comparison, k.name`,
  ),
  sqlQuery(
    'readings',
    'metrics that are not sampled: linked size, instructions executed, estimated cycles',
    'hash name build_hash metric value.1 source host detail',
    `SELECT k.hash, k.name, r.* FROM reading r JOIN build b ON b.hash = r.build_hash JOIN kernel k ON k.hash = b.kernel_hash
    WHERE ${MARK} ORDER BY k.name, k.hash, r.metric, r.source, r.host, r.build_hash`,
  ),
  sqlQuery(
    'targets',
    'every target: builds that agree, sizes beside those for the harvest’s architecture (home) and beside O3, instructions executed; retargeted: XLA there would have emitted other kernels',
    'target cpu how proposer calls agreed agreed_pct.1 code_bytes size_vs_home.3 size_vs_o3.3 counted instructions_vs_o3.3 estimated',
    TARGETS,
  ),
  sqlQuery(
    'retargeted',
    'kernel by kernel, builds for another architecture beside those for the harvest’s (home): size, instructions executed, and llvm-mca’s estimated cycles of an iteration of the hot loop',
    'hash name proposer target how verdict code_bytes home_code_bytes size_ratio.3 instructions home_instructions estimated_cycles.1 home_estimated_cycles.1 home',
    retargeted(MARK),
  ),
  sqlQuery(
    'coverage',
    'how much of each module left IR, and how many of its kernels can be run alone',
    'model program ops ops_with_ir covered_pct.1 kernels runnable producer module',
    'SELECT * FROM coverage ORDER BY module_id',
  ),
  sqlQuery(
    'ops',
    'what the modules run, by opcode: kernels leave IR, library calls leave none',
    'model program opcode runs_as count',
    `SELECT h.model, m.program, o.opcode, o.runs_as, o.count FROM op o JOIN module m ON m.id = o.module_id
    JOIN harvest h ON h.id = m.harvest_id ORDER BY m.id, o.count DESC, o.opcode`,
  ),
  sqlQuery(
    'failures',
    'everything that did not work, by stage, with the reason',
    'stage subject detail state reason',
    'SELECT * FROM failure ORDER BY stage, state, subject, detail',
  ),
  sqlQuery(
    'harvests',
    'the runs: producer, flags, outcome, and the training loss',
    'id model source producer llvm state reason modules kernels loss_first.3 loss_last.3 seconds.1 xla_flags image started_at',
    `SELECT h.*, count(DISTINCT m.id) AS modules, count(DISTINCT s.kernel_hash) AS kernels FROM harvest h
    LEFT JOIN module m ON m.harvest_id = h.id LEFT JOIN sighting s ON s.module_id = m.id GROUP BY h.id ORDER BY h.id`,
  ),
  sqlQuery(
    'models',
    'the models harvested: kernels, how many can be run, coverage',
    'model harvests failed modules kernels runnable covered_pct.1 last_at',
    `SELECT h.model, count(DISTINCT h.id) AS harvests, count(DISTINCT CASE WHEN h.state = 'failed' THEN h.id END) AS failed,
      count(DISTINCT m.id) AS modules, count(DISTINCT s.kernel_hash) AS kernels,
      count(DISTINCT CASE WHEN s.signature_hash IS NOT NULL THEN s.kernel_hash END) AS runnable,
      (SELECT 100.0 * sum(n.ops_with_ir) / nullif(sum(n.ops), 0) FROM module n JOIN harvest g ON g.id = n.harvest_id
        WHERE g.model = h.model) AS covered_pct, max(h.started_at) AS last_at
    FROM harvest h LEFT JOIN module m ON m.harvest_id = h.id LEFT JOIN sighting s ON s.module_id = m.id
    GROUP BY h.model ORDER BY h.model`,
  ),
  sqlQuery(
    'campaigns',
    'the measuring sessions: purpose, A/A pairs, resolution, disturbances, host; one that still says running was killed, or runs now',
    'id host purpose state aa_state aa_pairs aa_false half_width_pct.2 resolution_pct.2 samples retaken disturbed builds clock jail options host_before host_after started_at',
    `SELECT c.id, o.name AS host, c.purpose, CASE c.state WHEN 'running' THEN 'running, or killed' ELSE c.state END AS state,
      c.aa_state, c.aa_pairs, c.aa_false, 100 * c.half_width AS half_width_pct, 100 * c.resolution AS resolution_pct,
      count(m.id) AS samples, c.retaken, c.disturbed, count(DISTINCT m.build_hash) AS builds, c.clock, c.jail, c.options,
      c.host_before, c.host_after, c.started_at FROM campaign c JOIN host o ON o.id = c.host_id
    LEFT JOIN measurement m ON m.campaign_id = c.id GROUP BY c.id ORDER BY c.id`,
  ),
  sqlQuery(
    'exchanges',
    'what was asked of language models, and what became of each answer',
    'hash name model strategy metric sample round form outcome class verdict code_bytes prompt_tokens reply_tokens cached_tokens seconds.2 finish reason llm dialect seed at',
    `SELECT * FROM (SELECT e.id, e.kernel_hash AS hash, k.name, e.model, e.strategy, e.metric, e.sample, e.round, e.form,
        e.outcome, e.class, (SELECT group_concat(DISTINCT v.state) FROM current_verdict v WHERE v.build_hash = e.build_hash) AS verdict,
        b.code_bytes, e.prompt_tokens, e.reply_tokens, e.cached_tokens, e.seconds, e.finish, e.reason, e.llm,
        e.dialect || ' ' || e.dialect_version AS dialect, e.seed, e.at
      FROM exchange e JOIN kernel k ON k.hash = e.kernel_hash LEFT JOIN build b ON b.hash = e.build_hash)
    WHERE ${MARK} ORDER BY id`,
  ),
  sqlQuery(
    'context',
    'how kernels fitted a language model’s window (whole, compacted, …), and tokens a line of IR before and after',
    CONTEXT.columns,
    CONTEXT.sql,
  ),
  sqlQuery(
    'hints',
    'hints of each model and as many by chance: tried, confirmed, refuted, and how often they were right',
    HINTS.columns,
    HINTS.sql,
  ),
]
