import { expect, test } from 'vitest'
import { type HarvestEvent, parseEvent } from '../../../../src/harvest/runtime/events.ts'
import { collector, type ProcessEnd } from '../../../../src/harvest/runtime/outcome.ts'

const LIMITS = { timeLimitSeconds: 60, memoryBytes: 2 ** 33 }
const OK: ProcessEnd = { state: 'exited', code: 0 }
const FAILED: ProcessEnd = { state: 'exited', code: 1 }
const DONE: HarvestEvent = { event: 'done', files: 34 }

function concluded(events: HarvestEvent[], end: ProcessEnd, log = '') {
  const collected = collector()
  for (const event of events) collected.add(event)
  return collected.conclude(end, log, LIMITS)
}

test('a run that reports its dump is complete', () => {
  expect(concluded([DONE], OK)).toEqual({ state: 'complete' })
})

test('flags XLA refuses are named, as TensorFlow 2.21 words it', () => {
  const unknown =
    'F0000 00:00:1795373005.788429   22034 parse_flags_from_env.cc:234] Unknown flags in XLA_FLAGS: --xla_foo=1 --xla_bar \n'
  expect(concluded([], { state: 'signalled', signal: 'SIGABRT' }, unknown)).toEqual({
    state: 'failed',
    fault: 'subject',
    reason: 'XLA does not know --xla_foo=1, --xla_bar',
  })
  const value =
    "E0000 00:00:1795374142.097308    5269 command_line_flags.cc:63] Couldn't interpret value abc for flag xla_backend_optimization_level.\n"
  expect(concluded([], FAILED, value).reason).toBe(
    'XLA cannot read abc as a value of --xla_backend_optimization_level',
  )
})

test('a dump that did not fit on the disk is not taken for whole', () => {
  // XLA logs it and goes on; the process ends well.
  const log =
    'E0000 00:00:1795375879.739185   15671 dump.cc:253] Could not write XLA debug data to /d/module_0000.x.mlir: RESOURCE_EXHAUSTED: /d/module_0000.x.mlir; No space left on device\n'
  expect(concluded([DONE], OK, log)).toMatchObject({
    fault: 'environment',
    reason: expect.stringMatching(/no space left/),
  })
})

test('a model that merely prints such a line is not taken for it', () => {
  expect(concluded([DONE], OK, 'Unknown flags in XLA_FLAGS: --xla_foo').state).toBe('complete')
})

test.each<[string, HarvestEvent[], ProcessEnd, string, RegExp]>([
  ['no dump', [{ event: 'done', files: 0 }], OK, 'subject', /compiled nothing/],
  [
    'an exception',
    [{ event: 'error', message: 'ValueError: no', fault: 'subject' }],
    FAILED,
    'subject',
    /ValueError/,
  ],
  [
    'a full disk',
    [{ event: 'error', message: 'OSError', fault: 'environment' }],
    FAILED,
    'environment',
    /OSError/,
  ],
  ['the time limit', [{ event: 'phase', phase: 'train' }], { state: 'timeout' }, 'subject', /60 s .*'train'/],
  ['the memory limit', [], { state: 'out-of-memory' }, 'subject', /8 GiB/],
  ['too much output', [], { state: 'flooded' }, 'subject', /64 MiB/],
  ['a crash', [], { state: 'signalled', signal: 'SIGSEGV' }, 'unclear', /SIGSEGV/],
  ['an end without a word', [], { state: 'exited', code: 3 }, 'unclear', /exit code 3/],
])('%s is a failure and says whose fault', (_, events, end, fault, reason) => {
  const outcome = concluded(events, end)
  expect(outcome).toMatchObject({ state: 'failed', fault })
  expect(outcome.reason).toMatch(reason)
})

test('a process that dies without a report leaves its last words', () => {
  const log = 'I0000 chatter\nterminate called after throwing std::bad_alloc\n\xff\xfe\n'
  expect(concluded([], { state: 'signalled', signal: 'SIGABRT' }, log).reason).toMatch(/std::bad_alloc$/)
})

test('only whole events are read from a line', () => {
  expect(parseEvent('{"event":"loss","step":1,"loss":2.5}')).toEqual({ event: 'loss', step: 1, loss: 2.5 })
  expect(parseEvent('{"event":"loss","step":1,')).toBeUndefined()
  expect(parseEvent('{"event":"other"}')).toBeUndefined()
  expect(parseEvent('x{"event":"done","files":1}')).toBeUndefined()
})
