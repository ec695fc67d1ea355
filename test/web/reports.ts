/** Reports for the browser's tests: of a small database with everything in it, names and replies hostile. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { estimate } from '../../src/bench/estimate.ts'
import { installedToolchain } from '../../src/llvm/toolchain.ts'
import { htmlReport } from '../../src/report/html/page.ts'
import { putBlob } from '../../src/store/blobs.ts'
import { insert } from '../../src/store/statements.ts'
import { DUMPS } from '../dumps.ts'
import { fill } from '../unit/store/filled.ts'

export const HOSTILE_NAME = '<script>alert(1)</script><img src=x onerror=alert(2)>'
export const HOSTILE_REPLY =
  '</script><h1 id="injected">hello</h1><script>alert(3)</script> & "quotes" \u202e'

const MEASURED = 12

/** 150 kernels with real IR and objects, a few of them measured; the first with a hostile name, hints and an exchange. */
export async function hostileReport(): Promise<string> {
  const { store, kernels, signatureHash, hostId } = fill({ count: 150 })
  const folder = join(DUMPS, 'tensorflow-2.21')
  const read = (ending: string): Buffer[] =>
    readdirSync(folder)
      .filter(name => name.endsWith(ending))
      .map(name => readFileSync(join(folder, name)))
  const [before, after, objects] = [read('.ir-no-opt.ll'), read('.ir-with-opt.ll'), read('.o')]
  const of = (bytes: readonly Buffer[], i: number): string => putBlob(store, bytes[i % bytes.length] ?? '')
  for (const [i, kernel] of kernels.entries()) {
    store.prepare('UPDATE kernel SET ir_hash = ? WHERE hash = ?').run(of(before, i), kernel)
    store
      .prepare(
        'UPDATE build SET ir_hash = CASE WHEN ir_hash IS NULL THEN NULL ELSE ? END, object_hash = CASE WHEN object_hash IS NULL THEN NULL ELSE ? END WHERE kernel_hash = ?',
      )
      .run(of(after, i), of(objects, i), kernel)
  }
  const [first] = kernels
  store.prepare('UPDATE kernel SET name = ? WHERE hash = ?').run(HOSTILE_NAME, first)
  store
    .prepare('UPDATE sighting SET op_type = ?, op_name = ? WHERE kernel_hash = ?')
    .run(HOSTILE_NAME, HOSTILE_NAME, first)
  store.prepare('UPDATE host SET cpu = ?').run(HOSTILE_NAME)
  const at = '2026-01-01T00:00:00.000Z'
  const exchange = insert(store, 'exchange', {
    ...{
      kernel_hash: first,
      target_id: 1,
      llm: 'builtin',
      model: HOSTILE_NAME,
      dialect: 'plain',
      dialect_version: '1',
    },
    ...{ strategy: 'passes', metric: 'size', form: 'whole', prompt_hash: putBlob(store, 'Optimise this.') },
    ...{
      reply_hash: putBlob(store, HOSTILE_REPLY),
      sampling: '{}',
      seed: 1,
      sample: 0,
      round: 0,
      seconds: 1,
    },
    ...{ outcome: 'none', tries: 1, reason: HOSTILE_REPLY, at },
  })
  insert(store, 'hint', {
    ...{
      exchange_id: exchange,
      kernel_hash: first,
      target_id: 1,
      source: 'llm',
      metric: 'size',
      position: 0,
      function: 'kernel',
    },
    ...{ line_first: 2, line_last: 3, kind: 'missed-vectorisation', why: HOSTILE_REPLY, try_kind: 'pass' },
    ...{ try_text: 'loop-vectorize', state: 'refuted', at },
  })
  for (const kernel of kernels.slice(0, MEASURED)) estimate(store, kernel, signatureHash, hostId)
  return htmlReport(store, { date: new Date(at), toolchain: await installedToolchain() })
}
