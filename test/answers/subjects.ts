/** For tests: the kernels that the corpus of bad answers is about, each a recorded or imported one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scalarSignature } from '../../src/kernel/adapter.ts'
import { extractKernels, type KernelText } from '../../src/kernel/ir/extract.ts'
import type { Signature } from '../../src/kernel/signature.ts'
import { dumpKernels } from '../dump-kernels.ts'

const DUMPS = join(import.meta.dirname, '../fixtures/dumps')
const EXAMPLE = join(import.meta.dirname, '../../models-py/examples/multiply_by_two.ll')

/** Words the corpus calls them by, with the dump and the first digits of the hash. */
const RECORDED = {
  exponential: ['tensorflow-2.21', 'afa6cbc3'],
  reduce: ['tensorflow-2.21', '361b06a3'],
  onehot: ['tensorflow-2.21', '72cf2653'],
  inplace: ['tensorflow-2.21', 'd75c1832'],
  compare: ['tensorflow-2.18', '882f945e'],
} as const

export type SubjectName = keyof typeof RECORDED | 'scalar'

export interface Subject {
  readonly name: SubjectName
  readonly kernel: Pick<KernelText, 'name' | 'hash' | 'ir'>
  readonly signature: Signature
}

export function subjects(): Subject[] {
  const dumps = new Map(
    [...new Set(Object.values(RECORDED).map(([dump]) => dump))].map(dump => [
      dump,
      dumpKernels(join(DUMPS, dump)),
    ]),
  )
  const recorded = Object.entries(RECORDED).map(([name, [dump, start]]): Subject => {
    const kernel = dumps.get(dump)?.find(({ hash }) => hash.startsWith(start))
    if (kernel === undefined) throw new Error(`${dump} has no kernel ${start}`)
    return { name: name as SubjectName, kernel, signature: kernel.signature }
  })
  const [scalar] = extractKernels(readFileSync(EXAMPLE, 'utf8')).kernels
  const signature = scalar === undefined ? undefined : scalarSignature(scalar.ir)
  if (scalar === undefined || signature === undefined) throw new Error(`${EXAMPLE} gives no kernel`)
  return [...recorded, { name: 'scalar', kernel: scalar, signature }]
}
