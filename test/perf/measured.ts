/** Runs xlab as a user would and watches the whole tree of processes. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const XLAB = resolve(import.meta.dirname, '../../xlab')

export interface Measured {
  readonly code: number | null
  readonly seconds: number
  /** Largest sum of resident memory over all its processes; pages they share count once for each. */
  readonly peakMiB: number
  readonly stdout: string
}

export async function measured(args: readonly string[]): Promise<Measured> {
  const started = performance.now()
  const child = spawn(XLAB, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let peak = 0
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8')
  })
  const sampler = setInterval(() => {
    peak = Math.max(peak, treeBytes(child.pid ?? 0))
  }, 100)
  const code = await new Promise<number | null>(done => child.on('close', done))
  clearInterval(sampler)
  return { code, seconds: (performance.now() - started) / 1000, peakMiB: peak / 2 ** 20, stdout }
}

/** Resident bytes of a process and all below it. */
function treeBytes(root: number): number {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc'))
    if (/^\d+$/.test(name)) {
      const parent = /\) \S (\d+)/.exec(read(join('/proc', name, 'stat')))?.[1]
      if (parent !== undefined) parents.set(Number(name), Number(parent))
    }
  const below = (pid: number): boolean => {
    for (let p: number | undefined = pid; p !== undefined && p > 1; p = parents.get(p))
      if (p === root) return true
    return false
  }
  let sum = 0
  for (const pid of parents.keys())
    if (below(pid)) sum += 1024 * Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)
  return sum
}

/** A process may end between listing and reading. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
