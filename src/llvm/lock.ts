/** A lock between processes: a file that holds its owner's process id. A dead owner's lock counts for nothing. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

/** Runs `task` while holding the lock at `path`; waits for another live owner until `signal` aborts. */
export async function withLock<T>(
  path: string,
  signal: AbortSignal | undefined,
  task: () => Promise<T>,
): Promise<T> {
  while (!take(path)) await setTimeout(200, undefined, signal && { signal })
  try {
    return await task()
  } finally {
    rmSync(path, { force: true })
  }
}

function take(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (!isAlive(owner(path))) rmSync(path, { force: true })
    return false
  }
}

/** NaN when the owner has not written its id yet, or has just let go. */
function owner(path: string): number {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10)
  } catch {
    return Number.NaN
  }
}

function isAlive(pid: number): boolean {
  if (Number.isNaN(pid)) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
