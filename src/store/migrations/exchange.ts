/** What was said to a language model, what it answered, and what became of it. */
export const exchange = `
CREATE TABLE exchange (       -- one prompt to a language model, and what came of it
  id INTEGER PRIMARY KEY,
  kernel_hash TEXT NOT NULL REFERENCES kernel(hash),
  target_id INTEGER NOT NULL REFERENCES target(id),
  llm TEXT NOT NULL,          -- as the user named it: builtin, gguf:…, hf:…, a URL, replay:…
  model TEXT NOT NULL,        -- the model's own name
  weights_hash TEXT,          -- SHA-256 of its weights, where they are a file here
  dialect TEXT NOT NULL,
  dialect_version TEXT NOT NULL,
  strategy TEXT NOT NULL,     -- passes | rewrite | hints
  metric TEXT NOT NULL,       -- size | time
  form TEXT NOT NULL,         -- how the kernel was shown: whole | compacted | sliced | summarised | refused
  system_hash TEXT REFERENCES blob(hash),
  prompt_hash TEXT NOT NULL REFERENCES blob(hash),
  reply_hash TEXT REFERENCES blob(hash), -- null when none came
  reply_bytes INTEGER,        -- as it came; more than the blob's when the reply was cut
  sampling TEXT NOT NULL,     -- JSON: temperature, maxTokens, stop, hash of the grammar
  seed INTEGER NOT NULL,
  sample INTEGER NOT NULL,
  round INTEGER NOT NULL,     -- 0, then the repair rounds
  prompt_tokens INTEGER,
  reply_tokens INTEGER,
  cached_tokens INTEGER,      -- prompt tokens the server had from before
  seconds REAL NOT NULL,
  finish TEXT,                -- stop | length
  outcome TEXT NOT NULL,      -- replied (not looked at yet) | failed (no reply) | none (no answer in it) | invalid | broken | unchanged | built | hints (of strategy hints)
  fault TEXT,                 -- of failed: subject (not asked again) | environment (asked again) | unclear (three times)
  tries INTEGER NOT NULL,     -- requests made for it
  class TEXT,                 -- kind of failure: timeout, 429, type-error, undefined-value, …
  reason TEXT,
  build_hash TEXT REFERENCES build(hash), -- what the answer led to
  at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX exchange_key ON exchange(
  kernel_hash, target_id, model, coalesce(weights_hash, ''), dialect, dialect_version, strategy, metric,
  coalesce(system_hash, ''), prompt_hash, sampling, seed, sample, round
);
CREATE INDEX exchange_build ON exchange(build_hash);

CREATE TABLE hint (           -- a region said to be worth improving, and what to try
  id INTEGER PRIMARY KEY,
  exchange_id INTEGER REFERENCES exchange(id), -- null for random ones
  kernel_hash TEXT NOT NULL REFERENCES kernel(hash),
  target_id INTEGER NOT NULL REFERENCES target(id),
  source TEXT NOT NULL,       -- llm | random
  metric TEXT NOT NULL,       -- size | time: what it is to make smaller
  position INTEGER NOT NULL,  -- place in its answer, from 0
  function TEXT,
  line_first INTEGER,         -- of the canonical IR, from 1
  line_last INTEGER,
  kind TEXT NOT NULL,         -- missed-vectorisation | redundant-load | loop-invariant-work | …
  why TEXT,
  try_kind TEXT NOT NULL,     -- pass | flag | attribute
  try_text TEXT NOT NULL,
  state TEXT NOT NULL,        -- untried | confirmed | refuted | no-gain | invalid
  reason TEXT,
  build_hash TEXT REFERENCES build(hash),
  size_ratio REAL,            -- against the same build without it; below 1 is better
  time_ratio REAL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX hint_kernel ON hint(kernel_hash);
CREATE INDEX hint_exchange ON hint(exchange_id);

ALTER TABLE proposal ADD COLUMN exchange_id INTEGER REFERENCES exchange(id); -- the answer behind it, of an llm
`
