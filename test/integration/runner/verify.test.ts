/** What the runner says of functions that compute the right thing, or nearly. */
import { describe, expect, test } from 'vitest'
import type { VerifyJob } from '../../../src/runner/protocol.ts'
import { reference, runCases, signature, verdicts, verifyJob } from './objects.ts'

const judge = async (
  cases: readonly string[],
  jobs: VerifyJob | readonly VerifyJob[],
  defines?: readonly string[],
) => verdicts(await runCases(cases, [jobs].flat(), defines))

test('outputs are compared to the last element, written or not', async () => {
  const cases = ['twice', 'last_wrong', 'last_missing']
  const of = await judge(cases, verifyJob('twice', cases))
  expect(of.get('twice')).toMatchObject({ state: 'agreed', trials: 3, worstUlps: 0 })
  for (const name of ['last_wrong', 'last_missing'])
    expect(of.get(name)).toMatchObject({
      state: 'refuted',
      trials: 1,
      counterexample: { trial: 0, seed: 7, inputs: 'uniform', argument: 1, element: 99, differing: 1 },
    })
  const incomplete = await judge(cases, verifyJob('last_missing', ['last_missing', 'twice']))
  expect(incomplete.get('last_missing')?.state).toBe('agreed')
  expect(incomplete.get('twice')?.state).toBe('refuted')
})

test('arguments of one slot are one buffer, given back its contents before each run', async () => {
  const shared = { signature: signature({ slots: [0, 0] }) }
  const cases = ['next_plus_one', 'next_backwards', 'plus_one']
  const of = await judge(cases, [
    verifyJob('next_plus_one', ['next_plus_one', 'next_backwards'], shared),
    verifyJob('plus_one', ['plus_one'], shared),
  ])
  expect(of.get('next_plus_one')?.state).toBe('agreed')
  expect(of.get('next_backwards')?.state).toBe('refuted')
  expect(of.get('plus_one')?.state).toBe('agreed')
})

test('every workgroup runs once, with its own id', async () => {
  const u32 = signature({ dtype: 'u32', shape: [24], bytes: 96 })
  const job = verifyJob('workgroups', ['workgroups'], { signature: { ...u32, workgroups: [2, 3, 4] } })
  const fewer = verifyJob('workgroups', ['twice'], { signature: { ...u32, workgroups: [2, 3, 4] } })
  const of = await judge(['workgroups', 'twice'], [job, { ...fewer, signature: u32 }])
  expect(of.get('workgroups')?.state).toBe('agreed')
  expect(of.get('twice')?.state).not.toBe('agreed')
})

describe('floats', () => {
  const cases = ['third', 'third_by_multiplying', 'third_roughly']
  test('are exact where the reference has no freedom', async () => {
    const of = await judge(cases, verifyJob('third', cases))
    expect(of.get('third')?.state).toBe('agreed')
    expect(of.get('third_by_multiplying')).toMatchObject({
      state: 'refuted',
      counterexample: { expected: expect.stringMatching(/^-?\d\S* \(0x[0-9a-f]{8}\)$/) },
    })
  })

  test('may lie where reference runs of their semantics do, and hardly beyond', async () => {
    const runs = (role: 'ir' | 'xla') => [
      reference('third'),
      reference('third', { rounding: 'up', role }),
      reference('third', { rounding: 'down', role }),
    ]
    const wide = await judge(cases, verifyJob(runs('ir'), cases))
    expect(wide.get('third_by_multiplying')).toMatchObject({ state: 'agreed', worstUlps: 1 })
    expect(wide.get('third_roughly')).toMatchObject({
      state: 'refuted',
      counterexample: { lowest: expect.any(String), highest: expect.any(String) },
    })
    const narrow = await judge(cases, verifyJob(runs('xla'), cases))
    expect(narrow.get('third_by_multiplying')?.state).toBe('refuted')
  })

  test("a NaN's payload does not count, but that it is one does", async () => {
    const names = ['nan_one', 'nan_two', 'nan_gone']
    const of = await judge(names, verifyJob('nan_one', names))
    expect(of.get('nan_two')).toMatchObject({ state: 'agreed', worstUlps: 0 })
    expect(of.get('nan_gone')?.state).toBe('refuted')
  })

  test('denormals are zeros where they are flushed, and only there', async () => {
    const names = ['tiny', 'no_sum', 'halve_minimum']
    const flushed = verifyJob('tiny', ['no_sum', 'halve_minimum'], { signature: signature({ flush: true }) })
    const of = await judge(names, flushed)
    expect(of.get('no_sum')?.state).toBe('agreed')
    expect(of.get('halve_minimum')?.state).toBe('agreed')
    const kept = await judge(names, [
      verifyJob('tiny', ['no_sum']),
      verifyJob('no_sum', ['halve_minimum'], { id: 'halved' }),
    ])
    expect(kept.get('no_sum')?.state).toBe('refuted')
    expect(kept.get('halve_minimum')?.state).toBe('refuted')
  })
})

test('instrumented references: what differs under a probe is not compared, math errs as declared', async () => {
  const runs = [
    reference('probe_first'),
    reference('probe_first', { probe: 1, role: 'probe' }),
    reference('exp', { role: 'value' }),
  ]
  const of = await judge(
    ['probe_first', 'twice', 'last_wrong', 'exp'],
    [
      verifyJob(runs.slice(0, 2), ['twice', 'last_wrong']),
      verifyJob([reference('exp', { perturb: 1 })], ['exp'], { id: 'exp', trials: ['uniform'] }),
    ],
    ['INSTRUMENTED'],
  )
  expect(of.get('twice')?.state).toBe('agreed')
  expect(of.get('last_wrong')?.state).toBe('refuted')
  expect(of.get('exp')).toMatchObject({ state: 'refuted', counterexample: { differing: 100 } })
  const runsOf = ([-1, 1] as const).map(perturb => reference('exp', { perturb, role: 'ir' }))
  const up = await judge(
    ['exp'],
    verifyJob([reference('exp', { rounding: 'up' }), ...runsOf], ['exp'], { trials: ['uniform'] }),
    ['INSTRUMENTED'],
  )
  expect(up.get('exp')).toMatchObject({ state: 'agreed', worstUlps: 0 })
})

test('conversions to 16-bit floats link on a CPU without them, and round right', async () => {
  const to = (dtype: 'f16' | 'bf16'): Partial<VerifyJob> => {
    const [from, into] = signature().arguments
    if (!from || !into) throw new Error('no arguments')
    return {
      id: dtype,
      signature: { ...signature(), arguments: [from, { ...into, dtype, bytes: 200 }] },
      trials: ['uniform', 'wide', 'edges', 'sprinkled', 'zeros', 'wide', 'wide', 'edges'],
    }
  }
  const of = await judge(
    ['half', 'half_by_hand', 'brain', 'brain_by_hand'],
    [verifyJob('half_by_hand', ['half'], to('f16')), verifyJob('brain_by_hand', ['brain'], to('bf16'))],
  )
  expect(of.get('half')).toMatchObject({ state: 'agreed', trials: 8, worstUlps: 0 })
  expect(of.get('brain')).toMatchObject({ state: 'agreed', trials: 8, worstUlps: 0 })
})

describe('small domains are tried whole', () => {
  const s16 = { signature: signature({ dtype: 's16', shape: [1], bytes: 2 }), trials: 'exhaustive' } as const
  const cases = ['negate', 'negate_but_one', 'negate_if_small', 'crash_if_negative']
  test('and one wrong input of 65536 is found', async () => {
    const of = await judge(cases, verifyJob('negate', cases, s16))
    expect(of.get('negate')).toMatchObject({ state: 'exhausted', trials: 65536 })
    expect(of.get('negate_but_one')).toMatchObject({
      state: 'refuted',
      counterexample: { trial: 12345, values: ['12345'], expected: '-12345', actual: '0', differing: 1 },
    })
    expect(of.get('crash_if_negative')).toMatchObject({
      state: 'broken',
      reason: expect.stringContaining('trial 65533'),
    })
  })

  test('but those on which the reference fails', async () => {
    const of = await judge(cases, verifyJob('negate_if_small', ['negate'], s16))
    expect(of.get('negate')).toMatchObject({ state: 'exhausted', trials: 65536 - 7 })
  })
})

test('large buffers', async () => {
  const shape = [5_000_000]
  const big = signature({ shape, bytes: 20_000_000 })
  const of = await judge(
    ['twice', 'far_behind'],
    verifyJob('twice', ['twice', 'far_behind'], { signature: big }),
  )
  expect(of.get('twice')?.state).toBe('agreed')
  expect(of.get('far_behind')).toMatchObject({ state: 'refuted', counterexample: { element: 1250 } })
})

test('a job whose reference fails on everything is undecided, and says why', async () => {
  const of = await judge(['null', 'twice'], verifyJob('null', ['twice']))
  expect(of.get('twice')).toMatchObject({
    state: 'undecided',
    trials: 0,
    reason: expect.stringMatching(/reference/),
  })
})

test('an aborted run stops at once', async () => {
  const abort = new AbortController()
  setTimeout(() => abort.abort(new Error('enough')), 3000)
  const started = performance.now()
  const job = verifyJob('twice', ['hang'], { limitMs: 60_000 })
  await expect(runCases(['twice', 'hang'], [job], [], abort.signal)).rejects.toThrow('enough')
  expect(performance.now() - started).toBeLessThan(20_000)
})
