import { expect, test } from 'vitest'
import { buildSteps, commandLine } from '../../../src/compile/commands.ts'
import { definedFunctions } from '../../../src/compile/functions.ts'
import { makeRequest } from '../../../src/compile/make-request.ts'
import type { BuildRequest } from '../../../src/kernel/build.ts'
import { withDataLayout } from '../../../src/llvm/engine/child/modules.ts'
import { resolveTarget } from '../../../src/llvm/targets.ts'

const IR = `declare float @expf(float)
define ptr @kernel(ptr %0) #1 {
define internal fastcc void @"a \\22b\\22.1"(i32 %x) {
define private double @__xla_cpu.helper-2() alwaysinline {
`

test('functions are those a module defines, as LLVM names them', () => {
  expect(definedFunctions(IR)).toEqual(['kernel', 'a "b".1', '__xla_cpu.helper-2'])
})

const request = async (changes: Partial<BuildRequest>): Promise<BuildRequest> => ({
  ...{ kernel: 'k', input: 'kernel', inputHash: 'i', passes: 'default<O1>', attributes: [] },
  ...{ codegenLevel: 2, codegenOptions: [], llvm: '22.1.8 release' },
  target: await resolveTarget('x86-64-v3'),
  ...changes,
})

test('attributes with a value stand in a list of their own, which the command line writes', async () => {
  const one = await request({ attributes: ['optsize', 'prefer-vector-width=128'] })
  const [list, opt] = buildSteps(one, false, ['kernel', 'helper']).map(commandLine)
  expect(list).toBe("printf '%s\\n' kernel,prefer-vector-width=128 helper,prefer-vector-width=128 > ATTRS")
  expect(opt).toContain(
    "'-passes=forceattrs,default<O1>' -forceattrs-csv-path=ATTRS -force-attribute=optsize -S",
  )
  expect(makeRequest(one, () => Buffer.from(IR), 'measures').opt).toEqual({
    ...{ passes: 'default<O1>', forced: ['optsize'], strings: [['prefer-vector-width', '128']] },
  })
})

test('options with a path, or that are none, are a bug and not a command line', async () => {
  for (const option of ['-stats-file=/etc/x', 'OUT', '@file', '-x y']) {
    const one = await request({ codegenOptions: [option] })
    expect(() => buildSteps(one, false)).toThrow('llc takes no option')
    expect(() => makeRequest(one, () => Buffer.from(IR), 'measures')).toThrow('llc takes no option')
  }
})

test('a data layout replaces the text’s own or comes before it, and lines keep their numbers', () => {
  const layout = 'e-m:e-i64:64'
  const replaced = (text: string): string => Buffer.from(withDataLayout(Buffer.from(text), layout)).toString()
  expect(replaced('; x\ntarget datalayout = "e"\ndefine')).toBe(
    `; x\ntarget datalayout = "${layout}"\ndefine`,
  )
  expect(replaced('; x\ndefine')).toBe(`target datalayout = "${layout}" ; x\ndefine`)
})
