/**
 * A report and the widest query at size: 10,000 kernels with six builds each, real IR and objects with one literal or
 * byte changed in each, figures for all of them.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomIntegers } from '../../src/measure/statistics.ts'
import { putBlob } from '../../src/store/blobs.ts'
import { putFigures } from '../../src/store/measurements/estimates.ts'
import type { Store } from '../../src/store/open.ts'
import { DUMPS } from '../dumps.ts'
import { fill, USUAL_BUILDS } from '../unit/store/filled.ts'
import { measured } from './measured.ts'

const KERNELS = 10_000
const TARGETS = { reportSeconds: 20, querySeconds: 1, megabytes: 5 }
const SOURCE = join(DUMPS, 'tensorflow-2.21')

export async function run(): Promise<boolean> {
  const dir = mkdtempSync(join(tmpdir(), 'xlab-perf-'))
  try {
    const db = join(dir, 'perf.db')
    const page = join(dir, 'report.html')
    generate(db)
    const report = await measured(['report', '--quiet', '--db', db, '-o', page])
    const query = await measured(['query', 'results', '--quiet', '--db', db])
    const megabytes = report.code === 0 ? statSync(page).size / 1e6 : Number.NaN
    const rows = [
      ['report', report.seconds, TARGETS.reportSeconds, 's'],
      ['query results', query.seconds, TARGETS.querySeconds, 's'],
      ['size of the page', megabytes, TARGETS.megabytes, 'MB'],
    ] as const
    for (const [what, value, target, unit] of rows)
      console.log(`${what}: ${value.toFixed(1)} ${unit} (target ${target})${value <= target ? '' : ' OVER'}`)
    const lines = query.stdout.split('\n').length - 2
    const right = report.code === 0 && query.code === 0 && lines === KERNELS * USUAL_BUILDS.length
    if (!right) console.log(`WRONG: exit ${report.code} and ${query.code}, ${lines} lines`)
    return right && rows.every(([, value, target]) => value <= target)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** A database of that size at `path`. */
export function generate(path: string): void {
  const { store, kernels, signatureHash, hostId } = fill({ path, count: KERNELS, measured: false })
  const names = readdirSync(SOURCE)
  const read = (ending: string): Buffer[] =>
    names.filter(name => name.endsWith(ending)).map(name => readFileSync(join(SOURCE, name)))
  const [before, after, objects] = [read('.ir-no-opt.ll'), read('.ir-with-opt.ll'), read('.o')]
  const of = (texts: readonly Buffer[], i: number, mark: string): string =>
    putBlob(store, Buffer.concat([texts[i % texts.length] ?? Buffer.alloc(0), Buffer.from(mark)]))
  store.transaction(() => {
    for (const [i, kernel] of kernels.entries()) {
      store.prepare('UPDATE kernel SET ir_hash = ? WHERE hash = ?').run(of(before, i, `\n; ${i}\n`), kernel)
      store
        .prepare('UPDATE build SET ir_hash = ? WHERE kernel_hash = ? AND ir_hash IS NOT NULL')
        .run(of(after, i, `\n; ${i}\n`), kernel)
      store
        .prepare('UPDATE build SET object_hash = ? WHERE kernel_hash = ? AND object_hash IS NOT NULL')
        .run(of(objects, i, `\0${i}`), kernel)
    }
    estimates(store, kernels, signatureHash, hostId)
  })()
  store.close()
}

/** Figures around those a build of USUAL_BUILDS has, another for each kernel. */
function estimates(store: Store, kernels: readonly string[], signature: string, host: number): void {
  const random = randomIntegers(1)
  const builds = store.prepare(
    `SELECT b.hash, b.content_hash AS content, p.proposer FROM build b JOIN proposal p ON p.build_hash = b.hash
     WHERE b.kernel_hash = ? AND b.content_hash IS NOT NULL GROUP BY b.content_hash`,
  )
  for (const kernel of kernels) {
    const rows = builds.all(kernel) as { hash: string; content: string; proposer: string }[]
    const reference = rows.find(row => row.proposer === 'xla')
    const place = { kernel_hash: kernel, signature_hash: signature, host_id: host }
    putFigures(store, place, {
      confirmations: [],
      estimates: rows.map(row => {
        const own = row === reference
        const ratio = own ? 1 : 2 ** ((random() / 2 ** 32) * 4 - 1.5)
        const low = ratio * 0.98
        return {
          ...{ ...place, content_hash: row.content },
          ...{ build_hash: row.hash, rule: 1, samples: 120, time_ns: 1000 * ratio, deviation_ns: 10 },
          ...{ reference_hash: reference?.hash ?? null, pairs: 120, p: null, alone: null },
          ...{ ratio, ratio_low: low, ratio_high: ratio * 1.02 },
          ...{ comparison: own ? 'twin' : ratio * 1.02 < 1 ? 'faster' : low > 1 ? 'slower' : 'inconclusive' },
        }
      }),
    })
  }
}
