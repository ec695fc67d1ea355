/**
 * The one way stages make builds: libLLVM in long-lived workers, with `opt` and `llc` processes as the reference that
 * decides whatever a worker does not make. Same bytes and same words either way.
 */
import { setMaxListeners } from 'node:events'
import { availableParallelism } from 'node:os'
import { environmentError, XlabError } from '../errors.ts'
import type { BuildRequest, BuildResult, ObjectSizes } from '../kernel/build.ts'
import { type Engine, openEngine } from '../llvm/engine/engine.ts'
import type { Made, MakeRequest, MeasureRequest, Spent } from '../llvm/engine/protocol.ts'
import { isBitcode } from '../llvm/reading/bitcode.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { log } from '../log.ts'
import { buildSteps, commandLine } from './commands.ts'
import { compile, MEMORY_MIB } from './compile.ts'
import { functionsFor } from './functions.ts'
import { makeRequest } from './make-request.ts'

export type EngineKind = 'in-process' | 'spawn'

export interface BuildOptions {
  readonly signal?: AbortSignal | undefined
}

/** What a search needs to know of a candidate. */
export type Trial =
  | {
      readonly state: 'ok'
      readonly sizes: ObjectSizes
      readonly instructions: number
      readonly contentHash: string
      readonly seconds: number
      /** Where the time went, of a worker. */
      readonly spent?: Spent
    }
  | {
      readonly state: 'broken'
      readonly step: string
      readonly message: string
      /** Ended by a limit or from outside, so that the machine may be at fault. */
      readonly unclear?: true
      readonly seconds: number
    }

export interface Builder {
  readonly engine: EngineKind
  /** Why workers left builds to the programs, and how many. */
  readonly handedOver: ReadonlyMap<string, number>
  /** A whole build, as compile() gives it: object, IR, sizes, commands. */
  build(request: BuildRequest, input: () => Uint8Array, options?: BuildOptions): Promise<BuildResult>
  /** Only what a search needs; nothing large comes back, and equal optimised IR is emitted once. */
  try(candidate: BuildRequest, input: () => Uint8Array, options?: BuildOptions): Promise<Trial>
  close(): Promise<void>
}

export interface BuilderOptions {
  readonly engine?: EngineKind | undefined
  /** Most worker processes; one a core unless said. */
  readonly workers?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Longest a worker may take for one build. */
  readonly deadlineMs?: number
  /** Memory for a worker, and for the programs it leaves a build to. */
  readonly memoryMiB?: number
}

const DEADLINE_MS = 120_000

/**
 * A builder with this LLVM. Without a usable libLLVM it spawns, and says so; throws an environment error if the
 * library is of another version than `opt`.
 */
export async function openBuilder(toolchain: Toolchain, options: BuilderOptions = {}): Promise<Builder> {
  if (options.engine === 'spawn') return spawning(toolchain, options)
  const engine = openEngine({
    libLlvm: toolchain.libLlvm,
    children: options.workers ?? availableParallelism(),
    memoryMiB: options.memoryMiB ?? MEMORY_MIB,
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
  })
  const problem = await problemOf(engine, toolchain)
  if (problem === undefined) return inWorkers(toolchain, engine, options)
  engine.close()
  log.warn(`builds are made by opt and llc processes, which takes longer: ${problem}`)
  return spawning(toolchain, options)
}

const shared = new Map<string, Promise<Builder>>()

/** The builder of what is compiled here and there (references, adapters): one an LLVM, for as long as we live. */
export function sharedBuilder(toolchain: Toolchain): Promise<Builder> {
  const builder = shared.get(toolchain.libLlvm) ?? openBuilder(toolchain)
  shared.set(toolchain.libLlvm, builder)
  builder.catch(() => shared.delete(toolchain.libLlvm))
  return builder
}

/** Why builds with this LLVM are not made in workers, if so: its library does not load, or lacks something. */
export async function engineProblem(toolchain: Toolchain): Promise<string | undefined> {
  const engine = openEngine({ libLlvm: toolchain.libLlvm, children: 1, memoryMiB: MEMORY_MIB })
  try {
    return await problemOf(engine, toolchain)
  } finally {
    engine.close()
  }
}

/** As engineProblem. Throws an environment error for a library of another version than `opt`. */
async function problemOf(engine: Engine, toolchain: Toolchain): Promise<string | undefined> {
  const about = await engine.call({ op: 'about' }).catch((error: unknown) => {
    if (error instanceof XlabError) return { state: 'died', message: error.message } as const
    throw error
  })
  if (about.state !== 'about') return 'message' in about ? about.message : about.state
  const expected = toolchain.version.split(' ')[0]
  if (about.version === expected) return about.problem
  engine.close()
  throw environmentError(
    `${toolchain.libLlvm} is LLVM ${about.version}, but opt is ${expected}`,
    'name an LLVM whose programs and library belong together with --llvm, or use --engine spawn',
  )
}

function spawning(toolchain: Toolchain, options: BuilderOptions): Builder {
  const build: Builder['build'] = (request, input, { signal = options.signal } = {}) =>
    compile(toolchain, request, input(), { signal, memoryMiB: options.memoryMiB })
  return {
    engine: 'spawn',
    handedOver: new Map(),
    build,
    try: async (candidate, input, one) => trialOf(await build(candidate, input, one)),
    close: async () => {},
  }
}

function inWorkers(toolchain: Toolchain, engine: Engine, options: BuilderOptions): Builder {
  const handedOver = new Map<string, number>()
  const spawned = spawning(toolchain, options)
  /** What a worker made of it, a failure, or undefined when the programs must say. */
  const ask = async (
    request: BuildRequest,
    input: () => Uint8Array,
    want: MakeRequest['want'],
    signal: AbortSignal | undefined,
  ): Promise<Extract<Made, { state: 'made' }> | Broken | undefined> => {
    signal?.throwIfAborted()
    const asked: MakeRequest | MeasureRequest =
      request.input === 'object' ? { op: 'measure', object: input() } : makeRequest(request, input, want)
    const reply = await unlessAborted(engine.call(asked, input), signal)
    if (reply.state === 'made') return reply
    if (reply.state === 'bad-passes')
      return { state: 'broken', step: 'opt', message: `opt: ${reply.message}`, seconds: reply.seconds }
    if (reply.state !== 'died' || reply.how === 'crash') {
      const why = 'message' in reply ? reply.message : reply.state
      handedOver.set(why, (handedOver.get(why) ?? 0) + 1)
      return undefined
    }
    if (reply.how === 'ended') throw new Error('the builder was closed')
    return { state: 'broken', step: 'engine', message: reply.message, unclear: true, seconds: 0 }
  }
  return {
    engine: 'in-process',
    handedOver,
    async build(request, input, { signal = options.signal } = {}) {
      const made = await ask(request, input, 'build', signal)
      if (made === undefined) return spawned.build(request, input, { signal })
      const commands = await commandsOf(toolchain, request, input)
      if (made.state === 'broken') return { ...made, commands }
      const { object = input(), ir, undefinedSymbols = [], spent: _, ...measures } = made
      return { ...measures, state: 'ok', object, ir, undefinedSymbols, commands }
    },
    async try(candidate, input, { signal = options.signal } = {}) {
      const made = await ask(candidate, input, 'measures', signal)
      if (made === undefined) return spawned.try(candidate, input, { signal })
      return made.state === 'broken' ? made : { ...made, state: 'ok' }
    },
    close: async () => engine.close(),
  }
}

type Broken = Extract<Trial, { state: 'broken' }>

async function commandsOf(
  toolchain: Toolchain,
  request: BuildRequest,
  input: () => Uint8Array,
): Promise<string[]> {
  if (request.input === 'object') return []
  const functions = await functionsFor(toolchain, request, input)
  return buildSteps(request, isBitcode(input()), functions).map(commandLine)
}

/** The promise, or the reason of an abort as soon as there is one. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  // One signal stops a whole run, and a run waits for many builds at once.
  setMaxListeners(0, signal)
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** What a search needs of a whole build. */
export function trialOf(result: BuildResult): Trial {
  if (result.state === 'broken') {
    const { commands: _, ...trial } = result
    return trial
  }
  const { sizes, instructions, contentHash, seconds } = result
  return { state: 'ok', sizes, instructions, contentHash, seconds }
}
