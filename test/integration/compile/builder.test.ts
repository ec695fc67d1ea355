import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Builder, openBuilder, trialOf } from '../../../src/compile/builder.ts'
import { compile } from '../../../src/compile/compile.ts'
import { makeRequest } from '../../../src/compile/make-request.ts'
import { madeTwice } from '../../../src/compile/twice.ts'
import type { BuildRequest } from '../../../src/kernel/build.ts'
import { REREAD_OPTIONS } from '../../../src/llvm/engine/child/options.ts'
import { openEngine } from '../../../src/llvm/engine/engine.ts'
import { openReader } from '../../../src/llvm/reading/reader.ts'
import { resolveTarget } from '../../../src/llvm/targets.ts'
import { ensureToolchain, type Toolchain } from '../../../src/llvm/toolchain.ts'
import { differences, type RecordedKernel, recipes, recordedKernels, requestFor } from '../../builds.ts'

let toolchain: Toolchain
let kernels: RecordedKernel[]
let all: Awaited<ReturnType<typeof recipes>>
let builder: Builder
beforeAll(async () => {
  toolchain = await ensureToolchain()
  const reader = await openReader(toolchain)
  kernels = await recordedKernels(reader)
  await reader.close()
  all = await recipes(toolchain)
  builder = await openBuilder(toolchain)
})
afterAll(() => builder.close())

/** The build of one kernel, with changes. */
function ask(changes: Partial<BuildRequest>, which = 0): [request: BuildRequest, input: () => Uint8Array] {
  const [kernel, recipe] = [kernels[which], all[3]]
  if (kernel === undefined || recipe === undefined) throw new Error('nothing is recorded')
  return [{ ...requestFor(kernel, recipe, toolchain), ...changes }, () => kernel.input]
}

describe('workers', () => {
  test('make the bytes, IR and sizes of opt and llc: each kernel one way, each way of several kernels', async () => {
    expect(kernels.length).toBeGreaterThan(80)
    const wrong: string[] = []
    await Promise.all(
      kernels.map(async (kernel, i) => {
        const recipe = all[i % all.length]
        if (recipe === undefined) return
        const request = requestFor(kernel, recipe, toolchain)
        const made = await builder.build(request, () => kernel.input)
        const reference = await compile(toolchain, request, kernel.input)
        const different = differences(made, reference)
        if (different.length > 0) wrong.push(`${kernel.name}, ${recipe.passes}: ${different}`)
        const { seconds: _, ...trial } = trialOf(made)
        expect(await builder.try(request, () => kernel.input)).toMatchObject(trial)
      }),
    )
    expect(wrong).toEqual([])
    expect([...builder.handedOver]).toEqual([])
  })

  test('forget options of the code generator: with, without and with again are llc’s bytes each time', async () => {
    const one = await openBuilder(toolchain, { workers: 1 })
    const sizes = kernels.map(({ input }) => input.length)
    const middling = sizes.indexOf(Math.max(...sizes.filter(size => size < 12_000)))
    const values: Record<string, string> = {
      'pre-RA-sched': 'list-burr',
      regalloc: 'basic',
      'frame-pointer': 'all',
    }
    const [plain, input] = ask({ passes: 'default<O3>' }, middling)
    const without = await compile(toolchain, plain, input())
    const wrong: string[] = []
    const effective: string[] = []
    for (const name of REREAD_OPTIONS) {
      const value = values[name] ?? (/^(align|tail-dup-size|x86-pad)/.test(name) ? '4' : undefined)
      const option = value ? `-${name}=${value}` : `-${name}`
      const request = { ...plain, codegenOptions: [option] }
      const made = await one.build(request, input)
      if (differences(made, await compile(toolchain, request, input())).length > 0) wrong.push(option)
      if (differences(made, without).includes('object')) effective.push(option)
      if (differences(await one.build(plain, input), without).length > 0) wrong.push(`after ${option}`)
    }
    expect(wrong).toEqual([])
    expect(effective).toEqual(
      expect.arrayContaining(['-regalloc=basic', '-disable-lsr', '-pre-RA-sched=list-burr']),
    )
    expect([...one.handedOver]).toEqual([])
    await one.close()
  })

  test('lose only the candidate that crashes LLVM, which has the words of opt', async () => {
    const good = ask({ passes: 'default<O1>' })
    const { seconds: _, spent: __, ...before } = { spent: {}, ...(await builder.try(...good)) }
    const [crash] = ask({ passes: 'function(sroa,trigger-crash-function)' })
    const mixed = await Promise.all(
      [...Array(24).keys()].map(i => (i % 6 === 3 ? builder.try(crash, good[1]) : builder.try(...good))),
    )
    const reference = trialOf(await compile(toolchain, crash, good[1]()))
    for (const [i, trial] of mixed.entries())
      expect(trial).toMatchObject(i % 6 === 3 ? { ...reference, seconds: expect.anything() } : before)
    expect(reference).toMatchObject({ state: 'broken', step: 'opt' })
  })

  test('refuse what opt and llc refuse, in the same words', async () => {
    for (const changes of [
      { passes: 'gvn,no-such-pass' },
      { passes: 'loop(gvn)', attributes: ['minsize'] },
      { codegenOptions: ['-no-such-option'] },
      { codegenOptions: ['-regalloc=none-such'] },
    ]) {
      const [request, input] = ask(changes)
      const made = await builder.build(request, input)
      expect(made).toMatchObject({ state: 'broken' })
      expect(differences(made, await compile(toolchain, request, input()))).toEqual([])
    }
    const broken = () => Buffer.from('define i32 @kernel( {')
    const [request] = ask({ inputHash: 'broken' })
    expect(
      differences(await builder.build(request, broken), await compile(toolchain, request, broken())),
    ).toEqual([])
  })

  test('are given up at the deadline, which costs that candidate only', async () => {
    const short = await openBuilder(toolchain, { workers: 1, deadlineMs: 1000 })
    const ir = `define void @kernel() {\n${'  store volatile i32 0, ptr null\n'.repeat(400_000)}  ret void\n}\n`
    const [request, input] = ask({})
    const [slow, quick] = await Promise.all([
      short.try({ ...request, inputHash: 'slow' }, () => Buffer.from(ir)),
      short.try(request, input),
    ])
    expect(slow).toMatchObject({
      state: 'broken',
      unclear: true,
      message: expect.stringContaining('time limit'),
    })
    expect(quick).toMatchObject({ state: 'ok' })
    await short.close()
  })

  test('that eat memory are refused it, which costs that candidate only', async () => {
    const small = await openBuilder(toolchain, { workers: 1, memoryMiB: 700 })
    const [request, input] = ask({ passes: 'function(early-cse)' })
    const [greedy, modest] = await Promise.all([
      small.try({ ...request, inputHash: 'greedy' }, () => Buffer.from(GREEDY)),
      small.try(request, input),
    ])
    expect(greedy).toMatchObject({ state: 'broken', message: expect.stringContaining('out of memory') })
    expect(modest).toMatchObject({ state: 'ok' })
    await small.close()
  })

  test('stop waiting when cancelled, with the reason', async () => {
    const stop = new AbortController()
    const tried = builder.try(...ask({ passes: 'default<O3>' }, 1), { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(tried).rejects.toThrow('enough')
    expect(await builder.try(...ask({}))).toMatchObject({ state: 'ok' })
  })
})

/** Two thousand constants of a megabyte each, once a pass works them out. */
const GREEDY = [
  'define void @kernel(ptr %p) {\n%a0 = shl i8388608 1, 1',
  ...Array.from({ length: 2000 }, (_, i) => `%a${i + 1} = shl i8388608 %a${i}, 1`),
  'store i8388608 %a2000, ptr %p\nret void\n}\n',
].join('\n')

test('a worker asked in between what it is makes code for its target all the same', async () => {
  const engine = openEngine({ libLlvm: toolchain.libLlvm, children: 1 })
  const [request, input] = ask({})
  const arm: BuildRequest = { ...request, target: await resolveTarget('cortex-a78') }
  const make = async () => engine.call(makeRequest(arm, input, 'measures'), input)
  const before = await make()
  expect(await engine.call({ op: 'about' })).toMatchObject({ state: 'about' })
  expect(before).toMatchObject({ state: 'made' })
  expect(await make()).toMatchObject({ contentHash: (before as { contentHash: string }).contentHash })
  engine.close()
})

test('a library of another version than opt is refused with both', async () => {
  const other: Toolchain = { ...toolchain, version: '21.1.0 release' }
  await expect(openBuilder(other)).rejects.toMatchObject({
    exitCode: 5,
    message: expect.stringMatching(/is LLVM 22\.1\.8, but opt is 21\.1\.0/),
  })
})

test('without a library builds are made by opt and llc, which is said, and are the same', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const none: Toolchain = { ...toolchain, libLlvm: '/nowhere/libLLVM.so' }
  const spawning = await openBuilder(none)
  expect(said.mock.calls.join('\n')).toMatch(/opt and llc processes.*\/nowhere\/libLLVM\.so/)
  said.mockRestore()
  expect(spawning.engine).toBe('spawn')
  const one = ask({})
  expect(differences(await spawning.build(...one), await builder.build(...one))).toEqual([])
})

test('what comes out differently the second time is flagged, and what does not is as it was', async () => {
  const one = ask({ passes: 'default<O1>' })
  const made = await builder.build(...one)
  expect(differences(await madeTwice(builder, toolchain).build(...one), made)).toEqual([])
  const folder = mkdtempSync(join(tmpdir(), 'xlab-moody-'))
  writeFileSync(
    join(folder, 'llc'),
    `#!/bin/sh\nexec ${toolchain.bin('llc')} -align-all-nofallthru-blocks=6 -align-all-functions=6 -disable-lsr "$@"\n`,
    { mode: 0o755 },
  )
  const moody: Toolchain = {
    ...toolchain,
    bin: tool => (tool === 'llc' ? join(folder, 'llc') : toolchain.bin(tool)),
  }
  expect(await madeTwice(builder, moody).build(...one)).toMatchObject({
    ...{ state: 'broken', step: 'twice', message: expect.stringContaining('not deterministic') },
    commands: [expect.stringMatching(/^opt /), expect.stringMatching(/^llc /)],
  })
  rmSync(folder, { recursive: true })
})
