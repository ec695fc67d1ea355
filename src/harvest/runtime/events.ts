/** What `models-py/harvest.py` reports while it runs: one JSON object a line on its own standard output. */

/** What was run, as the process itself found it. Absent before TensorFlow has loaded. */
export interface Facts {
  /** What writes the dump: `tensorflow 2.21.0`. */
  readonly producer?: string
  /** LLVM version inside XLA, when known. */
  readonly llvm?: string
  readonly python?: string
  readonly cpu?: string
  /** CPU features as /proc/cpuinfo lists them, separated by spaces. */
  readonly cpuFeatures?: string
  readonly seed?: number
}

/** Wall time of one jit-compiled program, warm and without dumping. */
export interface Timing {
  /** `train`, `infer`, a SavedModel signature, or the name of a script's function. */
  readonly program: string
  /** `module_NNNN.NAME`, the start of its dump files' names; absent if the program is several modules. */
  readonly moduleName?: string
  /** Median nanoseconds of one call. */
  readonly wallNs: number
  readonly calls: number
}

export interface Loss {
  readonly step: number
  readonly loss: number
}

export type HarvestEvent =
  | ({ readonly event: 'facts' } & Facts)
  | { readonly event: 'phase'; readonly phase: string }
  | ({ readonly event: 'loss' } & Loss)
  | ({ readonly event: 'timing' } & Timing)
  | {
      readonly event: 'error'
      readonly message: string
      readonly traceback?: string
      readonly fault: 'subject' | 'environment'
    }
  | { readonly event: 'done'; readonly files: number }

const EVENTS: ReadonlySet<unknown> = new Set(['facts', 'phase', 'loss', 'timing', 'error', 'done'])

/** The event in a line, or undefined for anything else. */
export function parseEvent(line: string): HarvestEvent | undefined {
  if (!line.startsWith('{"event":')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    const known = typeof value === 'object' && value !== null && 'event' in value && EVENTS.has(value.event)
    return known ? (value as HarvestEvent) : undefined
  } catch {
    return undefined
  }
}
