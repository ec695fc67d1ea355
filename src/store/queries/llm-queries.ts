/** The questions on what language models were shown, and on their hints, as SQL. `:kernels` as in named-queries.ts. */

/** How kernels fitted a model's window, and what that cost. Tokens a line are of the kernel's own lines. */
export const CONTEXT = {
  columns:
    'model window dialect strategy kernels whole_pct.1 compacted_pct.1 sliced_pct.1 summarised_pct.1 refused_pct.1 tokens_line_before.1 tokens_line_after.1 times_fewer.2 counted',
  sql: `SELECT model, context_tokens AS window, dialect, strategy, count(*) AS kernels,
    100.0 * avg(form = 'whole') AS whole_pct, 100.0 * avg(form = 'compacted') AS compacted_pct,
    100.0 * avg(form = 'sliced') AS sliced_pct, 100.0 * avg(form = 'summarised') AS summarised_pct,
    100.0 * avg(form = 'refused') AS refused_pct, 1.0 * sum(tokens_before) / sum(lines) AS tokens_line_before,
    1.0 * sum(tokens_after) / sum(lines) AS tokens_line_after,
    exp(avg(ln(1.0 * tokens_before / nullif(tokens_after, 0)))) AS times_fewer, min(counted) AS counted
  FROM (SELECT *, kernel_hash AS hash FROM showing) WHERE :kernels
  GROUP BY model, context_tokens, dialect, strategy ORDER BY model, context_tokens, dialect, strategy`,
} as const

/** A hint by chance counts beside the models whose hints are of the same kernels. */
export const HINTS = {
  columns:
    'model metric source kernels hints tried confirmed refuted no_gain invalid hit_pct.1 confirmed_size_ratio.3 confirmed_time_ratio.3',
  sql: `WITH seen AS (SELECT h.*, h.kernel_hash AS hash, x.model FROM hint h LEFT JOIN exchange x ON x.id = h.exchange_id),
    beside AS (SELECT DISTINCT model, metric, hash, target_id FROM seen WHERE model IS NOT NULL),
    counted AS (
      SELECT model, metric, source, hash, state, size_ratio, time_ratio FROM seen WHERE source = 'llm'
      UNION ALL SELECT b.model, s.metric, s.source, s.hash, s.state, s.size_ratio, s.time_ratio
      FROM seen s JOIN beside b ON b.hash = s.hash AND b.target_id = s.target_id AND b.metric = s.metric WHERE s.source = 'random')
  SELECT model, metric, source, count(DISTINCT hash) AS kernels, count(*) AS hints, sum(state <> 'untried') AS tried,
    sum(state = 'confirmed') AS confirmed, sum(state = 'refuted') AS refuted, sum(state = 'no-gain') AS no_gain,
    sum(state = 'invalid') AS invalid, 100.0 * sum(state = 'confirmed') / nullif(sum(state <> 'untried'), 0) AS hit_pct,
    exp(avg(ln(size_ratio)) FILTER (WHERE state = 'confirmed')) AS confirmed_size_ratio,
    exp(avg(ln(time_ratio)) FILTER (WHERE state = 'confirmed')) AS confirmed_time_ratio
  FROM counted WHERE :kernels GROUP BY model, metric, source ORDER BY model, metric, source`,
} as const
