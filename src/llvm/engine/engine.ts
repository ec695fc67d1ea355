/**
 * libLLVM in child processes that may die: a request that crashes one or runs past its deadline costs that request
 * only. Requests go where their module is parsed already, if that child is free; an idle child takes any.
 */
import { environmentError } from '../../errors.ts'
import type { Death, EngineRequest, EngineResult, MachineTarget } from './protocol.ts'
import { startWorker, type Worker, type WorkerOptions } from './worker.ts'

export interface Engine {
  /**
   * Answers a request, or says how the child that worked on it died. `input` gives the bytes of a `make` request's
   * module, for a child that lacks it. Rejects if libLLVM does not load at all.
   */
  call(request: EngineRequest, input?: () => Uint8Array): Promise<EngineResult>
  /** Ends the children. Requests still waiting are answered with `died`. */
  close(): void
}

export interface EngineOptions extends WorkerOptions {
  /** Most child processes; they start as work comes. */
  readonly children: number
  /** Longest a request may take; by default 30 seconds, and two more for each MB of input. */
  readonly deadlineMs?: number
}

interface Job {
  readonly request: EngineRequest
  readonly input: (() => Uint8Array) | undefined
  readonly resolve: (result: EngineResult) => void
  readonly reject: (error: Error) => void
}

interface Child {
  readonly worker: Worker
  /** Requests sent and not answered, oldest first: the one being worked on is the first. */
  readonly sent: Job[]
  /** Names of the modules it has, least recently used first. */
  readonly inputs: Set<string>
  /** What it was told last to make code for. */
  target?: MachineTarget | undefined
  /** Ends it when the request worked on has taken `limitMs`; neither while it is idle. */
  timer?: NodeJS.Timeout | undefined
  limitMs?: number | undefined
  isHeld?: boolean
  ready: boolean
  late: boolean
}

/** Longest a child may take to load libLLVM. */
const START_MS = 60_000
/** Requests sent ahead to a child, so that it never waits for ours. */
const AHEAD = 4
/** Longest a candidate may take of which only measures are wanted. */
const TRIAL_MS = 30_000
/** Modules a child keeps parsed. */
const KEPT_INPUTS = 64
/** How far down the queue a child looks for work on a module it has. */
const WINDOW = 32

export function openEngine(options: EngineOptions): Engine {
  const children = new Set<Child>()
  const waiting: Job[] = []
  let closed = false

  const start = (): Child => {
    const worker = startWorker(options, {
      ready() {
        child.ready = true
        watch(child)
      },
      reply(reply) {
        const job = child.sent.shift()
        watch(child)
        feed()
        job?.resolve(reply)
      },
      ended: (code, signal, errors) => lost(child, { code, signal, errors }),
    })
    const child: Child = { worker, sent: [], inputs: new Set(), ready: false, late: false }
    children.add(child)
    return child
  }
  const lost = (child: Child, end: End): void => {
    if (!children.delete(child)) return
    clearTimeout(child.timer)
    const message = child.late ? 'LLVM ran past its time limit' : describe(end)
    const outside = end.signal !== null && OUTSIDE.has(end.signal)
    if ((!child.ready || outside) && !closed) {
      const error = environmentError(`${options.libLlvm} cannot be used: ${message}`, "see 'xlab doctor'")
      for (const job of [...child.sent, ...waiting.splice(0)]) job.reject(error)
      return
    }
    const how: Death = closed ? 'ended' : child.late || end.signal === 'SIGKILL' ? 'limit' : 'crash'
    child.sent.shift()?.resolve({ state: 'died', how, message })
    waiting.unshift(...child.sent)
    feed()
  }
  const watch = (child: Child): void => {
    const job = child.sent[0]
    const limit = job && (child.ready ? limitOf(job.request, options.deadlineMs) : START_MS)
    if (child.timer !== undefined && limit === child.limitMs) {
      child.timer.refresh()
      return
    }
    if (child.isHeld !== (limit !== undefined)) {
      child.isHeld = limit !== undefined
      child.worker.hold(child.isHeld)
    }
    clearTimeout(child.timer)
    child.timer = undefined
    child.limitMs = limit
    if (limit === undefined) return
    child.timer = setTimeout(() => {
      child.late = true
      child.worker.kill()
    }, limit)
  }
  const send = (child: Child, job: Job): void => {
    try {
      child.worker.send(forChild(child, job))
    } catch (error) {
      job.reject(error instanceof Error ? error : new Error(String(error)))
      return
    }
    child.sent.push(job)
    if (child.sent.length === 1) watch(child)
  }
  const feed = (): void => {
    if (closed)
      for (const job of waiting.splice(0))
        job.resolve({ state: 'died', how: 'ended', message: 'LLVM was ended' })
    while (waiting.length > 0) {
      const idlest = [...children].sort((a, b) => a.sent.length - b.sent.length)[0]
      const busy = idlest === undefined || idlest.sent.length > 0
      const child = busy && children.size < options.children ? start() : idlest
      if (child === undefined || child.sent.length >= AHEAD) return
      const known = waiting
        .slice(0, WINDOW)
        .findIndex(({ request }) => request.op === 'make' && child.inputs.has(request.input))
      const [job] = waiting.splice(Math.max(known, 0), 1)
      if (job !== undefined) send(child, job)
    }
  }
  return {
    call: (request, input) =>
      new Promise((resolve, reject) => {
        waiting.push({ request, input, resolve, reject })
        feed()
      }),
    close() {
      closed = true
      for (const child of children) child.worker.kill()
      feed()
    },
  }
}

/** The request as this child needs it: without the target it was told last, with the bytes of a module it lacks. */
function forChild(child: Child, { request: whole, input }: Job): EngineRequest {
  if (whole.op !== 'make') {
    // To say what it is, a child makes a build for a target of its own.
    child.target = undefined
    return whole
  }
  const request = isSame(whole.target, child.target) ? { ...whole, target: undefined } : whole
  const bytes = child.inputs.delete(request.input) ? undefined : input?.()
  child.inputs.add(request.input)
  child.target = whole.target
  if (bytes === undefined) return request
  const forget = [...child.inputs].slice(0, Math.max(0, child.inputs.size - KEPT_INPUTS))
  for (const name of forget) child.inputs.delete(name)
  return { ...request, forget, bytes }
}

const isSame = (a: MachineTarget | undefined, b: MachineTarget | undefined): boolean =>
  a?.features === b?.features &&
  a?.cpu === b?.cpu &&
  a?.triple === b?.triple &&
  a?.dataLayout === b?.dataLayout

interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly errors: string
}

/** Signals that say nothing about the input: somebody ends programs, and likely us too. */
const OUTSIDE: ReadonlySet<string> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP'])

function describe({ code, signal, errors }: End): string {
  const reason = errors.split('\n').find(line => /LLVM ERROR|Assertion|Error:/.test(line))
  return `LLVM ${signal ?? `exit code ${code}`}${reason ? `: ${reason.trim()}` : ''}`
}

/** Milliseconds for one request. A candidate of a search that takes longer is not worth waiting for. */
function limitOf(request: EngineRequest, deadlineMs: number | undefined): number {
  const limit = deadlineMs ?? 30_000 + inputBytes(request) / 500
  return request.op === 'make' && request.want === 'measures' ? Math.min(limit, TRIAL_MS) : limit
}

const inputBytes = (request: EngineRequest): number => {
  if (request.op === 'read') return request.ir.length
  if (request.op === 'measure') return request.object.length
  return request.op === 'count' ? request.code.length : 0
}
