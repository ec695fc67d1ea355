/** What the search knows: features of kernels, searches with their state, what failed on the way, which lists serve many. */
export const search = `
CREATE TABLE feature (        -- what a kernel is like: for screening, grouping relatives, and queries
  kernel_hash TEXT PRIMARY KEY REFERENCES kernel(hash),
  rule INTEGER NOT NULL,      -- version of the features
  shapeless TEXT NOT NULL,    -- equal for kernels that differ in constants and shapes alone
  vector TEXT NOT NULL        -- JSON: numbers by name
) STRICT, WITHOUT ROWID;

CREATE TABLE search (         -- the search for the best build of one kernel; all of its state
  id INTEGER PRIMARY KEY,
  kernel_hash TEXT NOT NULL REFERENCES kernel(hash),
  target_id INTEGER NOT NULL REFERENCES target(id),
  llvm TEXT NOT NULL,
  metric TEXT NOT NULL,       -- size | time
  seed INTEGER NOT NULL,
  rule INTEGER NOT NULL,      -- version of the procedure and its space
  rounds INTEGER NOT NULL,    -- rounds of candidates behind it
  tried INTEGER NOT NULL,     -- candidates
  broken INTEGER NOT NULL,    -- candidates that gave no object
  trials BLOB NOT NULL,       -- 16 bytes a candidate, in order: score, code bytes, read-only data bytes (little-endian u32, 0: broken), first 4 bytes of its hash
  best BLOB NOT NULL,         -- zstd-compressed JSON array: the best candidates of distinct content, best first
  shown TEXT NOT NULL,        -- JSON object: round of exchange to the candidate relatives see in it
  seconds REAL NOT NULL,      -- spent in LLVM
  settled INTEGER NOT NULL,   -- candidates tried when the winner was verified; 0: not yet
  winner TEXT,                -- JSON: the verified candidate, minimised
  winner_hash TEXT REFERENCES build(hash),
  selected REAL,              -- metric time: the winner's time over XLA's, in the samples that chose it
  confirmed REAL,             -- the same in samples that chose nothing: the figure to report
  confirmed_low REAL,         -- 95 % interval
  confirmed_high REAL,
  xla_ns REAL,                -- time of XLA's own build beside it, nanoseconds per call
  passed_over INTEGER NOT NULL DEFAULT 0, -- better candidates that were refuted, broken or undecided
  updated_at TEXT NOT NULL,
  UNIQUE (kernel_hash, target_id, llvm, metric, seed, rule)
) STRICT;

CREATE TABLE finding (        -- a pass list that led LLVM to wrong code, or to other code each time, with a reduced reproducer
  id INTEGER PRIMARY KEY,
  kernel_hash TEXT NOT NULL REFERENCES kernel(hash),
  target_id INTEGER NOT NULL REFERENCES target(id),
  kind TEXT NOT NULL,         -- refuted | not-deterministic
  build_hash TEXT NOT NULL REFERENCES build(hash),   -- as it was found
  reduced TEXT,               -- JSON: the smallest candidate found that is still wrong
  reduced_hash TEXT REFERENCES build(hash),
  steps INTEGER NOT NULL,     -- passes as found
  reduced_steps INTEGER,      -- passes left
  reason TEXT,                -- the verifier's words
  counterexample TEXT,        -- JSON
  at TEXT NOT NULL,
  UNIQUE (build_hash, kind)
) STRICT;

CREATE TABLE byte_use (       -- what the bytes of a build do
  build_hash TEXT PRIMARY KEY REFERENCES build(hash),
  kinds TEXT NOT NULL         -- JSON: bytes by kind of instruction, and of read-only data
) STRICT, WITHOUT ROWID;

CREATE TABLE portfolio (      -- lists that won somewhere, tried on every kernel of the search
  target_id INTEGER NOT NULL REFERENCES target(id),
  llvm TEXT NOT NULL,
  metric TEXT NOT NULL,
  candidate_hash TEXT NOT NULL,
  candidate TEXT NOT NULL,    -- JSON
  kernels TEXT NOT NULL,      -- JSON object: kernel hash to code bytes; kernels it breaks are absent
  PRIMARY KEY (target_id, llvm, metric, candidate_hash)
) STRICT, WITHOUT ROWID;
`
