/**
 * Views: the joins people need, in plain SQL, so that they work in the sqlite3 shell and in datasette too. They hold no
 * data and are made anew whenever a database is opened whose views differ from these.
 */
import type { Store } from '../open.ts'

export interface View {
  readonly name: string
  readonly summary: string
  readonly sql: string
}

export const VIEWS: readonly View[] = [
  {
    name: 'current_verdict',
    summary: 'the latest verdict of each build under each signature',
    sql: `SELECT v.* FROM verdict v
WHERE v.id = (SELECT max(w.id) FROM verdict w WHERE w.build_hash = v.build_hash
  AND w.signature_hash = v.signature_hash)`,
  },
  {
    name: 'kernel_origin',
    summary: 'each kernel with where it was first seen and how often',
    sql: `SELECT k.hash, k.name, k.abi, min(s.id) AS sighting_id, count(s.id) AS sightings,
  count(DISTINCT s.module_id) AS modules, group_concat(DISTINCT h.model) AS models, m.program,
  s.instruction, s.opcode, s.op_type, s.op_name, s.emitter, s.source_file, s.source_line,
  count(s.signature_hash) > 0 AS runnable, s.unrunnable, k.lines, k.functions, k.ir_instructions
FROM kernel k
LEFT JOIN sighting s ON s.kernel_hash = k.hash
LEFT JOIN module m ON m.id = s.module_id
LEFT JOIN harvest h ON h.id = m.harvest_id
GROUP BY k.hash`,
  },
  {
    name: 'kernel_call',
    summary: 'each kernel with each signature it is called by (none when it cannot be run)',
    sql: `SELECT kernel_hash, signature_hash, count(*) AS sightings FROM sighting
WHERE signature_hash IS NOT NULL GROUP BY kernel_hash, signature_hash
UNION ALL
SELECT hash, NULL, (SELECT count(*) FROM sighting WHERE kernel_hash = hash) FROM kernel
WHERE NOT EXISTS (SELECT 1 FROM sighting WHERE kernel_hash = hash AND signature_hash IS NOT NULL)`,
  },
  {
    name: 'reference',
    summary: "the build each kernel's sizes are compared with: XLA's own object, the first proposed",
    sql: `SELECT p.kernel_hash, p.build_hash, x.code_bytes, t.triple FROM proposal p
JOIN build x ON x.kernel_hash = p.kernel_hash AND x.hash = p.build_hash JOIN target t ON t.id = p.target_id
WHERE p.proposer = 'xla' AND p.id = (SELECT min(q.id) FROM proposal q
  JOIN build b ON b.kernel_hash = q.kernel_hash AND b.hash = q.build_hash
  WHERE q.kernel_hash = p.kernel_hash AND q.proposer = 'xla' AND b.state = 'ok')`,
  },
  {
    name: 'libm_kernel',
    summary:
      'kernels in which XLA inlines its own maths and stock LLVM calls libm: compared all the same, reported apart',
    sql: `WITH pair AS MATERIALIZED (SELECT b.kernel_hash AS hash, b.undefined_symbols AS own, x.undefined_symbols AS xla
  FROM build b JOIN reference r ON r.kernel_hash = b.kernel_hash JOIN build x ON x.hash = r.build_hash
  WHERE b.input = 'kernel' AND b.undefined_symbols <> '[]')
SELECT DISTINCT hash FROM pair JOIN (SELECT own, xla FROM (SELECT DISTINCT own, xla FROM pair)
  WHERE EXISTS (SELECT 1 FROM json_each(own) u WHERE u.value NOT LIKE '\\_%' ESCAPE '\\'
    AND u.value NOT IN ('memcpy', 'memset', 'memmove', 'memcmp')
    AND u.value NOT IN (SELECT value FROM json_each(xla)))) USING (own, xla)`,
  },
  {
    // CROSS JOIN holds SQLite to this order: what is the kernel's own is looked up once a kernel and not once a build.
    name: 'result',
    summary:
      'every proposed build with its sizes, verdict and time; ratios are to XLA’s own object, below 1 is smaller or faster',
    sql: `SELECT c.kernel_hash AS hash, k.name, p.proposer, p.id AS proposal_id, t.name AS target, b.hash AS build_hash, c.signature_hash,
  b.state AS build, v.state AS verdict, v.worst_ulps, v.trials,
  b.code_bytes, b.rodata_bytes, b.object_bytes, b.instructions,
  CASE WHEN r.code_bytes > 0 AND r.triple = t.triple THEN 1.0 * b.code_bytes / r.code_bytes END AS size_ratio,
  e.time_ns, e.deviation_ns, e.samples, e.ratio, e.ratio_low, e.ratio_high,
  CASE WHEN p.proposer = 'xla' AND e.build_hash = e.reference_hash THEN 'reference' ELSE e.comparison END AS comparison,
  o.name AS host, e.host_id, coalesce(v.reason, b.reason) AS reason, l.hash IS NOT NULL AS libm, b.content_hash
FROM kernel_call c
CROSS JOIN kernel k ON k.hash = c.kernel_hash
LEFT JOIN reference r ON r.kernel_hash = c.kernel_hash
LEFT JOIN libm_kernel l ON l.hash = c.kernel_hash
CROSS JOIN proposal p ON p.kernel_hash = c.kernel_hash AND NOT EXISTS (SELECT 1 FROM proposal q
  WHERE q.kernel_hash = p.kernel_hash AND q.target_id = p.target_id AND q.proposer = p.proposer
    AND q.build_hash = p.build_hash AND q.id < p.id)
JOIN target t ON t.id = p.target_id
JOIN build b ON b.kernel_hash = p.kernel_hash AND b.hash = p.build_hash
LEFT JOIN verdict v ON v.id = (SELECT max(w.id) FROM verdict w
  WHERE w.build_hash = b.hash AND w.signature_hash = c.signature_hash)
LEFT JOIN estimate e ON e.kernel_hash = p.kernel_hash AND e.signature_hash = c.signature_hash
  AND e.content_hash = b.content_hash
LEFT JOIN host o ON o.id = e.host_id`,
  },
  {
    name: 'unanswered',
    summary:
      'kernels a language model was asked to make better and no answer led to a build: failures that belong in the denominator',
    sql: `SELECT DISTINCT e.kernel_hash AS hash, 'llm' AS proposer, t.name AS target
FROM exchange e JOIN target t ON t.id = e.target_id
WHERE e.strategy <> 'hints' AND (e.outcome IN ('none', 'invalid', 'broken', 'unchanged') OR e.fault = 'subject')
  AND NOT EXISTS (SELECT 1 FROM proposal p
    WHERE p.proposer = 'llm' AND p.kernel_hash = e.kernel_hash AND p.target_id = e.target_id)`,
  },
  {
    name: 'chosen',
    summary:
      'for each kernel the measured build whose interval ends lowest: the figure that chose it, and the one of an independent campaign that confirmed it',
    sql: `SELECT e.kernel_hash, e.signature_hash, e.host_id, e.content_hash, e.build_hash, e.time_ns, e.ratio, e.ratio_low,
  e.ratio_high, e.comparison, c.ratio AS confirmed_ratio, c.ratio_low AS confirmed_low, c.ratio_high AS confirmed_high,
  CASE WHEN c.ratio IS NOT NULL THEN c.comparison END AS confirmed
FROM (SELECT *, row_number() OVER (PARTITION BY kernel_hash, signature_hash, host_id ORDER BY ratio_high) AS place
  FROM estimate WHERE ratio_high IS NOT NULL) e
LEFT JOIN confirmation c ON c.kernel_hash = e.kernel_hash AND c.signature_hash = e.signature_hash
  AND c.content_hash = e.content_hash AND c.host_id = e.host_id
WHERE e.place = 1`,
  },
  {
    name: 'module_gain',
    summary:
      "what a module would gain with each kernel's best build, by confirmed figures alone; time coverage is the share of its wall time that is in kernels with IR",
    sql: `SELECT k.module_id, k.host_id, count(*) AS kernels, count(k.total_ns) AS measured,
  sum(CASE WHEN c.confirmed = 'faster' THEN 1 ELSE 0 END) AS improved, sum(k.total_ns) AS xla_ns,
  sum(k.total_ns * CASE WHEN c.confirmed = 'faster' THEN c.confirmed_ratio ELSE 1 END) AS best_ns, m.wall_ns,
  100.0 * sum(k.total_ns) / nullif(m.wall_ns, 0) AS time_coverage_pct,
  100.0 * sum(k.total_ns * CASE WHEN c.confirmed = 'faster' THEN 1 - c.confirmed_ratio ELSE 0 END)
    / nullif(m.wall_ns, 0) AS wall_gain_pct
FROM module_kernel k JOIN module m ON m.id = k.module_id
LEFT JOIN chosen c ON c.kernel_hash = k.hash AND c.signature_hash = k.signature_hash AND c.host_id = k.host_id
WHERE k.host_id IS NOT NULL GROUP BY k.module_id, k.host_id`,
  },
  {
    name: 'coverage',
    summary: 'how much of what a module runs left IR, and how many of its kernels can be run alone',
    sql: `SELECT m.id AS module_id, h.model, m.program, m.name AS module, h.producer, m.ops, m.ops_with_ir,
  100.0 * m.ops_with_ir / nullif(m.ops, 0) AS covered_pct, count(s.id) AS kernels,
  count(s.signature_hash) AS runnable, m.wall_ns
FROM module m JOIN harvest h ON h.id = m.harvest_id LEFT JOIN sighting s ON s.module_id = m.id
GROUP BY m.id`,
  },
  {
    name: 'module_kernel',
    summary:
      "each kernel in each module with XLA's own time for it: calls × time is what it adds to the module",
    sql: `SELECT s.module_id, s.kernel_hash AS hash, s.name, s.instruction, s.opcode, s.op_name, s.calls,
  s.signature_hash, e.host_id, e.time_ns, s.calls * e.time_ns AS total_ns,
  100.0 * s.calls * e.time_ns / sum(s.calls * e.time_ns) OVER (PARTITION BY s.module_id, e.host_id) AS kernel_pct,
  100.0 * s.calls * e.time_ns / nullif(m.wall_ns, 0) AS wall_pct
FROM sighting s JOIN module m ON m.id = s.module_id
LEFT JOIN estimate e ON e.kernel_hash = s.kernel_hash AND e.signature_hash = s.signature_hash
  AND e.reference_hash = e.build_hash`,
  },
  {
    name: 'module_time',
    summary:
      "kernel time of a whole module by proposer, beside XLA's over the same kernels and the module's wall time",
    sql: `SELECT c.module_id, c.proposer, c.host_id, count(*) AS kernels, count(c.time_ns * c.xla_ns) AS measured,
  sum(CASE WHEN c.time_ns IS NOT NULL THEN c.calls * c.xla_ns END) AS xla_ns,
  sum(CASE WHEN c.xla_ns IS NOT NULL THEN c.calls * c.time_ns END) AS kernel_ns, m.wall_ns
FROM (SELECT s.module_id, s.id, s.calls, p.proposer, e.host_id, min(e.time_ns) AS time_ns, min(x.time_ns) AS xla_ns
  FROM sighting s JOIN proposal p ON p.kernel_hash = s.kernel_hash JOIN build b ON b.hash = p.build_hash
  LEFT JOIN estimate e ON e.kernel_hash = s.kernel_hash AND e.signature_hash = s.signature_hash
    AND e.content_hash = b.content_hash
  LEFT JOIN estimate x ON x.kernel_hash = s.kernel_hash AND x.signature_hash = s.signature_hash
    AND x.host_id = e.host_id AND x.reference_hash = x.build_hash
  GROUP BY s.id, p.proposer, e.host_id) c
JOIN module m ON m.id = c.module_id
GROUP BY c.module_id, c.proposer, c.host_id`,
  },
  {
    name: 'failure',
    summary: 'everything that did not work, by stage, with the reason',
    sql: `SELECT 'harvest' AS stage, model AS subject, 'run' AS detail, 'failed' AS state, reason FROM harvest WHERE state = 'failed'
UNION ALL SELECT 'harvest', file, 'dump file', 'unparsed', reason FROM unparsed
UNION ALL SELECT DISTINCT 'harvest', kernel_hash, name, 'unrunnable', unrunnable FROM sighting WHERE unrunnable IS NOT NULL
UNION ALL SELECT 'optimise', p.kernel_hash, p.proposer, 'broken', b.reason FROM build b
  JOIN proposal p ON p.build_hash = b.hash WHERE b.state = 'broken'
UNION ALL SELECT 'verify', p.kernel_hash, p.proposer, v.state, coalesce(v.reason,
    'argument ' || json_extract(v.counterexample, '$.argument') || ', element ' || json_extract(v.counterexample, '$.element')
    || ': expected ' || json_extract(v.counterexample, '$.expected') || ', got ' || json_extract(v.counterexample, '$.actual'))
  FROM current_verdict v
  JOIN proposal p ON p.build_hash = v.build_hash WHERE v.state IN ('refuted', 'broken', 'unknown')
UNION ALL SELECT stage, subject, detail, fault, reason FROM attempt WHERE stage <> 'harvest'`,
  },
]

const statement = (view: View): string => `CREATE VIEW ${view.name} AS\n${view.sql}`

/** True when the database has exactly these views. */
export function viewsCurrent(store: Store): boolean {
  const rows = store.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'view'").all() as {
    name: string
    sql: string
  }[]
  const known = new Map(rows.map(row => [row.name, row.sql]))
  return known.size === VIEWS.length && VIEWS.every(view => known.get(view.name) === statement(view))
}

/** Drops every view and makes these. Call it within a transaction. */
export function makeViews(store: Store): void {
  const old = store.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'").pluck().all() as string[]
  for (const name of old) store.exec(`DROP VIEW "${name.replaceAll('"', '""')}"`)
  for (const view of VIEWS) store.exec(statement(view))
}
