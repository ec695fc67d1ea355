import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { coverageOf } from '../../../src/kernel/coverage.ts'
import { type IrSizes, understandModule } from '../../../src/kernel/sighting.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/hlo')

/** A recorded module, with the sizes its kernels' IR states (`kernels.json`; null where it states none). */
function recorded(name: string) {
  const read = (file: string) => {
    const path = join(FIXTURES, name, file)
    return existsSync(path) ? { [file]: readFileSync(path, 'utf8') } : {}
  }
  const { 'after.txt': hloAfter = '' } = read('after.txt')
  const { 'buffers.txt': bufferAssignment = '' } = read('buffers.txt')
  const values = read('values.txt')['values.txt']
  const listed: Record<string, { arguments?: number; bytes?: (number | null)[] }> = JSON.parse(
    readFileSync(join(FIXTURES, name, 'kernels.json'), 'utf8'),
  )
  const sizes = new Map<string, IrSizes>()
  for (const [kernel, { arguments: count, bytes = [] }] of Object.entries(listed)) {
    if (count !== undefined)
      sizes.set(kernel, { arguments: count, bytes: bytes.map(size => size ?? undefined) })
  }
  const texts = { hloAfter, bufferAssignment, ...(values === undefined ? {} : { bufferValues: values }) }
  return { texts, sizes, facts: understandModule(texts, Object.keys(listed)) }
}

const sizesOf = (arguments_: number): IrSizes => ({ arguments: arguments_, bytes: [] })

test.each(['tf-2.21-infer', 'tf-2.21-gru', 'tf-2.21-cond', 'tf-2.21-threads', 'tf-2.18-infer'])(
  '%s: every kernel has a signature that agrees with its IR',
  name => {
    const { facts, sizes } = recorded(name)
    expect(facts.problem).toBeUndefined()
    for (const [kernel, size] of sizes) {
      const { signature, unrunnable } = facts.sightingOf(kernel, size)
      expect([kernel, unrunnable, signature?.arguments.length]).toEqual([kernel, undefined, size.arguments])
    }
    expect(sizes.size).toBeGreaterThan(0)
  },
)

test('arguments: operands, then results, in place where XLA gives both one slice', () => {
  const { facts, sizes } = recorded('tf-2.21-infer')
  const sighting = facts.sightingOf('broadcast_add_fusion', sizes.get('broadcast_add_fusion') ?? sizesOf(0))
  expect(sighting).toEqual({
    instruction: 'broadcast_add_fusion',
    opcode: 'fusion',
    opType: 'BiasAdd',
    opName: 'sequential_1/dense_1/BiasAdd',
    sourceFile: '/opt/venv/lib/python3.11/site-packages/tensorflow/python/framework/ops.py',
    sourceLine: 1221,
    calls: 1,
    signature: {
      arguments: [
        { name: 'MatMul.2', dtype: 'f32', shape: [64, 10], bytes: 2560, role: 'in', slot: 0 },
        { name: 'arg6.1', dtype: 'f32', shape: [10], bytes: 40, role: 'in', slot: 1 },
        { name: 'broadcast_add_fusion', dtype: 'f32', shape: [64, 10], bytes: 2560, role: 'out', slot: 0 },
      ],
      workgroups: [1, 1, 1],
      flushDenormals: true,
    },
    findings: [],
  })
})

test('the IR has the last word: another count or size is a finding, and not run', () => {
  const { facts } = recorded('tf-2.21-infer')
  const more = facts.sightingOf('broadcast_add_fusion', sizesOf(4))
  expect(more.signature).toBeUndefined()
  expect(more.unrunnable).toBe('the IR takes 4 buffers, HLO says 3')
  const larger = facts.sightingOf('broadcast_add_fusion', { arguments: 3, bytes: [2560, 44, undefined] })
  expect(larger.unrunnable).toBe('the IR says 44 bytes for buffer 1, HLO 40 (arg6.1)')
  expect(larger.findings).toEqual([larger.unrunnable])
})

test('a kernel that HLO does not know is not run', () => {
  const { facts, sizes } = recorded('tf-2.21-infer')
  const size = sizes.get('broadcast_add_fusion') ?? sizesOf(0)
  expect(facts.sightingOf('mystery', size)).toEqual({
    calls: 0,
    unrunnable: 'no HLO instruction is called mystery',
    findings: [],
  })
})

test('kernel names with _kernel behind them, and as C identifiers with the module before', () => {
  const { facts } = recorded('tf-2.21-infer')
  const names = ['MatMul.2_kernel', 'a_inference_one_step_on_data_1127___3_wrapped_reduce_window_kernel']
  expect(names.map(name => facts.sightingOf(name, sizesOf(3)).instruction)).toEqual([
    'MatMul.2',
    'wrapped_reduce-window',
  ])
})

test('loops of TensorFlow are counted though XLA does not annotate them', () => {
  const { facts, sizes } = recorded('tf-2.21-gru')
  const calls = (kernel: string) => facts.sightingOf(kernel, sizes.get(kernel) ?? sizesOf(0)).calls
  expect(calls('divide_multiply_fusion')).toBe(12)
  expect(calls('compare_and_fusion')).toBe(13)
  expect(calls('wrapped_copy')).toBe(1)
})

test('branches are counted once, and it says so', () => {
  const { facts, sizes } = recorded('tf-2.21-cond')
  const of = (kernel: string) => facts.sightingOf(kernel, sizes.get(kernel) ?? sizesOf(0))
  expect(of('wrapped_exponential')).toMatchObject({
    calls: 1,
    findings: ['in a branch of a conditional: counted as taken once'],
  })
  expect(of('reduce_compare_fusion')).toMatchObject({ calls: 1, findings: [] })
})

test('workgroups come from HLO, and from the emitter where it says', () => {
  const { facts, sizes } = recorded('tf-2.21-threads')
  const size = sizes.get('wrapped_exponential') ?? sizesOf(0)
  const mlir = readFileSync(join(FIXTURES, 'tf-2.21-threads/wrapped_exponential.mlir'), 'utf8')
  expect(facts.sightingOf('wrapped_exponential', size).signature?.workgroups).toEqual([2, 1, 1])
  expect(facts.sightingOf('wrapped_exponential', size, mlir)).toMatchObject({
    signature: { workgroups: [2, 1, 1] },
    findings: [],
  })
  const three = mlir.replace('tiles_per_workgroup : 22000', 'tiles_per_workgroup : 20000')
  expect(facts.sightingOf('wrapped_exponential', size, three)).toMatchObject({
    signature: { workgroups: [3, 1, 1] },
    findings: ['HLO partitions into 2×1×1 workgroups, the emitter into 3×1×1'],
  })
  const ranges =
    'xla.workgroup_id  x {xla.range = [0 : index, 1 : index]} xla.workgroup_id  z {xla.range = [0 : index, 4 : index]}'
  expect(facts.sightingOf('wrapped_exponential', size, ranges).signature?.workgroups).toEqual([2, 1, 5])
})

test('a loop compiled whole has buffers in no known order, and its operations count as inlined', () => {
  const { facts, sizes } = recorded('jax-0.10-loop')
  const loop = facts.sightingOf('call_kernel', sizes.get('call_kernel') ?? sizesOf(0))
  expect(loop).toMatchObject({
    instruction: 'call',
    opcode: 'call',
    sourceFile: '/home/user/model.py',
    calls: 1,
  })
  expect(loop.unrunnable).toMatch(/order of a hash table/)
  expect(facts.ops).toContainEqual({ opcode: 'fusion', runsAs: 'inlined', count: 4 })
  expect(coverageOf(facts.ops)).toEqual({ withIr: 9, run: 10 })
})

test('positions of values in a file of their own place what only passes through a loop', () => {
  const { texts, facts } = recorded('jax-0.10-loop')
  const slots = (of: typeof facts) =>
    of.sightingOf('multiply_tanh_fusion', sizesOf(4)).signature?.arguments.map(argument => argument.slot)
  expect(slots(facts)).toEqual([0, 1, 2, 3])
  const { hloAfter, bufferAssignment } = texts
  const blind = understandModule({ hloAfter, bufferAssignment }, [])
  expect(blind.sightingOf('multiply_tanh_fusion', sizesOf(4)).unrunnable).toBe(
    'the buffer assignment has no place for get-tuple-element.19',
  )
})

test('coverage: library calls leave no IR', () => {
  const { facts } = recorded('tf-2.21-infer')
  expect(facts.ops.filter(op => op.runsAs !== 'none')).toEqual([
    { opcode: 'fusion', runsAs: 'kernel', count: 4 },
    { opcode: 'convolution', runsAs: 'library', count: 2 },
    { opcode: 'dot', runsAs: 'library', count: 1 },
  ])
  expect(coverageOf(facts.ops)).toEqual({ withIr: 4, run: 7 })
  expect(recorded('tf-2.21-threads').facts.ops).toContainEqual({
    opcode: 'fusion:__ynn_fusion',
    runsAs: 'library',
    count: 1,
  })
})

test('TensorFlow 2.16 compiles all but the library calls into one function', () => {
  const { facts } = recorded('tf-2.16-infer')
  const running = new Set(facts.ops.map(op => op.runsAs))
  expect(running).toEqual(new Set(['inlined', 'library', 'none']))
  expect(coverageOf(facts.ops)).toEqual({ withIr: 4, run: 7 })
})

/** Two equal fusions in a counted loop, one different, and a result that overlaps its operand in part. */
const SHARED = `HloModule m

%f.1 (p.1: f32[4]) -> f32[4] {
  %p.1 = f32[4]{0} parameter(0)
  %c.1 = f32[] constant(2)
  %b.1 = f32[4]{0} broadcast(%c.1), dimensions={}
  ROOT %m.1 = f32[4]{0} multiply(%p.1, %b.1), metadata={op_name="one"}
}

%f.2 (p.2: f32[4]) -> f32[4] {
  %c.2 = f32[] constant(2)
  %b.2 = f32[4]{0} broadcast(%c.2), dimensions={}
  %p.2 = f32[4]{0} parameter(0)
  ROOT %m.2 = f32[4]{0} multiply(%p.2, %b.2), metadata={op_name="two"}
}

%f.3 (p.3: f32[4]) -> f32[4] {
  %p.3 = f32[4]{0} parameter(0)
  %c.3 = f32[] constant(3)
  %b.3 = f32[4]{0} broadcast(%c.3), dimensions={}
  ROOT %m.3 = f32[4]{0} multiply(%p.3, %b.3)
}

%body (s: (s32[], f32[4])) -> (s32[], f32[4]) {
  %s = (s32[], f32[4]{0}) parameter(0)
  %i = s32[] get-tuple-element(%s), index=0
  %x = f32[4]{0} get-tuple-element(%s), index=1
  %fusion.2 = f32[4]{0} fusion(%x), kind=kLoop, calls=%f.2
  ROOT %t = (s32[], f32[4]{0}) tuple(%i, %fusion.2)
}

%condition (s.1: (s32[], f32[4])) -> pred[] {
  %s.1 = (s32[], f32[4]{0}) parameter(0)
  ROOT %go = pred[] constant(false)
}

ENTRY %main (a: f32[4]) -> f32[4] {
  %a = f32[4]{0} parameter(0)
  %fusion.1 = f32[4]{0} fusion(%a), kind=kLoop, calls=%f.1
  %fusion.3 = f32[4]{0} fusion(%fusion.1), kind=kLoop, calls=%f.3
  %zero = s32[] constant(0)
  %init = (s32[], f32[4]{0}) tuple(%zero, %fusion.3)
  %loop = (s32[], f32[4]{0}) while(%init), condition=%condition, body=%body, backend_config={"known_trip_count":{"n":"7"}}
  ROOT %result = f32[4]{0} get-tuple-element(%loop), index=1
}
`

test('equal fusions run one kernel; it is called for all of them', () => {
  const facts = understandModule({ hloAfter: SHARED }, ['fusion.1'])
  expect(facts.sightingOf('fusion.1', sizesOf(2)).calls).toBe(1 + 7)
  expect(facts.ops.filter(op => op.opcode === 'fusion')).toEqual([
    { opcode: 'fusion', runsAs: 'kernel', count: 2 },
    { opcode: 'fusion', runsAs: 'library', count: 1 },
  ])
})

test('without a buffer assignment buffers are apart, and it says so', () => {
  const sighting = understandModule({ hloAfter: SHARED }, ['fusion.1']).sightingOf('fusion.1', sizesOf(2))
  expect(sighting.signature?.arguments.map(argument => argument.slot)).toEqual([0, 1])
  expect(sighting.findings).toEqual(['no buffer assignment: run with separate buffers'])
})

test('buffers that overlap in part, or have no place, are not run', () => {
  const assignment = (value: string) =>
    understandModule(
      {
        hloAfter: SHARED,
        bufferAssignment: `BufferAssignment:
allocation 0: size 24, preallocated-temp:
 value: <1 a @0> (size=16,offset=0): f32[4]{0}
${value}`,
      },
      ['fusion.1'],
    ).sightingOf('fusion.1', sizesOf(2))
  const overlap = assignment(' value: <2 fusion.1 @0> (size=16,offset=8): f32[4]{0}')
  expect(overlap.unrunnable).toBe('fusion.1 and a overlap in part')
  expect(overlap.findings).toEqual([overlap.unrunnable])
  expect(assignment('').unrunnable).toBe('the buffer assignment has no place for fusion.1')
  const behind = assignment(' value: <2 fusion.1 @0> (size=16,offset=16): f32[4]{0}')
  expect(behind.signature?.arguments.map(argument => argument.slot)).toEqual([0, 1])
})

test('garbage of any kind gives facts with a problem, and never throws', () => {
  for (const text of ['', '\0\0', 'HloModule', SHARED.slice(0, 500), SHARED.replaceAll('(', '')]) {
    const facts = understandModule({ hloAfter: text, bufferAssignment: text }, ['fusion.1'])
    expect(facts.problem).toBeDefined()
    expect(facts.sightingOf('fusion.1', sizesOf(2)).signature).toBeUndefined()
  }
  const circle = SHARED.replace('fusion(%a)', 'fusion(%fusion.3)').replace('calls=%f.2', 'calls=%body')
  expect(() => understandModule({ hloAfter: circle }, ['fusion.1'])).not.toThrow()
})
