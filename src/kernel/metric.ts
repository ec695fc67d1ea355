/** Every metric there is, as data: to add one, add an entry. Names are those of the database and the command line. */

export interface Metric {
  /** As stored (`measurement.metric`, `reading.metric`). */
  readonly name: string
  readonly title: string
  readonly unit: 'bytes' | 'instructions' | 'cycles' | 'nanoseconds'
  /** What a better build has. All of ours want less. */
  readonly direction: 'less' | 'more'
  /** What says it, in words for a reader. */
  readonly source: string
  /** Column of `build`, `sample` rows of `measurement`, or a `reading`: one value that is not sampled. */
  readonly kept: 'build' | 'sample' | 'reading'
  /** The column, where it is one of `build`. */
  readonly column?: string
  /** False where equal code gives equal figures: a difference between twins is then a fault. */
  readonly twinsMayDiffer: boolean
}

export const METRICS = [
  {
    name: 'code',
    title: 'code size',
    unit: 'bytes',
    direction: 'less',
    source: 'all executable allocatable sections of the object',
    kept: 'build',
    column: 'code_bytes',
    twinsMayDiffer: false,
  },
  {
    name: 'rodata',
    title: 'read-only data',
    unit: 'bytes',
    direction: 'less',
    source: 'read-only sections of the object, unwind tables apart',
    kept: 'build',
    column: 'rodata_bytes',
    twinsMayDiffer: false,
  },
  {
    name: 'object',
    title: 'object size',
    unit: 'bytes',
    direction: 'less',
    source: 'the stripped object: sections, symbols and headers',
    kept: 'build',
    column: 'object_bytes',
    twinsMayDiffer: true,
  },
  {
    name: 'linked',
    title: 'linked size',
    unit: 'bytes',
    direction: 'less',
    source: 'what it adds to a static executable, library code it pulls in included',
    kept: 'reading',
    twinsMayDiffer: false,
  },
  {
    name: 'static-instructions',
    title: 'instructions in the code',
    unit: 'instructions',
    direction: 'less',
    source: 'disassembly of the executable sections',
    kept: 'build',
    column: 'instructions',
    twinsMayDiffer: false,
  },
  {
    name: 'dynamic-instructions',
    title: 'instructions executed in a call',
    unit: 'instructions',
    direction: 'less',
    source: "a hardware counter of the host's, else an emulator's count; absent where there is neither",
    kept: 'reading',
    twinsMayDiffer: false,
  },
  {
    name: 'mca-cycles',
    title: 'estimated cycles of an iteration of the hot loop',
    unit: 'cycles',
    direction: 'less',
    source: 'llvm-mca: an estimate by its model of the core',
    kept: 'reading',
    twinsMayDiffer: false,
  },
  {
    name: 'time',
    title: 'time of a call, caches warm',
    unit: 'nanoseconds',
    direction: 'less',
    source: "clock of the host, read from outside the build's process",
    kept: 'sample',
    twinsMayDiffer: true,
  },
  {
    name: 'time-cold',
    title: 'time of a call, caches flushed before it',
    unit: 'nanoseconds',
    direction: 'less',
    source: "clock of the host, read in the build's own process",
    kept: 'sample',
    twinsMayDiffer: true,
  },
] as const satisfies readonly Metric[]

export type MetricName = (typeof METRICS)[number]['name']

/** Metrics whose samples the runner takes. */
export type SampledMetric = Extract<(typeof METRICS)[number], { kept: 'sample' }>['name']
/** Metrics of which a build has one value on a host, or everywhere. */
export type ReadMetric = Extract<(typeof METRICS)[number], { kept: 'reading' }>['name']

export const metricNamed = (name: MetricName): Metric =>
  METRICS.find(metric => metric.name === name) as Metric
