/** A store with one kernel for searches: a logarithm, which some pass lists compile wrongly. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { extractKernels } from '../../../src/kernel/ir/extract.ts'
import { startHarvest } from '../../../src/store/kernels/harvests.ts'
import { insertSighting, putKernel } from '../../../src/store/kernels/kernels.ts'
import { openStore, type Store } from '../../../src/store/open.ts'
import { insert } from '../../../src/store/statements.ts'

const WRONG = join(import.meta.dirname, '../../fixtures/search/attributor-miscompile.ll')

/** The passes of that miscompile, among others that do not matter. */
export const WRONG_PASSES = 'function(dse),attributor,function(slsr),scc-oz-module-inliner,function(lcssa)'

export function storeWithLogarithm(): Store {
  const store = openStore(':memory:')
  const [kernel] = extractKernels(readFileSync(WRONG, 'utf8')).kernels
  if (kernel === undefined) throw new Error(`${WRONG} holds no kernel`)
  putKernel(store, kernel, { reader: '22.1.8' })
  const harvest = startHarvest(store, { model: 'log', source: 'dump', xlaFlags: '' })
  const argument = { dtype: 'f32', shape: [32], bytes: 128 } as const
  insertSighting(store, {
    ...{
      moduleId: insert(store, 'module', { harvest_id: harvest, name: 'module' }),
      kernelHash: kernel.hash,
    },
    ...{ name: 'wrapped_log', file: 'log.ll' },
    facts: {
      ...{ calls: 1, findings: [] },
      signature: {
        arguments: [
          { ...argument, name: 'p', role: 'in', slot: 0 },
          { ...argument, name: 'r', role: 'out', slot: 0 },
        ],
        ...{ workgroups: [1, 1, 1], flushDenormals: true },
      },
    },
  })
  return store
}
