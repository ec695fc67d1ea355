import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { log, progress, setQuiet } from '../../src/log.ts'

let written = ''
beforeEach(() => {
  written = ''
  vi.useFakeTimers()
  vi.spyOn(process.stderr, 'write').mockImplementation(text => {
    written += String(text)
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

test('chatter goes to standard error, a line each, without colour off a terminal', () => {
  log.info('one')
  log.warn('two')
  log.error('three')
  log.hint('do this')
  expect(written).toBe('one\nwarning: two\nerror: three\n  → do this\n')
})

test('what a dump or a model says cannot steer the terminal', () => {
  log.warn('kernel \x1b[2Jgone\x07\r\u009b31m, tab\tand\nline stay')
  expect(written).toBe('warning: kernel \ufffd[2Jgone\ufffd\ufffd\ufffd31m, tab\tand\nline stay\n')
})

test('work that ends soon shows its summary only; longer work, a line every five seconds', () => {
  const short = progress('builds', 2)
  short.step('a')
  short.step('b')
  short.done('two builds')
  expect(written).toBe('two builds\n')

  written = ''
  const long = progress('builds', 5)
  for (let i = 1; i <= 5; i++) {
    vi.advanceTimersByTime(3000)
    long.step(`kernel ${i}`)
  }
  long.done()
  expect(written).toBe(
    'builds · 3/5 · 9 s · 20/min · about 6 s left · kernel 3\nbuilds · 5/5 · 15 s · 20/min · kernel 5\n',
  )

  written = ''
  const failing = progress('builds', 1000)
  for (let i = 1; i <= 600; i++) {
    vi.advanceTimersByTime(1000 / 3)
    failing.failures(Math.floor(i / 100))
    failing.step()
  }
  failing.done()
  expect(written).toContain('builds · 500/1000 · 5 failed · 3 min · 3/s · about 3 min left\n')
})

test('quiet leaves warnings and errors', () => {
  setQuiet()
  log.info('not this')
  const shown = progress('builds', 1)
  vi.advanceTimersByTime(60_000)
  shown.step()
  shown.done('nor this')
  log.warn('but this')
  expect(written).toBe('warning: but this\n')
})
