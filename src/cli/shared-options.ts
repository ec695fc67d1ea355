/** Options that several commands take, as commander writes them. */

export const filter = [
  '--filter <text>',
  'only kernels matching: model:NAME, op:NAME, name:TEXT, a hash prefix, or sample:N (every model, op and size with its share)',
] as const
export const jobs = ['--jobs <n>', 'tasks at once (default: one a core)'] as const
export const target = ['--target <names>', 'what to compile for, comma-separated', 'native'] as const
export const format = ['-o, --output <format>', 'table, md, csv, json or jsonl'] as const
export const llvm = ['--llvm <path>', 'another LLVM than the pinned one: its folder, or its bin'] as const
export const json = ['--json', 'print JSON'] as const
export const harvestOptions = [
  ['--runtime <kind>', 'auto, docker or local', 'auto'],
  ['--image <image>', 'any image with python3 and TensorFlow, instead of our own'],
  ['--xla-flags <flags>', 'XLA flags to add or override, as in XLA_FLAGS'],
] as const

/** How `optimise` explores. */
export const exploreOptions = [
  ['--metric <name>', 'what search, random and llm are to make smaller: size or time', 'size'],
  ['--budget <amount>', 'candidates a kernel (1000), or time for all of them (90s, 10m, 2h)'],
  ['--seed <n>', 'seed of all chance', '1'],
  ['--samples <n>', 'answers of a language model for each kernel'],
  ['--strategy <name>', 'how a language model is asked: passes, rewrite, …'],
  ['--rounds <n>', 'times a rewrite is sent back with what is wrong with it (2)'],
] as const
export const llmOptions = [
  ['--llm <name>', 'builtin, gguf:PATH, hf:ID, URL, replay:FILE, or a name of xlab.yaml'],
  ['--llm-model <name>', 'the model’s name at its server'],
  ['--dialect <name>', 'how prompts are worded for the model'],
  ['--record <file>', 'write every exchange with the model to this file'],
] as const

/** What every command takes. */
export const EVERYWHERE = [
  ['--db <file>', 'the database (default: results/xlab.db)'],
  ['--config <file>', 'the settings (default: xlab.yaml here, or in the project)'],
  ['-q, --quiet', 'no progress'],
  ['--no-pager', 'long results on a terminal as they are, without $PAGER'],
] as const
