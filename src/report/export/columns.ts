/** The columns of the dataset, declared once: its rows, its CSV header and docs/dataset.md all come from here. */
import { splitOf } from './split.ts'
import type { Built, Subject } from './subject.ts'

export interface DatasetColumn {
  readonly name: string
  /** `list` and `object` are JSON; in CSV, JSON text. */
  readonly type: 'text' | 'integer' | 'real' | 'list' | 'object'
  readonly about: string
  /** The value in the row of a kernel and a build; null where there is none. */
  read(subject: Subject, build: Built | undefined): unknown
}

export interface ColumnGroup {
  readonly title: string
  readonly columns: readonly DatasetColumn[]
}

type Read = DatasetColumn['read']
const column = (name: string, type: DatasetColumn['type'], about: string, read: Read): DatasetColumn => ({
  name,
  type,
  about,
  read,
})
const text = (name: string, about: string, read: Read): DatasetColumn => column(name, 'text', about, read)
const integer = (name: string, about: string, read: Read): DatasetColumn =>
  column(name, 'integer', about, read)
const real = (name: string, about: string, read: Read): DatasetColumn => column(name, 'real', about, read)
const list = (name: string, about: string, read: Read): DatasetColumn => column(name, 'list', about, read)
const object = (name: string, about: string, read: Read): DatasetColumn => column(name, 'object', about, read)

/** From the least that can be said of a build to the most. */
const STATES = ['refuted', 'broken', 'unknown', 'agreed', 'exhausted', 'same']

/** The least favourable verdict of a build over all its signatures. */
function verdictOf(build: Built | undefined): string | undefined {
  const states = build?.verdicts.map(({ state }) => state) ?? []
  return states.sort((a, b) => STATES.indexOf(a) - STATES.indexOf(b))[0]
}

/** What of a row comes from whom. */
function derivedFrom({ harvest }: Subject, build: Built | undefined): string {
  const source =
    harvest === undefined || harvest.source === 'import'
      ? 'ir: imported as it is'
      : `ir, hlo: emitted by XLA (Apache-2.0) in ${harvest.producer ?? 'an unknown producer'} from the model`
  if (build === undefined) return source
  const made =
    build.input === 'object'
      ? `the build: XLA's own object, by the LLVM in it (Apache-2.0 WITH LLVM-exception)`
      : `ir_after, the build: by LLVM ${build.llvm} (Apache-2.0 WITH LLVM-exception) from ${INPUTS[build.input] ?? 'ir'}`
  return `${source}; ${made}`
}

const INPUTS: Readonly<Record<string, string>> = {
  'xla-ir': "XLA's optimised IR",
  rewrite: "a language model's rewrite of ir",
}

const first = (subject: Subject): Subject['kernel']['origins'][number] | undefined =>
  subject.kernel.origins[0]

export const GROUPS: readonly ColumnGroup[] = [
  {
    title: 'The kernel',
    columns: [
      text('hash', 'identity of the kernel: hash of its canonical IR', s => s.kernel.hash),
      text('split', 'train, validation or test: relatives are in one', s => splitOf(s.family)),
      text('family', 'equal for kernels that differ only in constants and shapes', s => s.family),
      text('name', 'where it was first seen', s => s.kernel.name),
      text('abi', 'how it is called: call-frame (XLA), scalar, module, comparator, other', s => s.kernel.abi),
      text('ir', 'canonical LLVM IR before optimisation, a valid module', s => s.ir),
      integer('ir_lines', 'lines of it', s => s.kernel.lines),
      integer('ir_instructions', 'instructions of it', s => s.kernel.irInstructions),
      text('ir_reader', 'LLVM version that read the text', s => s.kernel.reader),
      list(
        'signatures',
        'how it is called: arguments (name, dtype, shape, bytes, role, slot), workgroups, flushDenormals',
        s => s.kernel.signatures,
      ),
      object('features', 'the kernel in numbers: counts of instructions, loops, bytes, …', s => s.features),
    ],
  },
  {
    title: 'HLO',
    columns: [
      text('hlo', 'its HLO instruction with the computations that calls, without metadata', s => s.hlo),
      text('hlo_module', "key of the whole module's text in the file of modules", s => s.harvest?.hloModule),
      text('instruction', 'name of the HLO instruction', s => first(s)?.instruction),
      text('opcode', 'its HLO opcode', s => first(s)?.opcode),
      text('emitter', 'XLA emitter', s => first(s)?.emitter),
    ],
  },
  {
    title: 'Provenance, of the first sighting unless said otherwise',
    columns: [
      list('models', 'every model it was seen in: a name of the zoo, or a path', s => s.models),
      integer('sightings', 'places it was seen in', s => s.kernel.origins.length),
      text('program', 'train, infer, … as the model calls it', s => first(s)?.program),
      text('module', 'HLO module', s => first(s)?.module),
      text('op_type', 'framework op', s => first(s)?.opType),
      text('op_name', "framework op's full name", s => first(s)?.opName),
      text('source_file', 'Python file', s => first(s)?.sourceFile),
      integer('source_line', 'line in it', s => first(s)?.sourceLine),
      integer('calls', 'times its module runs it in one call', s => first(s)?.calls),
      text('harvest_source', 'docker, local, dump or import', s => s.harvest?.source),
      text('producer', 'what wrote the dump', s => s.harvest?.producer),
      text('producer_llvm', 'LLVM version inside it', s => s.harvest?.llvm),
      text('image', 'container image', s => s.harvest?.image),
      text('image_digest', 'its digest', s => s.harvest?.imageDigest),
      text('python', 'Python version', s => s.harvest?.python),
      text('xla_flags', 'XLA_FLAGS beyond those that dump', s => s.harvest?.xlaFlags),
      text('harvest_cpu', 'CPU of the machine', s => s.harvest?.cpu),
      integer('harvest_seed', 'seed of the model', s => s.harvest?.seed),
      text('harvested_at', 'UTC', s => s.harvest?.startedAt),
    ],
  },
  {
    title: 'Licence',
    columns: [
      text(
        'model_licence',
        'licence of the models the kernel comes from: the SPDX-License-Identifier their files state, or unknown; several, comma-separated, where they differ',
        s => s.licences.join(', ') || 'unknown',
      ),
      text('derived_from', 'what of the row was made by whom, under which licence', derivedFrom),
    ],
  },
  {
    title: 'The build (null in the row of a kernel that has none)',
    columns: [
      text('build', 'identity of the build', (_, b) => b?.hash),
      list(
        'proposers',
        'who suggested it: xla, xla-ir, opt:O3, passes:…, random, search, llm',
        (_, b) => b?.proposers,
      ),
      text('input', 'what it was made from: kernel, xla-ir, rewrite, object', (_, b) => b?.input),
      text('passes', 'opt -passes=', (_, b) => b?.passes),
      list('attributes', 'function attributes added before them', (_, b) => b && JSON.parse(b.attributes)),
      integer('codegen_level', 'llc -O', (_, b) => b?.codegenLevel),
      list('codegen_options', 'further options of llc', (_, b) => b && JSON.parse(b.codegenOptions)),
      text('llvm', 'LLVM that made it', (_, b) => b?.llvm),
      text('target', 'target, as typed', (_, b) => b?.target),
      text('triple', 'triple', (_, b) => b?.triple),
      text('cpu', 'llc -mcpu', (_, b) => b?.cpu),
      text('cpu_features', 'llc -mattr', (_, b) => b?.features),
      list('commands', 'command lines that repeat it', (_, b) => b?.commands),
      text('build_state', 'ok, or broken', (_, b) => b?.state),
      text('build_reason', 'why it is broken', (_, b) => b?.reason),
      text('ir_after', 'optimised IR, where it was kept', (_, b) => b?.ir),
      integer('code_bytes', 'all executable sections', (_, b) => b?.codeBytes),
      integer('rodata_bytes', 'read-only data', (_, b) => b?.rodataBytes),
      integer('object_bytes', 'the stripped object', (_, b) => b?.objectBytes),
      integer('instructions', 'machine instructions', (_, b) => b?.instructions),
      real('size_ratio', "code_bytes divided by those of XLA's own object", (_, b) => b?.sizeRatio),
      text('content', 'equal for twins: builds of the same code and data', (_, b) => b?.contentHash),
    ],
  },
  {
    title: 'Verdict and measurements',
    columns: [
      text(
        'verdict',
        'the least favourable over all signatures: same, agreed, exhausted, refuted, broken, unknown; null: not judged',
        (_, b) => verdictOf(b),
      ),
      list(
        'verdicts',
        'one for each signature: state, semantics, verifier, host, trials, worstUlps, reason, counterexample',
        (_, b) => b?.verdicts,
      ),
      real('time_ns', 'nanoseconds per call, of the first measurement below', (_, b) => b?.times[0]?.timeNs),
      real('time_ratio', "divided by that of XLA's own build", (_, b) => b?.times[0]?.ratio),
      real('time_ratio_low', '95 % interval', (_, b) => b?.times[0]?.ratioLow),
      real('time_ratio_high', '', (_, b) => b?.times[0]?.ratioHigh),
      text(
        'time_comparison',
        'faster, slower, same, twin or inconclusive',
        (_, b) => b?.times[0]?.comparison,
      ),
      text('time_host', 'where it was measured', (_, b) => b?.times[0]?.host),
      list(
        'measurements',
        'one for each signature and host: samples, timeNs, deviationNs, ratio, ratioLow, ratioHigh, comparison',
        (_, b) => b?.times,
      ),
      list(
        'confirmations',
        'times of builds chosen by time, measured again by a campaign that chose nothing: use these, where there are any',
        (_, b) => b?.confirmed,
      ),
    ],
  },
]

export const COLUMNS: readonly DatasetColumn[] = GROUPS.flatMap(group => group.columns)

/** Columns of the file of modules. */
export const MODULE_COLUMNS = {
  hlo_module: 'key: SHA-256 of the text',
  models: 'every model it was seen in',
  text: 'HLO after XLA’s passes, whole',
} as const
