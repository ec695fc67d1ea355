/** Every command, in the order help shows them. To add one: a file in this folder and an entry here. */
import type { Command } from './command.ts'

const filter = [
  '--filter <text>',
  'only kernels matching: model:NAME, op:NAME, name:TEXT, a hash prefix, or sample:N (every model, op and size with its share)',
] as const
const jobs = ['--jobs <n>', 'tasks at once (default: one a core)'] as const
const target = ['--target <names>', 'what to compile for, comma-separated', 'native'] as const
const format = ['-o, --output <format>', 'table, md, csv, json or jsonl'] as const
const llvm = ['--llvm <path>', 'another LLVM than the pinned one: its folder, or its bin'] as const
const json = ['--json', 'print JSON'] as const
const harvestOptions = [
  ['--runtime <kind>', 'auto, docker or local', 'auto'],
  ['--image <image>', 'any image with python3 and TensorFlow, instead of our own'],
  ['--xla-flags <flags>', 'XLA flags to add or override, as in XLA_FLAGS'],
] as const

export const COMMANDS: readonly Command[] = [
  {
    name: 'demo',
    summary: 'the whole story on two small models, with a report at the end',
    options: [...harvestOptions],
    examples: ['xlab demo'],
    load: () => import('./demo.ts'),
  },
  {
    name: 'harvest',
    arguments: '[model...]',
    summary: 'run models and collect every LLVM IR kernel XLA emits',
    options: [
      ...harvestOptions,
      ['--from <dir>', 'ingest a dump folder already on disk'],
      ['--time-limit <seconds>', 'longest a model may run', '600'],
      ['--jobs <n>', 'models at once (default: half the cores, so that each can be timed)'],
    ],
    examples: ['xlab harvest cnn mlp', 'xlab harvest my_model.py', 'xlab harvest --from /tmp/xla_dump'],
    load: () => import('./harvest.ts'),
  },
  {
    name: 'import',
    arguments: '<file.ll...>',
    summary: 'take in any LLVM IR of your own',
    examples: ['xlab import my_function.ll'],
    load: () => import('./import.ts'),
  },
  {
    name: 'optimise',
    alias: 'optimize',
    summary: 'make builds of the kernels, one for each proposer',
    options: [
      [
        '--with <proposers>',
        'xla, xla-ir, opt:LEVEL, passes:LIST, random:N, search, llm; comma-separated',
        'xla,xla-ir,opt:O3,opt:Oz',
      ],
      target,
      ['--metric <name>', 'what search, random and llm are to make smaller: size or time', 'size'],
      ['--budget <amount>', 'candidates a kernel (1000), or time for all of them (90s, 10m, 2h)'],
      ['--seed <n>', 'seed of all chance', '1'],
      ['--samples <n>', 'answers of a language model for each kernel'],
      ['--strategy <name>', 'how a language model is asked: passes, rewrite, …'],
      ['--llm <name>', 'builtin, gguf:PATH, hf:ID, URL, replay:FILE, or a name of xlab.yaml'],
      ['--llm-model <name>', 'the model’s name at its server'],
      ['--dialect <name>', 'how prompts are worded for the model'],
      ['--record <file>', 'write every exchange with the model to this file'],
      ['--engine <kind>', 'in-process, or spawn: opt and llc processes for each build', 'in-process'],
      llvm,
      filter,
      jobs,
    ],
    examples: [
      'xlab optimise',
      "xlab optimise --with 'passes:instcombine<no-verify-fixpoint>,gvn' --filter model:cnn",
      'xlab optimise --with search --metric size --budget 1000',
    ],
    load: () => import('./optimise.ts'),
  },
  {
    name: 'verify',
    arguments: '[file.ll...]',
    summary: 'judge what has no verdict; with files, say whether they are equal',
    options: [
      ['--host <name>', 'where to run', 'local'],
      filter,
      jobs,
      ['--seed <n>', 'seed of the random inputs', '1'],
      ['--trials <n>', 'trials for each build', '16'],
      ['--flush-denormals', 'files only: run as XLA runs its kernels'],
      json,
    ],
    examples: ['xlab verify', 'xlab verify before.ll after.ll'],
    load: () => import('./verify.ts'),
  },
  {
    name: 'bench',
    summary: 'measure size and time of the builds that agree',
    options: [
      ['--host <names>', 'where to run, comma-separated', 'local'],
      filter,
      ['--precision <percent>', 'measure on until intervals reach no further than this to each side', '2%'],
      ['--budget <time>', 'longest to measure on for that: 90s, 10m, 1h', '5m'],
      ['--delta <percent>', 'times this close count as the same', '1%'],
      ['--confirm', 'only measure again what came out best (done after all else otherwise)'],
      ['--no-confirm', 'do not'],
      ['--dry-run', 'say what would run, where, and about how long'],
      ['--links <n>', 'executables with shuffled function order, at least', '12'],
      ['--processes <n>', 'processes of each executable', '1'],
      ['--pairs <n>', 'samples of each build in a process', '6'],
      ['--cold <n>', 'samples with cold caches in a process', '1'],
      ['--seed <n>', 'seed of inputs and orders', '1'],
    ],
    examples: [
      'xlab bench',
      'xlab bench --filter model:cnn --precision 1% --budget 20m',
      'xlab bench --dry-run',
    ],
    load: () => import('./bench.ts'),
  },
  {
    name: 'query',
    arguments: '[name-or-sql]',
    summary: 'ask the database: a named query or read-only SQL',
    options: [
      ['--list', 'list the named queries'],
      format,
      filter,
      ['--time-limit <seconds>', 'longest a query may take', '60'],
    ],
    examples: [
      'xlab query results',
      "xlab query 'SELECT name, lines FROM kernel ORDER BY lines DESC LIMIT 5'",
    ],
    load: () => import('./query.ts'),
  },
  {
    name: 'report',
    summary: 'one self-contained page',
    options: [
      ['-o, --output <file>', 'FILE.html or FILE.md (default: results/report.html)'],
      ['--compare <db>', 'another database: what is better or worse here, beyond noise'],
    ],
    examples: ['xlab report', 'xlab report --compare results/before.db -o results/compared.html'],
    load: () => import('./report.ts'),
  },
  {
    name: 'show',
    arguments: '<kernel>',
    summary: 'everything about one kernel: origin, signature, IR, builds, verdicts, measurements',
    options: [
      ['--by <proposer>', 'one build: a proposer, or best'],
      ['--emit <kind>', 'write it out: ll, s or o'],
      ['-o, --output <file>', 'where to, instead of standard output'],
      json,
    ],
    examples: ['xlab show 3fa9', 'xlab show 3fa9 --by opt:Oz --emit ll -o kernel.ll'],
    load: () => import('./show.ts'),
  },
  {
    name: 'hints',
    arguments: '[kernel]',
    summary: 'regions of a kernel that a language model would improve, and whether it is right',
    options: [
      ['--try', 'apply each hint alone, judge and measure it, beside as many by chance'],
      filter,
      ['--metric <name>', 'what a hint is to make smaller: size or time', 'size'],
      ['--samples <n>', 'answers for each kernel', '1'],
      ['--budget <time>', 'longest for all kernels together: 90s, 10m, 2h'],
      ['--seed <n>', 'seed of all chance', '1'],
      ['--llm <name>', 'builtin, gguf:PATH, hf:ID, URL, replay:FILE, or a name of xlab.yaml'],
      ['--llm-model <name>', 'the model’s name at its server'],
      ['--dialect <name>', 'how prompts are worded for the model'],
      ['--record <file>', 'write every exchange with the model to this file'],
      json,
    ],
    examples: ['xlab hints 3fa9', 'xlab hints 3fa9 --try', 'xlab hints --filter sample:20 --try'],
    load: () => import('./hints.ts'),
  },
  {
    name: 'models',
    summary: 'the models that can be harvested by name',
    options: [json],
    load: () => import('./models.ts'),
  },
  {
    name: 'kernels',
    summary: 'the kernels in the database',
    options: [filter, format],
    load: () => import('./kernels.ts'),
  },
  {
    name: 'hosts',
    arguments: '[name...]',
    summary: 'machines that can run builds, and their state',
    options: [json],
    examples: ['xlab hosts'],
    load: () => import('./hosts.ts'),
  },
  {
    name: 'host',
    arguments: '<action> [name]',
    summary: "host probe NAME: a host's CPU and features, as code is compiled for it",
    options: [json],
    examples: ['xlab host probe local'],
    load: () => import('./host.ts'),
  },
  {
    name: 'doctor',
    summary: 'what is used, what is missing, and the command that mends it',
    options: [llvm, json],
    load: () => import('./doctor.ts'),
  },
  {
    name: 'clean',
    summary: 'remove containers and work folders left by a crash',
    load: () => import('./clean.ts'),
  },
  {
    name: 'test',
    arguments: '[lane...]',
    summary: "run xlab's own tests: unit, integration, docker, llm-hf",
    load: () => import('./test.ts'),
  },
]
