import { expect, test } from 'vitest'
import { buildSteps, commandLine } from '../../../src/compile/commands.ts'
import type { BuildRequest } from '../../../src/kernel/build.ts'
import { resolveTarget } from '../../../src/llvm/targets.ts'

const request = async (changes: Partial<BuildRequest>): Promise<BuildRequest> => ({
  kernel: 'k',
  input: 'kernel',
  inputHash: 'i',
  passes: 'default<O3>',
  attributes: [],
  codegenLevel: 3,
  codegenOptions: [],
  llvm: '22.1.8 release',
  target: await resolveTarget('x86-64-v3'),
  ...changes,
})
const lines = (one: BuildRequest, isBitcode = false): string[] => buildSteps(one, isBitcode).map(commandLine)

test('a pipeline is opt and llc with the same machine, in words a shell takes as they stand', async () => {
  expect(lines(await request({}))).toEqual([
    "opt -mtriple=x86_64-unknown-linux-gnu -mcpu=x86-64-v3 -data-layout=e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128 '-passes=default<O3>' -S IN -o MID",
    'llc -mtriple=x86_64-unknown-linux-gnu -mcpu=x86-64-v3 -relocation-model=pic -O3 -filetype=obj MID -o OUT',
  ])
})

test('attributes are set by forceattrs before the passes', async () => {
  const [opt] = lines(await request({ passes: 'default<Oz>', attributes: ['minsize', 'optsize'] }))
  expect(opt).toContain("'-passes=forceattrs,default<Oz>' -force-attribute=minsize -force-attribute=optsize")
})

test('text without passes goes to llc as it is, bitcode by way of opt, which writes it out', async () => {
  const plain = await request({ passes: '' })
  expect(lines(plain).map(line => line.split(' ')[0])).toEqual(['llc'])
  expect(lines(plain)[0]).toContain(' IN -o OUT')
  expect(lines(plain, true).map(line => line.split(' ')[0])).toEqual(['opt', 'llc'])
})

test('features stand in both, and ARM has its own layout', async () => {
  const target = { ...(await resolveTarget('cortex-a78')), features: '+sve,-crc' }
  const both = lines(await request({ target }))
  for (const line of both)
    expect(line).toContain('-mtriple=aarch64-unknown-linux-gnu -mcpu=cortex-a78 -mattr=+sve,-crc')
  expect(both[0]).toContain('-data-layout=e-m:e-p270:32:32-p271:32:32-p272:64:64-i8:8:32')
})

test('an attribute forceattrs would ignore is a bug, not a silent nothing', async () => {
  const wrong = await request({ attributes: ['"frame-pointer"="none"'] })
  expect(() => buildSteps(wrong, false)).toThrow('forceattrs')
})

test('an unknown target names the nearest', async () => {
  await expect(resolveTarget('cortex-a79')).rejects.toMatchObject({
    exitCode: 2,
    hint: expect.stringContaining('cortex-a78'),
  })
})
