/** The verify stage on a database: right and wrong builds of one function, judged once, with the inputs kept. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile } from '../../../src/compile/compile.ts'
import { importFile } from '../../../src/harvest/import.ts'
import { localHost } from '../../../src/hosts/local.ts'
import { type BuildRequest, sha256 } from '../../../src/kernel/build.ts'
import type { Counterexample } from '../../../src/kernel/verdict.ts'
import { createLanes } from '../../../src/lanes/lanes.ts'
import { openReader } from '../../../src/llvm/reading/reader.ts'
import { ensureToolchain } from '../../../src/llvm/toolchain.ts'
import { getText, putBlob } from '../../../src/store/blobs.ts'
import { putBuild, putProposal, putTarget } from '../../../src/store/builds/builds.ts'
import { openStore, type Store } from '../../../src/store/open.ts'
import { type VerifyOptions, verifyStage } from '../../../src/verify/stage.ts'

const directory = mkdtempSync(join(tmpdir(), 'xlab-stage-'))
let store: Store
let options: VerifyOptions

const BEFORE =
  'define i32 @f(i32 %a, i32 %b) {\n  %s = add i32 %a, %b\n  %r = mul i32 %s, 2\n  ret i32 %r\n}\n'

beforeAll(async () => {
  const toolchain = await ensureToolchain()
  const host = await localHost(toolchain)
  store = openStore(':memory:')
  options = { toolchain, host, lanes: createLanes(), directory, seed: 3, trials: 4, store }
  const file = join(directory, 'f.ll')
  writeFileSync(file, BEFORE)
  const reader = await openReader(toolchain)
  await importFile(file, { store, reader })
  await reader.close()
})

afterAll(() => {
  store.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Stores a build of `ir` as if `proposer` had suggested it for the one kernel there is. */
async function propose(proposer: string, ir: string): Promise<void> {
  const { toolchain, host } = options
  const kernel = store.prepare('SELECT hash FROM kernel').pluck().get() as string
  const request: BuildRequest = {
    kernel,
    input: 'rewrite',
    inputHash: putBlob(store, ir),
    passes: '',
    attributes: [],
    codegenLevel: 2,
    codegenOptions: [],
    llvm: toolchain.version,
    target: host.target,
  }
  const result = await compile(toolchain, request, Buffer.from(ir))
  expect(result.state).toBe('ok')
  const build = putBuild(store, request, result)
  putProposal(store, { kernel, targetId: putTarget(store, host.target), proposer, build })
}

const kernelIr = (): string =>
  getText(store, store.prepare('SELECT ir_hash FROM kernel').pluck().get() as string)

test('right builds agree, wrong ones are refuted with their inputs, and nothing is judged twice', async () => {
  const ir = kernelIr()
  await propose('right', ir.replace(/mul i32 (\S+), 2/, 'shl i32 $1, 1'))
  await propose('wrong', ir.replace(/mul i32 (\S+), 2/, 'mul i32 $1, 3'))
  await propose('hangs', 'define i32 @kernel(i32 %a, i32 %b) {\n  br label %l\nl:\n  br label %l\n}\n')
  const summary = await verifyStage({ ...options, limitMs: 300 })
  expect(
    Object.fromEntries([...summary.byProposer].map(([name, states]) => [name, [...states.keys()]])),
  ).toEqual({
    right: ['agreed'],
    wrong: ['refuted'],
    hangs: ['broken'],
  })
  const kept = store
    .prepare("SELECT counterexample FROM verdict WHERE state = 'refuted'")
    .pluck()
    .get() as string
  const { values = [], expected, actual } = JSON.parse(kept) as Counterexample
  const [a = 0, b = 0] = values.map(Number)
  expect([expected, actual]).toEqual([`${Math.imul((a + b) | 0, 2)}`, `${Math.imul((a + b) | 0, 3)}`])
  expect((await verifyStage(options)).judged).toBe(0)
})

test('an interrupted run keeps what it judged, and the next goes on from there', async () => {
  const ir = kernelIr()
  for (const factor of [5, 7, 9])
    await propose(`times ${factor}`, ir.replace(/mul i32 (\S+), 2/, `mul i32 $1, ${factor}`))
  const before = store.prepare('SELECT count(*) FROM verdict').pluck().get() as number
  await expect(verifyStage({ ...options, signal: AbortSignal.abort() })).rejects.toThrow()
  expect(store.prepare('SELECT count(*) FROM verdict').pluck().get()).toBe(before)
  expect((await verifyStage(options)).judged).toBe(3)
  expect(store.prepare('SELECT count(*) FROM verdict').pluck().get()).toBe(before + 3)
})

test('a build that is the reference itself needs no run', async () => {
  const ir = kernelIr()
  const { toolchain, host } = options
  const kernel = store.prepare('SELECT hash FROM kernel').pluck().get() as string
  const request: BuildRequest = {
    ...{ kernel, input: 'kernel', inputHash: sha256(ir), passes: '', attributes: [], codegenLevel: 0 },
    ...{ codegenOptions: [], llvm: toolchain.version, target: host.target },
  }
  putBlob(store, ir)
  const build = putBuild(store, request, await compile(toolchain, request, Buffer.from(ir)))
  putProposal(store, { kernel, targetId: putTarget(store, host.target), proposer: 'opt:O0', build })
  const summary = await verifyStage(options)
  expect([...(summary.byProposer.get('opt:O0') ?? [])]).toEqual([['same', 1]])
})
