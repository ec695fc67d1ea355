/** One child process that holds libLLVM: an empty environment, a private directory, a memory limit. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { inState } from '../../config/paths.ts'
import { limited } from '../limits.ts'
import { CHANNEL, encode, openDecoder } from './frames.ts'
import type { EngineReply, EngineRequest, Ready } from './protocol.ts'

export interface WorkerOptions {
  readonly libLlvm: string
  readonly searchPath?: readonly string[]
  readonly memoryMiB?: number
}

export interface WorkerEvents {
  ready(): void
  reply(reply: EngineReply): void
  /** Once, however it ended; `errors` is the end of what it wrote to standard error. */
  ended(code: number | null, signal: NodeJS.Signals | null, errors: string): void
}

export interface Worker {
  send(request: EngineRequest): void
  /** Whether our process stays alive for it: only while it works. */
  hold(busy: boolean): void
  kill(): void
}

export function startWorker(options: WorkerOptions, events: WorkerEvents): Worker {
  const directory = privateDirectory()
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true })
  const child = spawnChild(options, directory)
  let errors = ''
  let over = false
  const ended = (code: number | null, signal: NodeJS.Signals | null, more = ''): void => {
    removeDirectory()
    if (over) return
    over = true
    events.ended(code, signal, errors + more)
  }
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-4000)
  })
  const channel = child.stdio[CHANNEL] as Socket
  channel.on(
    'data',
    openDecoder(received => {
      const message = received as EngineReply | Ready
      if (message.state !== 'ready') return events.reply(message)
      // It needs a working directory to start in only; one that is gone can hold nothing.
      removeDirectory()
      events.ready()
    }),
  )
  // A pipe that breaks is the end of the child, of which we hear.
  channel.on('error', () => {})
  child.on('error', error => ended(null, null, `Error: ${error.message}`))
  child.on('close', (code, signal) => ended(code, signal))
  return {
    send: request => void channel.write(encode(request)),
    hold(busy) {
      if (busy) {
        child.ref()
        channel.ref()
      } else {
        child.unref()
        channel.unref()
      }
    },
    kill() {
      child.kill('SIGKILL')
      // We may be gone before it is.
      removeDirectory()
    },
  }
}

function privateDirectory(): string {
  mkdirSync(inState('work'), { recursive: true })
  return mkdtempSync(join(inState('work'), `llvm-${process.pid}-`))
}

function spawnChild(options: WorkerOptions, directory: string): ChildProcess {
  const script = join(import.meta.dirname, 'child/main.ts')
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', script, options.libLlvm]
  const [file, args] = limited(command, options.memoryMiB ?? 6144)
  const child = spawn(file, args, {
    cwd: directory,
    // In a process group of its own: a terminal's Ctrl-C is for us, who end it.
    detached: true,
    env: options.searchPath ? { LD_LIBRARY_PATH: options.searchPath.join(':') } : {},
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const stderr = child.stderr as (NodeJS.ReadableStream & { unref?: () => void }) | null
  stderr?.unref?.()
  return child
}
