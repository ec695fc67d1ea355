import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { compile } from '../../../src/compile/compile.ts'
import { passesProblem } from '../../../src/compile/passes-problem.ts'
import { type BuildRequest, type BuildResult, sha256, type Target } from '../../../src/kernel/build.ts'
import { countInstructions } from '../../../src/llvm/instructions.ts'
import { definedGlobals, parseObject, renameSymbol, sizesOf } from '../../../src/llvm/object/object.ts'
import { dataLayout, nativeTarget, resolveTarget, TARGET_NAMES } from '../../../src/llvm/targets.ts'
import { ensureToolchain, type Toolchain } from '../../../src/llvm/toolchain.ts'
import { run } from '../../../src/process/run.ts'

const DUMP = join(import.meta.dirname, '../../fixtures/dumps/tensorflow-2.21')
const files = readdirSync(DUMP)
const kernels = files
  .filter(file => file.endsWith('.ir-no-opt.ll'))
  .map(file => readFileSync(join(DUMP, file)))
const xlaObjects = files.filter(file => file.endsWith('.o')).map(file => readFileSync(join(DUMP, file)))
const fused = kernels.reduce((a, b) => (a.length > b.length ? a : b))

let toolchain: Toolchain
let native: Target
beforeAll(async () => {
  toolchain = await ensureToolchain()
  native = await nativeTarget(toolchain)
})

const build = (changes: Partial<BuildRequest>, input: Uint8Array = fused): Promise<BuildResult> =>
  compile(
    toolchain,
    {
      ...{ kernel: 'k', input: 'kernel', inputHash: sha256(input), passes: 'default<O3>', attributes: [] },
      ...{ codegenLevel: 3, codegenOptions: [], llvm: toolchain.version, target: native },
      ...changes,
    },
    input,
  )
const OZ = { passes: 'default<Oz>', attributes: ['minsize', 'optsize'], codegenLevel: 2 } as const

function made(result: BuildResult): Extract<BuildResult, { state: 'ok' }> {
  if (result.state === 'broken') throw new Error(`${result.step}: ${result.message}`)
  return result
}

/** Runs recorded command lines in a shell, as a person would, on files called IN, MID and OUT. */
async function byHand(commands: readonly string[], input: Uint8Array): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'xlab-by-hand-'))
  writeFileSync(join(folder, 'IN'), input)
  for (const command of commands) {
    const env = { PATH: `${dirname(toolchain.bin('opt'))}:${process.env.PATH}` }
    const exit = await run('/bin/sh', ['-c', command], { cwd: folder, env })
    expect(exit).toMatchObject({ state: 'exited', code: 0 })
  }
  const object = readFileSync(join(folder, 'OUT'))
  rmSync(folder, { recursive: true })
  return object
}

describe('a build', () => {
  test('is the same bytes again, also from its commands typed by hand', async () => {
    for (const changes of [{}, OZ]) {
      const first = made(await build(changes))
      expect(made(await build(changes)).object).toEqual(first.object)
      expect(await byHand(first.commands, fused)).toEqual(Buffer.from(first.object))
    }
  })

  test('at Oz has clang’s attributes on every function it defines, which makes it smaller', async () => {
    const fair = made(await build(OZ))
    const ir = Buffer.from(fair.ir ?? '').toString()
    const groups = [...ir.matchAll(/^define .*?#(\d+)/gm)].map(match => match[1])
    expect(groups.length).toBeGreaterThan(0)
    for (const group of groups)
      expect(new RegExp(`^attributes #${group} = .*minsize.*optsize`, 'm').test(ir)).toBe(true)

    const sums = { fair: 0, bare: 0 }
    for (const kernel of kernels.slice(0, 10)) {
      sums.fair += made(await build(OZ, kernel)).sizes.codeBytes
      sums.bare += made(await build({ ...OZ, attributes: [] }, kernel)).sizes.codeBytes
    }
    expect(sums.bare).toBeGreaterThan(sums.fair)
  })

  test('for ARM is AArch64 code of the same kernel', async () => {
    const result = made(await build({ target: await resolveTarget('cortex-a78') }))
    expect(parseObject(result.object).machine).toBe('aarch64')
    expect(Buffer.from(result.ir ?? '').toString()).toContain('target triple = "aarch64-unknown-linux-gnu"')
  })

  test('of XLA’s own object only measures it', async () => {
    const object = xlaObjects[0] ?? new Uint8Array()
    const result = made(await build({ input: 'object' }, object))
    expect(result.object).toEqual(object)
    expect(result.commands).toEqual([])
    expect(result.sizes.codeBytes).toBeGreaterThan(0)
  })

  test('of what LLVM refuses is broken, in LLVM’s words', async () => {
    expect(await build({ passes: 'gvn,no-such-pass' })).toMatchObject({
      state: 'broken',
      step: 'opt',
      message: expect.stringContaining("unknown function pass 'no-such-pass'"),
    })
    expect(await build({}, Buffer.from('define i32 @kernel( {'))).toMatchObject({
      state: 'broken',
      message: expect.stringMatching(/IN:1:\d+: error: /),
    })
    expect(await build({ input: 'object' }, fused)).toMatchObject({
      state: 'broken',
      message: 'not an ELF file',
    })
  })

  test('that is cancelled throws the reason', async () => {
    const reason = new Error('stop')
    const request = {
      kernel: 'k',
      input: 'kernel',
      inputHash: '',
      passes: 'default<O3>',
      attributes: [],
    } as const
    const rest = { codegenLevel: 3, codegenOptions: [], llvm: toolchain.version, target: native } as const
    const signal = AbortSignal.abort(reason)
    await expect(compile(toolchain, { ...request, ...rest }, fused, { signal })).rejects.toBe(reason)
  })
})

test('pass lists are judged by LLVM’s own parser', async () => {
  expect(
    await passesProblem(toolchain, 'function(instcombine<no-verify-fixpoint>,gvn),globaldce'),
  ).toBeUndefined()
  expect(await passesProblem(toolchain, 'function(gvn')).toBe(
    "opt: invalid pipeline 'function(gvn'\n  function(gvn\n              ^",
  )
})

test('sizes and instructions are those of llvm-objcopy and llvm-objdump', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'xlab-sizes-'))
  const arm = made(await build({ target: await resolveTarget('cortex-a55') })).object
  const own = made(await build({})).object
  for (const object of [...xlaObjects.slice(0, 6), own, arm]) {
    const parsed = parseObject(object)
    writeFileSync(join(folder, 'o'), renameSymbol(object, definedGlobals(parsed)[0] ?? '', 'kernel'))
    await run(toolchain.bin('llvm-objcopy'), ['--strip-unneeded', 'o', 'stripped'], { cwd: folder })
    expect(sizesOf(parsed).objectBytes).toBe(readFileSync(join(folder, 'stripped')).length)
    const listing = await run(toolchain.bin('llvm-objdump'), ['-d', '--no-show-raw-insn', 'o'], {
      cwd: folder,
    })
    const lines = listing.stdout.toString().match(/^\s+[0-9a-f]+:/gm) ?? []
    expect(await countInstructions(toolchain, object)).toBe(lines.length)
  }
  rmSync(folder, { recursive: true })
})

test('data layouts are those of this LLVM, and every target can be compiled for', async () => {
  for (const name of TARGET_NAMES) {
    const target = await resolveTarget(name, toolchain)
    const input = 'define void @f() { ret void }'
    const exit = await run(toolchain.bin('opt'), [`-mtriple=${target.triple}`, '-S'], { input })
    expect(exit.stdout.toString()).toContain(`target datalayout = "${dataLayout(target)}"`)
    expect(await build({ target }, kernels[0])).toMatchObject({ state: 'ok' })
  }
})
