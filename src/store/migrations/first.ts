/** The tables of the main job: harvests, kernels, builds, verdicts, measurements. Released: never edited again. */
export const first = `
CREATE TABLE blob (           -- content-addressed bytes, zstd-compressed
  hash TEXT PRIMARY KEY,      -- SHA-256 of the bytes
  bytes INTEGER NOT NULL,     -- size before compression
  data BLOB NOT NULL
) STRICT;

CREATE TABLE harvest (        -- one run of one model in one image under one set of XLA flags
  id INTEGER PRIMARY KEY,
  model TEXT NOT NULL,        -- zoo name, path, or the folder a dump came from
  source TEXT NOT NULL,       -- docker | local | dump | import
  image TEXT,                 -- image name, when in a container
  image_digest TEXT,
  producer TEXT,              -- what wrote the dump: tensorflow 2.21.0, jax 0.10.2, …
  llvm TEXT,                  -- LLVM version XLA embeds, when known
  python TEXT,
  xla_flags TEXT NOT NULL,
  cpu TEXT,                   -- CPU model of the machine it ran on
  cpu_features TEXT,
  seed INTEGER,
  command TEXT,               -- the xlab command that ran it; those of one command, also when it was taken up again, share it
  state TEXT NOT NULL,        -- running | complete | failed
  reason TEXT,                -- why it failed
  loss_first REAL,            -- training loss at the first and last step
  loss_last REAL,
  steps INTEGER,
  files INTEGER,              -- files in the dump
  seconds REAL,               -- wall time of the run
  log_hash TEXT REFERENCES blob(hash),
  started_at TEXT NOT NULL
) STRICT;

CREATE TABLE module (         -- one program XLA compiled in a harvest
  id INTEGER PRIMARY KEY,
  harvest_id INTEGER NOT NULL REFERENCES harvest(id) ON DELETE CASCADE,
  name TEXT NOT NULL,         -- HLO module name, run-dependent suffixes included
  program TEXT,               -- train | infer | … as the model calls it
  wall_ns REAL,               -- median wall time of one warm call, measured without dumping, in nanoseconds
  wall_calls INTEGER,         -- warm calls behind that median
  ops INTEGER,                -- HLO instructions that run
  ops_with_ir INTEGER,        -- those of them compiled to kernels that were dumped
  UNIQUE (harvest_id, name)
) STRICT;

CREATE TABLE op (             -- what a module runs, by opcode, and whether it left IR
  module_id INTEGER NOT NULL REFERENCES module(id) ON DELETE CASCADE,
  opcode TEXT NOT NULL,
  runs_as TEXT NOT NULL,      -- kernel | library | inlined | none
  count INTEGER NOT NULL,
  PRIMARY KEY (module_id, opcode, runs_as)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact (       -- other dump files of a module, kept compressed
  id INTEGER PRIMARY KEY,
  module_id INTEGER NOT NULL REFERENCES module(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,         -- hlo-before | hlo-after | buffer-assignment | mlir | …
  file TEXT NOT NULL,
  blob_hash TEXT NOT NULL REFERENCES blob(hash)
) STRICT;
CREATE INDEX artifact_module ON artifact(module_id);

CREATE TABLE unparsed (       -- dump files that gave no kernel, and why
  id INTEGER PRIMARY KEY,
  harvest_id INTEGER NOT NULL REFERENCES harvest(id) ON DELETE CASCADE,
  file TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX unparsed_harvest ON unparsed(harvest_id);

CREATE TABLE kernel (         -- one exported function with all it calls, as XLA emitted it
  hash TEXT PRIMARY KEY,      -- of the canonical form
  rule INTEGER NOT NULL,      -- version of the canonical form
  name TEXT NOT NULL,         -- name where it was first seen
  abi TEXT NOT NULL,          -- call-frame | scalar | module | comparator | other
  ir_hash TEXT NOT NULL REFERENCES blob(hash),        -- canonical IR, a valid module
  bitcode_hash TEXT REFERENCES blob(hash),            -- when the pinned LLVM cannot read the text
  reader TEXT NOT NULL,       -- LLVM version that read the text
  lines INTEGER NOT NULL,
  functions INTEGER NOT NULL, -- defined functions
  ir_instructions INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ir_text (        -- IR files read before, so that they need not be taken apart again
  hash TEXT PRIMARY KEY,      -- SHA-256 of the version of the canonical form and the file's text
  kernels TEXT NOT NULL       -- JSON array: name, hash, blob of the canonical IR, abi, emitter, opcode, sizes
) STRICT, WITHOUT ROWID;

CREATE TABLE signature (      -- how a kernel is called
  hash TEXT PRIMARY KEY,
  json TEXT NOT NULL,         -- arguments (name, dtype, shape, bytes, role, slot), workgroups, flushDenormals
  arguments INTEGER NOT NULL,
  bytes INTEGER NOT NULL      -- of all distinct buffers
) STRICT, WITHOUT ROWID;

CREATE TABLE sighting (       -- a kernel seen in a module
  id INTEGER PRIMARY KEY,
  module_id INTEGER NOT NULL REFERENCES module(id) ON DELETE CASCADE,
  kernel_hash TEXT NOT NULL REFERENCES kernel(hash),
  name TEXT NOT NULL,         -- exported function there
  file TEXT NOT NULL,         -- dump file of the unoptimised IR
  instruction TEXT,           -- HLO instruction
  opcode TEXT,                -- HLO opcode
  emitter TEXT,               -- XLA emitter, from xla_cpu_memory_region_name
  op_type TEXT,               -- framework op: Conv2D, …
  op_name TEXT,               -- framework op's full name
  source_file TEXT,           -- Python source line
  source_line INTEGER,
  calls INTEGER NOT NULL,     -- times the module runs it in one call, loops with known trip counts included
  signature_hash TEXT REFERENCES signature(hash),
  unrunnable TEXT,            -- why there is no signature
  findings TEXT,              -- JSON array: what does not fit together, or is not exact
  xla_ir_hash TEXT REFERENCES blob(hash),     -- XLA's optimised IR for it, canonical
  xla_object_hash TEXT REFERENCES blob(hash), -- XLA's own object for it
  UNIQUE (module_id, name)
) STRICT;
CREATE INDEX sighting_kernel ON sighting(kernel_hash, signature_hash);

CREATE TABLE target (         -- what code is made for
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  triple TEXT NOT NULL,
  cpu TEXT NOT NULL,
  features TEXT NOT NULL,
  UNIQUE (triple, cpu, features)
) STRICT;

CREATE TABLE build (          -- what was compiled
  hash TEXT PRIMARY KEY,
  kernel_hash TEXT NOT NULL REFERENCES kernel(hash),
  input TEXT NOT NULL,        -- kernel | xla-ir | rewrite | object
  input_hash TEXT NOT NULL REFERENCES blob(hash),
  passes TEXT NOT NULL,
  attributes TEXT NOT NULL,   -- JSON array
  codegen_level INTEGER NOT NULL,
  codegen_options TEXT NOT NULL, -- JSON array
  llvm TEXT NOT NULL,
  target_id INTEGER NOT NULL REFERENCES target(id),
  state TEXT NOT NULL,        -- ok | broken
  reason TEXT,
  ir_hash TEXT REFERENCES blob(hash),
  object_hash TEXT REFERENCES blob(hash),
  code_bytes INTEGER,         -- all executable allocatable sections
  rodata_bytes INTEGER,       -- read-only data
  object_bytes INTEGER,       -- whole stripped object
  instructions INTEGER,       -- machine instructions
  content_hash TEXT,          -- equal for twins: allocatable sections and relocations
  undefined_symbols TEXT,     -- JSON array
  commands TEXT NOT NULL,     -- JSON array of command lines
  seconds REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX build_kernel ON build(kernel_hash, content_hash);

CREATE TABLE proposal (       -- who suggested a build, and how
  id INTEGER PRIMARY KEY,
  kernel_hash TEXT NOT NULL REFERENCES kernel(hash),
  target_id INTEGER NOT NULL REFERENCES target(id),
  proposer TEXT NOT NULL,     -- xla | xla-ir | opt:Oz | passes:… | …
  parameters TEXT NOT NULL DEFAULT '{}', -- JSON
  sample INTEGER NOT NULL DEFAULT 0,
  build_hash TEXT NOT NULL REFERENCES build(hash),
  seconds REAL,
  proposed_at TEXT NOT NULL,
  UNIQUE (kernel_hash, target_id, proposer, parameters, sample, build_hash)
) STRICT;
CREATE INDEX proposal_build ON proposal(build_hash);

CREATE TABLE host (           -- a machine or emulator that runs builds
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,         -- local | ssh | docker | qemu
  cpu TEXT NOT NULL,
  cores INTEGER NOT NULL,
  os TEXT NOT NULL,
  emulated INTEGER NOT NULL,
  UNIQUE (name, kind, cpu, os)
) STRICT;

CREATE TABLE verdict (        -- what is known of a build's correctness under a signature
  id INTEGER PRIMARY KEY,
  build_hash TEXT NOT NULL REFERENCES build(hash),
  signature_hash TEXT NOT NULL REFERENCES signature(hash),
  host_id INTEGER NOT NULL REFERENCES host(id),
  verifier TEXT NOT NULL,     -- verifier version
  semantics TEXT NOT NULL,    -- ir | xla
  state TEXT NOT NULL,        -- same | agreed | exhausted | refuted | broken | unknown
  trials INTEGER NOT NULL,
  worst_ulps REAL NOT NULL,
  reason TEXT,
  counterexample TEXT,        -- JSON
  jail TEXT,                  -- layers that were active
  seconds REAL NOT NULL,
  judged_at TEXT NOT NULL,
  UNIQUE (build_hash, signature_hash, host_id, verifier, semantics)
) STRICT;

CREATE TABLE campaign (       -- one session of measuring on one host
  id INTEGER PRIMARY KEY,
  host_id INTEGER NOT NULL REFERENCES host(id),
  seed INTEGER NOT NULL,
  options TEXT NOT NULL,      -- JSON: links, processes, pairs, minimum sample time
  host_before TEXT NOT NULL,  -- JSON: load, governor, steal, ASLR, …
  host_after TEXT,
  state TEXT NOT NULL,        -- running | complete | cut
  started_at TEXT NOT NULL
) STRICT;

CREATE TABLE measurement (    -- one raw sample, in campaign → link → process → pair order
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL REFERENCES campaign(id),
  build_hash TEXT NOT NULL REFERENCES build(hash),
  signature_hash TEXT NOT NULL REFERENCES signature(hash),
  metric TEXT NOT NULL,       -- time
  link INTEGER NOT NULL,
  process INTEGER NOT NULL,
  pair INTEGER NOT NULL,
  position INTEGER NOT NULL,  -- place within the pair, in the order run
  batch INTEGER NOT NULL,     -- calls in the sample
  value REAL NOT NULL,        -- nanoseconds per call
  binary_hash TEXT NOT NULL   -- SHA-256 of the executable
) STRICT;
CREATE INDEX measurement_build ON measurement(build_hash, campaign_id);

CREATE TABLE estimate (       -- figures computed from the raw samples, again whenever these or the rule change
  kernel_hash TEXT NOT NULL REFERENCES kernel(hash),
  signature_hash TEXT NOT NULL REFERENCES signature(hash),
  content_hash TEXT NOT NULL, -- of the build measured: twins share its figures
  host_id INTEGER NOT NULL REFERENCES host(id),
  build_hash TEXT NOT NULL REFERENCES build(hash), -- the build measured
  rule INTEGER NOT NULL,      -- version of the statistics
  samples INTEGER NOT NULL,
  time_ns REAL NOT NULL,      -- median of all samples, nanoseconds per call
  deviation_ns REAL NOT NULL, -- median distance from the median, scaled to a standard deviation
  reference_hash TEXT REFERENCES build(hash), -- XLA's own object measured beside it
  pairs INTEGER,              -- pairs that hold both
  ratio REAL,                 -- time divided by the reference's; below 1 is faster
  ratio_low REAL,             -- 95 % interval
  ratio_high REAL,
  comparison TEXT,            -- twin | same | faster | slower | inconclusive
  PRIMARY KEY (kernel_hash, signature_hash, content_hash, host_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (        -- work that failed, and whose fault
  id INTEGER PRIMARY KEY,
  stage TEXT NOT NULL,        -- harvest | optimise | verify | bench
  subject TEXT NOT NULL,      -- what it was about: model, kernel hash, build hash
  detail TEXT NOT NULL,       -- which proposer, signature, …
  fault TEXT NOT NULL,        -- subject (not retried) | environment (retried) | unclear (three times)
  reason TEXT NOT NULL,
  tries INTEGER NOT NULL,
  at TEXT NOT NULL,
  UNIQUE (stage, subject, detail)
) STRICT;
`
