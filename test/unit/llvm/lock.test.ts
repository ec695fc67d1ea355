import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withLock } from '../../../src/llvm/lock.ts'

const lockPath = (): string => join(mkdtempSync(join(tmpdir(), 'xlab-lock-')), 'lock')

test('tasks with one lock run one after the other, and it is gone afterwards', async () => {
  const path = lockPath()
  const events: string[] = []
  const task = (name: string) => async (): Promise<void> => {
    events.push(`${name} starts`)
    await new Promise(resolve => setTimeout(resolve, 20))
    events.push(`${name} ends`)
  }
  await Promise.all([withLock(path, undefined, task('a')), withLock(path, undefined, task('b'))])
  expect(events).toEqual(['a starts', 'a ends', 'b starts', 'b ends'])
  expect(existsSync(path)).toBe(false)
})

test('the lock of a process that is gone does not hold', async () => {
  const path = lockPath()
  writeFileSync(path, '4194305')
  expect(await withLock(path, undefined, async () => 'done')).toBe('done')
})

test('waiting for a live owner ends with the signal, and leaves its lock alone', async () => {
  const path = lockPath()
  writeFileSync(path, String(process.pid))
  await expect(withLock(path, AbortSignal.timeout(50), async () => 'never')).rejects.toThrow()
  expect(existsSync(path)).toBe(true)
})
