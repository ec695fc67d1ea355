/** How sure a measurement is: purposes, A/A pairs, disturbances, other metrics than time. */
export const campaign = `
ALTER TABLE campaign ADD COLUMN purpose TEXT NOT NULL DEFAULT 'report'; -- report | select (its figures chose a build, and are reported nowhere) | confirm (measures again what was chosen)
ALTER TABLE campaign ADD COLUMN jail TEXT;          -- layers that were active
ALTER TABLE campaign ADD COLUMN clock TEXT;         -- what timed: cpu (the kernel's account of the process) | wall
ALTER TABLE campaign ADD COLUMN delta REAL;         -- ratios within 1 ± delta count as the same
ALTER TABLE campaign ADD COLUMN retaken INTEGER NOT NULL DEFAULT 0;   -- samples taken again because something disturbed them
ALTER TABLE campaign ADD COLUMN disturbed INTEGER NOT NULL DEFAULT 0; -- samples kept although disturbed: every try was
ALTER TABLE campaign ADD COLUMN aa_pairs INTEGER;   -- A/A comparisons: identical code under two names
ALTER TABLE campaign ADD COLUMN aa_false INTEGER;   -- of those, called faster or slower
ALTER TABLE campaign ADD COLUMN aa_state TEXT;      -- passed | failed (more than chance explains) | none
ALTER TABLE campaign ADD COLUMN half_width REAL;    -- median half-width of the A/A intervals, as a fraction of the time
ALTER TABLE campaign ADD COLUMN resolution REAL;    -- smallest difference told nine times in ten, as a fraction of the time

ALTER TABLE measurement ADD COLUMN copy INTEGER NOT NULL DEFAULT 0;    -- 1: the second copy of the same code, in an A/A pair
ALTER TABLE measurement ADD COLUMN retaken INTEGER NOT NULL DEFAULT 0; -- disturbed tries thrown away before this one
ALTER TABLE measurement ADD COLUMN disturbance TEXT; -- what disturbed it, when every try was: preempted | overran | migrated | neighbour | frequency | steal

ALTER TABLE estimate ADD COLUMN p REAL;             -- of no difference, by itself
ALTER TABLE estimate ADD COLUMN alone TEXT;         -- the comparison by itself; 'comparison' is corrected for how many are judged at once

CREATE TABLE aa (             -- identical code compared with itself
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL REFERENCES campaign(id) ON DELETE CASCADE,
  kernel_hash TEXT NOT NULL REFERENCES kernel(hash),
  signature_hash TEXT NOT NULL REFERENCES signature(hash),
  build_hash TEXT NOT NULL REFERENCES build(hash),
  pairs INTEGER NOT NULL,
  ratio REAL NOT NULL,
  ratio_low REAL NOT NULL,
  ratio_high REAL NOT NULL,
  comparison TEXT NOT NULL,   -- same | faster | slower | inconclusive
  UNIQUE (campaign_id, kernel_hash, signature_hash, build_hash)
) STRICT;

CREATE TABLE confirmation (   -- the figure of a build that was chosen by an earlier one, from a campaign that chose nothing
  kernel_hash TEXT NOT NULL REFERENCES kernel(hash),
  signature_hash TEXT NOT NULL REFERENCES signature(hash),
  content_hash TEXT NOT NULL, -- of the build: twins share it
  host_id INTEGER NOT NULL REFERENCES host(id),
  build_hash TEXT NOT NULL REFERENCES build(hash),
  reference_hash TEXT NOT NULL REFERENCES build(hash),
  rule INTEGER NOT NULL,      -- version of the statistics
  time_ns REAL NOT NULL,
  pairs INTEGER NOT NULL,
  ratio REAL NOT NULL,        -- time divided by the reference's; below 1 is faster
  ratio_low REAL NOT NULL,    -- 95 % interval
  ratio_high REAL NOT NULL,
  p REAL NOT NULL,
  comparison TEXT NOT NULL,   -- same | faster | slower | inconclusive
  PRIMARY KEY (kernel_hash, signature_hash, content_hash, host_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reading (        -- a metric's one value for a build: sizes beyond the object's, counts, estimates
  build_hash TEXT NOT NULL REFERENCES build(hash),
  signature_hash TEXT NOT NULL DEFAULT '', -- '' where it does not matter how the kernel is called
  host TEXT NOT NULL DEFAULT '', -- name of the host that counted; '' where none did
  metric TEXT NOT NULL,       -- as in src/kernel/metric.ts
  source TEXT NOT NULL,       -- what said it: hardware counter, qemu, llvm-mca, linker
  value REAL NOT NULL,
  detail TEXT,                -- JSON: what else it said
  at TEXT NOT NULL,
  PRIMARY KEY (build_hash, signature_hash, host, metric, source)
) STRICT, WITHOUT ROWID;
`
