/** What `xlab show` prints, and how it finds a kernel. */
import { beforeAll, describe, expect, test } from 'vitest'
import { estimate } from '../../../src/bench/estimate.ts'
import { firstDifference, kernelPage } from '../../../src/report/kernel-page.ts'
import { dossier, findKernel } from '../../../src/store/kernels/dossier.ts'
import { type Filled, fill } from '../store/filled.ts'

let filled: Filled
let hash: string
beforeAll(() => {
  filled = fill({ count: 3 })
  hash = filled.kernels[0] as string
  for (const kernel of filled.kernels) estimate(filled.store, kernel, filled.signatureHash, filled.hostId)
})

describe('finding a kernel', () => {
  test('by hash prefix, name, or HLO instruction', () => {
    expect(findKernel(filled.store, hash.slice(0, 8))).toBe(hash)
    expect(findKernel(filled.store, hash.toUpperCase())).toBe(hash)
    expect(findKernel(filled.store, 'fusion.0')).toBe(hash)
  })

  test('an unknown name is a usage error with the nearest', () => {
    expect(() => findKernel(filled.store, 'fusoin.1')).toThrow(
      expect.objectContaining({ exitCode: 2, hint: expect.stringContaining('fusion.1') }),
    )
    expect(() => findKernel(filled.store, 'zzzzzzzzzzzz')).toThrow(expect.objectContaining({ exitCode: 2 }))
  })

  test('an ambiguous name lists the candidates', () => {
    const { store, kernels } = fill({ count: 2 })
    store.exec("UPDATE kernel SET name = 'dot'")
    expect(() => findKernel(store, 'dot')).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: "'dot' means 2 kernels",
        hint: expect.stringContaining((kernels[1] as string).slice(0, 12)),
      }),
    )
  })
})

describe('the page', () => {
  const page = () =>
    kernelPage(dossier(filled.store, hash), 'define ptr @kernel(ptr %0) {\n  ret ptr null\n}\n')

  test('says where the kernel came from, how it is called, and what became of each build', () => {
    expect(page()).toMatch(/cnn +train +step +fusion\.0 +fusion\.0 +fusion +Relu model\/relu +cnn\.py:12 +2/)
    expect(page()).toMatch(/0 +in +f32\[4\] +16 +p0/)
    expect(page()).toMatch(/opt:O3 +agreed +900 +0\.900 +80\.0 +0\.800 +0\.\d+–0\.\d+ +faster +xla-ir/)
    expect(page()).toMatch(/passes:bad +refuted/)
    expect(page()).toContain(
      'argument 1, element 2 is -1.0 instead of 1.0 in trial 3 (edges, seed 1); 4 elements differ',
    )
    expect(page()).toContain('does not build: unknown pass name')
    expect(page()).toContain('opt IN -o OUT')
  })

  test('shows the head of long IR and how to get the rest', () => {
    const ir = Array.from({ length: 50 }, (_, i) => `; line ${i}`).join('\n')
    const text = kernelPage(dossier(filled.store, hash), ir)
    expect(text).toContain('; line 29\n')
    expect(text).not.toContain('; line 30\n')
    expect(text).toContain(`… 20 more lines: xlab show ${hash.slice(0, 12)} --emit ll`)
  })

  test('IR cannot steer the terminal', () => {
    expect(kernelPage(dossier(filled.store, hash), '; \u001b[2J')).toContain('; \\x1b[2J')
  })

  test('arguments that share memory say so', () => {
    const { store, kernels } = fill()
    store.exec(`UPDATE signature SET json = replace(json, '"slot":1', '"slot":0')`)
    expect(kernelPage(dossier(store, kernels[0] as string), '')).toMatch(/out +f32\[4\] +16 +r +slot 0/)
  })
})

test('a counterexample of scalars names the values', () => {
  const example = {
    trial: 0,
    seed: 1,
    inputs: 'edges',
    argument: 0,
    element: 0,
    expected: '4',
    actual: '5',
    differing: 1,
  }
  expect(firstDifference({ ...example, values: ['i32 2', 'i32 2'] })).toBe(
    'argument 0, element 0 is 5 instead of 4 for (i32 2, i32 2)',
  )
  expect(firstDifference({ ...example, lowest: '3', highest: '4' })).toContain('(allowed: 3 to 4)')
})
