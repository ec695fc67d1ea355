/** SQL of the questions about targets: the same kernels compiled for several cores, side by side. */

/**
 * One row a kernel, signature, target and proposer (its first build): verdict, size, instructions executed and
 * llvm-mca's estimate. `how` is `retargeted` where XLA itself was not run for the architecture: there it would have
 * emitted other kernels.
 */
const BUILT = `first AS (SELECT kernel_hash, target_id, proposer, build_hash, min(id) AS id FROM proposal
    GROUP BY kernel_hash, target_id, proposer),
  counted AS (SELECT build_hash, signature_hash, min(value) AS instructions FROM reading
    WHERE metric = 'dynamic-instructions' GROUP BY build_hash, signature_hash),
  estimated AS (SELECT build_hash, min(value) AS cycles FROM reading WHERE metric = 'mca-cycles' GROUP BY build_hash),
  judged AS MATERIALIZED (SELECT build_hash, signature_hash, state, max(id) FROM verdict GROUP BY build_hash, signature_hash),
  built AS MATERIALIZED (SELECT p.kernel_hash AS hash, k.name, c.signature_hash, t.name AS target, t.cpu, t.triple,
      p.target_id, p.proposer, CASE WHEN b.state = 'broken' THEN 'broken' ELSE v.state END AS verdict, b.code_bytes,
      n.instructions, e.cycles, CASE WHEN r.triple = t.triple THEN 'as harvested' ELSE 'retargeted' END AS how
    FROM first p JOIN kernel k ON k.hash = p.kernel_hash JOIN target t ON t.id = p.target_id
    JOIN build b ON b.hash = p.build_hash
    JOIN kernel_call c ON c.kernel_hash = p.kernel_hash AND c.signature_hash IS NOT NULL
    LEFT JOIN reference r ON r.kernel_hash = p.kernel_hash
    LEFT JOIN judged v ON v.build_hash = b.hash AND v.signature_hash = c.signature_hash
    LEFT JOIN counted n ON n.build_hash = b.hash AND n.signature_hash = c.signature_hash
    LEFT JOIN estimated e ON e.build_hash = b.hash),
  home AS MATERIALIZED (SELECT *, min(target_id) FROM built WHERE how = 'as harvested' GROUP BY hash, signature_hash, proposer)`

const PASSED = "b.verdict IN ('same', 'agreed', 'exhausted')"
const geomean = (ratio: string): string => `exp(avg(ln(${ratio})))`

/** By target and proposer: how much agrees, sizes beside those for the harvest's own architecture, and O3 as a measure. */
export const TARGETS = `WITH ${BUILT}
SELECT b.target, b.cpu, min(b.how) AS how, b.proposer, count(*) AS calls, sum(${PASSED}) AS agreed,
  100.0 * sum(${PASSED}) / count(*) AS agreed_pct, sum(CASE WHEN ${PASSED} THEN b.code_bytes END) AS code_bytes,
  ${geomean('CASE WHEN h.code_bytes > 0 AND b.code_bytes > 0 THEN 1.0 * b.code_bytes / h.code_bytes END')} AS size_vs_home,
  ${geomean('CASE WHEN o.code_bytes > 0 AND b.code_bytes > 0 THEN 1.0 * b.code_bytes / o.code_bytes END')} AS size_vs_o3,
  count(b.instructions) AS counted,
  ${geomean('CASE WHEN o.instructions > 0 AND b.instructions > 0 THEN b.instructions / o.instructions END')} AS instructions_vs_o3,
  count(b.cycles) AS estimated
FROM built b LEFT JOIN home h ON h.hash = b.hash AND h.signature_hash = b.signature_hash AND h.proposer = b.proposer
LEFT JOIN built o ON o.hash = b.hash AND o.signature_hash = b.signature_hash AND o.target_id = b.target_id
  AND o.proposer = 'opt:O3'
GROUP BY b.target_id, b.proposer ORDER BY b.target_id, b.proposer`

/** Kernel by kernel: each build for another architecture beside the one for the harvest's own. */
export const retargeted = (kernels: string): string => `WITH ${BUILT}
SELECT b.hash, b.name, b.proposer, b.target, b.how, b.verdict, b.code_bytes, h.code_bytes AS home_code_bytes,
  1.0 * b.code_bytes / nullif(h.code_bytes, 0) AS size_ratio, b.instructions, h.instructions AS home_instructions,
  b.cycles AS estimated_cycles, h.cycles AS home_estimated_cycles, h.target AS home
FROM built b LEFT JOIN home h ON h.hash = b.hash AND h.signature_hash = b.signature_hash AND h.proposer = b.proposer
WHERE b.how = 'retargeted' AND b.hash IN (SELECT hash FROM kernel WHERE ${kernels})
ORDER BY b.name, b.hash, b.proposer, b.target_id`
