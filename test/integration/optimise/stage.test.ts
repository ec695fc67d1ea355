import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { extractKernels } from '../../../src/kernel/ir/extract.ts'
import { createLanes } from '../../../src/lanes/lanes.ts'
import { nativeTarget, resolveTarget } from '../../../src/llvm/targets.ts'
import { ensureToolchain, type Toolchain } from '../../../src/llvm/toolchain.ts'
import { parseProposers } from '../../../src/optimise/registry.ts'
import { optimise } from '../../../src/optimise/stage.ts'
import type { Tally } from '../../../src/optimise/tally.ts'
import { putBlob } from '../../../src/store/blobs.ts'
import { startHarvest } from '../../../src/store/kernels/harvests.ts'
import { insertSighting, putKernel } from '../../../src/store/kernels/kernels.ts'
import { openStore, type Store } from '../../../src/store/open.ts'
import { insert } from '../../../src/store/statements.ts'

const DUMP = join(import.meta.dirname, '../../fixtures/dumps/tensorflow-2.21')
const KERNELS = 8

let toolchain: Toolchain
let store: Store
beforeAll(async () => {
  toolchain = await ensureToolchain()
})
beforeEach(() => {
  store = openStore(':memory:')
  fill(store)
})

/** Some kernels of a real dump with XLA's results for them, as a harvest of a dump folder stores them. */
function fill(store: Store): void {
  const files = readdirSync(DUMP)
  const harvest = startHarvest(store, { model: 'dump', source: 'dump', xlaFlags: '' })
  const module_id = insert(store, 'module', { harvest_id: harvest, name: 'module' })
  const objects = new Map(
    files.filter(file => file.endsWith('.o')).map(file => [file.replace('.obj-file', ''), file]),
  )
  const read = (file: string): string => readFileSync(join(DUMP, file), 'utf8')
  for (const file of files.filter(file => file.endsWith('.ir-no-opt.ll')).slice(0, KERNELS)) {
    const base = file.replace('.ir-no-opt.ll', '')
    const [kernel] = extractKernels(read(file)).kernels
    const [optimised] = extractKernels(read(`${base}.ir-with-opt.ll`)).kernels
    const object = objects.get(`${base}.o`)
    if (!kernel || !optimised || object === undefined) throw new Error(`${file} is not whole`)
    putKernel(store, kernel, { reader: '22.1.8' })
    insertSighting(store, {
      moduleId: module_id,
      kernelHash: kernel.hash,
      name: base,
      file,
      facts: { calls: 1, findings: [] },
      xlaIrHash: putBlob(store, optimised.ir),
      xlaObject: readFileSync(join(DUMP, object)),
    })
  }
}

const services = () => ({ store, toolchain, lanes: createLanes(), signal: new AbortController().signal })
async function make(proposers: string, targets = ['native']): Promise<Tally[]> {
  const resolved = await Promise.all(targets.map(name => resolveTarget(name, toolchain)))
  return optimise({ proposers: parseProposers(proposers), targets: resolved }, services())
}
const count = (sql: string): unknown => store.prepare(sql).pluck().get()

test('each proposer makes a build of each kernel, once', async () => {
  const kernels = count('SELECT count(*) FROM kernel')
  for (const tally of await make('xla,xla-ir,opt:O3,opt:Oz'))
    expect(tally).toMatchObject({ made: kernels, known: 0, broken: 0, failed: 0, none: 0 })
  expect(count("SELECT count(*) FROM build WHERE state = 'ok' AND code_bytes > 0 AND instructions > 0")).toBe(
    count('SELECT count(*) FROM proposal'),
  )
  const before = count('SELECT count(*) FROM build')
  for (const tally of await make('xla,xla-ir,opt:O3,opt:Oz'))
    expect(tally).toMatchObject({ made: 0, known: kernels, broken: 0 })
  expect(count('SELECT count(*) FROM build')).toBe(before)
})

test('what was interrupted is finished by the next run', async () => {
  const interrupt = new AbortController()
  const stopped = optimise(
    { proposers: parseProposers('opt:O1'), targets: [await nativeTarget(toolchain)] },
    { ...services(), signal: interrupt.signal },
  )
  const watch = setInterval(() => {
    if (Number(count('SELECT count(*) FROM build')) >= 2) interrupt.abort(new Error('Ctrl-C'))
  }, 5)
  await expect(stopped).rejects.toThrow('Ctrl-C')
  clearInterval(watch)
  const kept = Number(count('SELECT count(*) FROM build'))
  const kernels = Number(count('SELECT count(*) FROM kernel'))
  expect(kept).toBeLessThan(kernels)
  expect(await make('opt:O1')).toMatchObject([{ known: kept, made: kernels - kept }])
})

test('equal requests of two proposers are one build with two proposals', async () => {
  await make('opt:O2')
  const [tally] = await make('passes:default<O2>')
  expect(tally).toMatchObject({ made: 0, broken: 0 })
  expect(Number(count('SELECT count(*) FROM proposal'))).toBe(2 * Number(count('SELECT count(*) FROM build')))
})

test('a pass list LLVM refuses is a usage error in its words, and nothing is stored', async () => {
  await expect(make('opt:O1,passes:instcombin')).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining("unknown pass name 'instcombin'"),
  })
  expect(count('SELECT count(*) FROM build')).toBe(0)
})

test('elsewhere than on the harvest’s CPU there is no object of XLA’s', async () => {
  const [xla, ir] = await make('xla,xla-ir', ['cortex-a78'])
  expect(xla).toMatchObject({ made: 0, broken: 0, none: count('SELECT count(*) FROM kernel') })
  expect(ir?.made).toBeGreaterThan(0)
  store.exec("UPDATE harvest SET cpu = 'a CPU that nobody has'")
  const [elsewhere] = await make('xla')
  expect([...(elsewhere?.reasons.keys() ?? [])]).toEqual(['harvested on another CPU: a CPU that nobody has'])
})

test('workers and processes store the same builds to the last byte', async () => {
  const columns =
    'hash, state, reason, object_hash, ir_hash, content_hash, instructions, commands, undefined_symbols'
  const stored = async (engine: 'in-process' | 'spawn'): Promise<unknown[]> => {
    store = openStore(':memory:')
    fill(store)
    const proposers = parseProposers('xla,xla-ir,opt:Oz,passes:function(trigger-crash-function)')
    const targets = [await nativeTarget(toolchain)]
    await optimise({ proposers, targets, engine, filter: 'name:wrapped' }, services())
    return store.prepare(`SELECT ${columns} FROM build ORDER BY hash`).all()
  }
  const [workers, processes] = [await stored('in-process'), await stored('spawn')]
  expect(workers.length).toBeGreaterThan(4)
  expect(workers).toEqual(processes)
})

test('random lists can be added to, and a seed draws the same ones', async () => {
  const kernels = Number(count('SELECT count(*) FROM kernel'))
  expect(await make('random:2')).toMatchObject([{ proposer: 'random', made: 2 * kernels, known: 0 }])
  const builds = (): unknown[] =>
    store
      .prepare("SELECT build_hash FROM proposal WHERE proposer = 'random' AND sample < 2 ORDER BY 1")
      .pluck()
      .all()
  const drawn = builds()
  expect(await make('random:3')).toMatchObject([{ known: 2 * kernels }])
  expect(builds()).toEqual(drawn)
  expect(count("SELECT count(*) FROM proposal WHERE proposer = 'random'")).toBe(3 * kernels)
  expect(
    count('SELECT count(DISTINCT attributes) FROM build WHERE attributes = \'["minsize","optsize"]\''),
  ).toBe(1)
  store = openStore(':memory:')
  fill(store)
  await make('random:2')
  expect(builds()).toEqual(drawn)
})
