/**
 * libLLVM in child processes that may die: each has an empty environment, a private directory and a memory limit, and
 * a request that crashes it or runs past its deadline costs that request only.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inState } from '../../config/paths.ts'
import { environmentError } from '../../errors.ts'
import { limited } from '../limits.ts'
import type { Parsed } from './libllvm.ts'

export type EngineRequest =
  | { readonly op: 'read'; readonly ir: string | Uint8Array; readonly wantBitcode: boolean }
  | { readonly op: 'count'; readonly machine: 'x86-64' | 'aarch64'; readonly code: readonly Uint8Array[] }
export type EngineReply = Parsed | { readonly state: 'counted'; readonly instructions: number }
export type EngineResult = EngineReply | { readonly state: 'died'; readonly message: string }

export interface Engine {
  /** Answers a request, or says how the child that worked on it died. Rejects if libLLVM does not load at all. */
  call(request: EngineRequest): Promise<EngineResult>
  /** Ends the children. Requests still waiting are answered with `died`. */
  close(): void
}

export interface EngineOptions {
  readonly libLlvm: string
  readonly searchPath?: readonly string[]
  /** Most child processes; they start as work comes. */
  readonly children: number
  /** Longest a request may take; by default 30 seconds, and two more for each MB of input. */
  readonly deadlineMs?: number
  readonly memoryMiB?: number
}

interface Job {
  readonly request: EngineRequest
  readonly resolve: (result: EngineResult) => void
  readonly reject: (error: Error) => void
}

interface Child {
  readonly process: ChildProcess
  readonly removeDirectory: () => void
  /** Requests sent and not answered, oldest first: the one being worked on is the first. */
  readonly sent: Job[]
  timer?: NodeJS.Timeout
  ready: boolean
  errors: string
}

/** Longest a child may take to load libLLVM. */
const START_MS = 60_000

/** Requests sent ahead to a child, so that it never waits for ours. */
const AHEAD = 4

export function openEngine(options: EngineOptions): Engine {
  const children = new Set<Child>()
  const waiting: Job[] = []
  let closed = false

  const start = (): Child => {
    const directory = privateDirectory()
    const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true })
    const child: Child = {
      process: spawnChild(options, directory),
      removeDirectory,
      sent: [],
      ready: false,
      errors: '',
    }
    children.add(child)
    child.process.stderr?.on('data', (chunk: Buffer) => {
      child.errors = (child.errors + chunk.toString('utf8')).slice(-2000)
    })
    child.process.on('message', (reply: EngineReply | 'ready') => {
      if (reply === 'ready') {
        // It needs a working directory to start in only; one that is gone can hold nothing.
        removeDirectory()
        child.ready = true
        watch(child)
        return
      }
      child.sent.shift()?.resolve(reply)
      watch(child)
      feed()
    })
    child.process.on('error', error => lost(child, error.message))
    child.process.on('close', (code, signal) => {
      removeDirectory()
      lost(child, signal ?? `exit code ${code}`, fromOutside(signal))
    })
    return child
  }
  const lost = (child: Child, how: string, outside = false): void => {
    if (!children.delete(child)) return
    clearTimeout(child.timer)
    const reason = child.errors.split('\n').find(line => /LLVM ERROR|Assertion|Error:/.test(line))
    const message = `LLVM ${how}${reason ? `: ${reason.trim()}` : ''}`
    if ((!child.ready || outside) && !closed) {
      const error = environmentError(`${options.libLlvm} cannot be used: ${message}`, "see 'xlab doctor'")
      for (const job of [...child.sent, ...waiting.splice(0)]) job.reject(error)
      return
    }
    child.sent.shift()?.resolve({ state: 'died', message })
    waiting.unshift(...child.sent)
    feed()
  }
  const watch = (child: Child): void => {
    clearTimeout(child.timer)
    const job = child.sent[0]
    hold(child, job !== undefined)
    if (job === undefined) return
    const limit = child.ready ? (options.deadlineMs ?? 30_000 + inputBytes(job.request) / 500) : START_MS
    child.timer = setTimeout(() => {
      child.errors = 'Error: ran past its time limit'
      child.process.kill('SIGKILL')
    }, limit)
  }
  const feed = (): void => {
    while (waiting.length > 0) {
      if (closed) {
        waiting.shift()?.resolve({ state: 'died', message: 'LLVM was ended' })
        continue
      }
      const idlest = [...children].sort((a, b) => a.sent.length - b.sent.length)[0]
      const busy = idlest === undefined || idlest.sent.length > 0
      const child = busy && children.size < options.children ? start() : idlest
      if (child === undefined || child.sent.length >= AHEAD) return
      const job = waiting.shift()
      if (job === undefined) return
      child.sent.push(job)
      child.process.send(job.request)
      if (child.sent.length === 1) watch(child)
    }
  }
  return {
    call: request =>
      new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject })
        feed()
      }),
    close() {
      closed = true
      for (const child of children) {
        child.process.kill('SIGKILL')
        // We may be gone before it is.
        child.removeDirectory()
      }
    },
  }
}

/** Signals that say nothing about the input: somebody ends programs, and likely us too. */
const fromOutside = (signal: NodeJS.Signals | null): boolean =>
  signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP'

/** Whether our process stays alive for this child: only while it works. */
function hold(child: Child, busy: boolean): void {
  if (busy) {
    child.process.ref()
    child.process.channel?.ref()
  } else {
    child.process.unref()
    child.process.channel?.unref()
  }
}

function privateDirectory(): string {
  mkdirSync(inState('work'), { recursive: true })
  return mkdtempSync(join(inState('work'), `llvm-${process.pid}-`))
}

function spawnChild(options: EngineOptions, directory: string): ChildProcess {
  const script = join(import.meta.dirname, 'child.ts')
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', script, options.libLlvm]
  const [file, args] = limited(command, options.memoryMiB ?? 6144)
  const child = spawn(file, args, {
    cwd: directory,
    // In a process group of its own: a terminal's Ctrl-C is for us, who end it.
    detached: true,
    env: options.searchPath ? { LD_LIBRARY_PATH: options.searchPath.join(':') } : {},
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  const stderr = child.stderr as (NodeJS.ReadableStream & { unref?: () => void }) | null
  stderr?.unref?.()
  return child
}

const inputBytes = (request: EngineRequest): number =>
  request.op === 'read' ? request.ir.length : request.code.reduce((sum, code) => sum + code.length, 0)
