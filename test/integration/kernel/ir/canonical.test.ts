/** A canonical text means what the original means: LLVM makes the same machine code of both. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { extractKernels } from '../../../../src/kernel/ir/extract.ts'
import { createLanes, forAll } from '../../../../src/lanes/lanes.ts'
import { contentHash, parseObject } from '../../../../src/llvm/object/object.ts'
import { openReader, type Reader } from '../../../../src/llvm/reading/reader.ts'
import { ensureToolchain, type Toolchain } from '../../../../src/llvm/toolchain.ts'
import { run, succeeded } from '../../../../src/process/run.ts'
import { irFiles, READABLE } from '../../../dumps.ts'

let toolchain: Toolchain
let reader: Reader
const dir = mkdtempSync(join(tmpdir(), 'xlab-canonical-'))
beforeAll(async () => {
  toolchain = await ensureToolchain()
  reader = await openReader(toolchain)
})
afterAll(async () => {
  await reader.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Hash of code, data and relocations of `text` at O2; of `keep` and what it needs, where given. */
async function compiled(name: string, text: string, keep?: string): Promise<string> {
  const read = await reader.read(text)
  if (read.state === 'rejected') throw new Error(read.message)
  const [input, optimised, object] = ['in', 'bc', 'o'].map(ending => join(dir, `${name}.${ending}`)) as [
    string,
    string,
    string,
  ]
  writeFileSync(input, read.bitcode ?? text)
  const alone = keep === undefined ? [] : [`-internalize-public-api-list=${keep}`]
  const passes = `${keep === undefined ? '' : 'internalize,globaldce,'}default<O2>`
  for (const [tool, args] of [
    ['opt', [`-passes=${passes}`, ...alone, input, '-o', optimised]],
    ['llc', ['-O2', '-mcpu=x86-64-v3', '-filetype=obj', optimised, '-o', object]],
  ] as const) {
    const exit = await run(toolchain.bin(tool), args)
    if (!succeeded(exit)) throw new Error(`${name}: ${exit.stderr}`)
  }
  return contentHash(parseObject(readFileSync(object)))
}

test.each(READABLE)('%s', async producer => {
  const cases = irFiles(producer).flatMap(({ name, text }) =>
    extractKernels(text).kernels.map(kernel => ({ name, text, kernel })),
  )
  expect(cases.length).toBeGreaterThan(0)
  const different: string[] = []
  await forAll(createLanes(), cases.entries(), undefined, async ([i, { name, text, kernel }]) => {
    const [before, after] = await Promise.all([
      compiled(`${producer}-${i}-raw`, text, kernel.name),
      compiled(`${producer}-${i}-canonical`, kernel.ir),
    ])
    if (before !== after) different.push(`${name}: ${kernel.name}`)
  })
  expect(different).toEqual([])
})

test('the comparison would notice: one changed literal is other code', async () => {
  const [file] = irFiles('tensorflow-2.21').filter(({ name }) =>
    name.endsWith('wrapped_scatter.ir-no-opt.ll'),
  )
  const text = file?.text ?? ''
  const changed = text.replace(/icmp ule i32 (%\d+), \d+/, 'icmp ule i32 $1, 2')
  expect(changed).not.toBe(text)
  expect(await compiled('changed', changed)).not.toBe(await compiled('unchanged', text))
})
