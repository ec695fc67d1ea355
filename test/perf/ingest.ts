/**
 * Ingest at size: 10,000 distinct kernels, real ones with one literal changed in each, both stages and objects, in
 * modules with their HLO, through `xlab harvest --from`; into an empty database, and again when all are known.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStoreReadOnly } from '../../src/store/open.ts'
import { DUMPS } from '../dumps.ts'
import { measured } from './measured.ts'

const KERNELS = 10_000
const TARGETS = { firstSeconds: 20, againSeconds: 8, peakMiB: 600 }
const SOURCE = join(DUMPS, 'tensorflow-2.21')
/** An operation on a value and an integer: the literal that is changed. */
const LITERAL = /(= (?:add|mul|icmp|sub|shl|and)[^\n]* i(?:32|64) %[^\n,]+, )\d+$/m

export async function run(): Promise<boolean> {
  const dir = mkdtempSync(join(tmpdir(), 'xlab-perf-'))
  try {
    const dump = join(dir, 'dump')
    mkdirSync(dump)
    generate(dump)
    const db = join(dir, 'perf.db')
    const harvest = ['harvest', '--quiet', '--db', db, '--from', dump]
    const first = await measured(harvest)
    const again = await measured(harvest)
    const store = openStoreReadOnly(db)
    const kernels = store.prepare('SELECT count(*) FROM kernel').pluck().get() as number
    const sightings = store.prepare('SELECT count(signature_hash) FROM sighting').pluck().get() as number
    store.close()
    process.stdout.write(first.stdout + again.stdout)
    const peakMiB = Math.max(first.peakMiB, again.peakMiB)
    const rows = [
      ['into an empty database', first.seconds, TARGETS.firstSeconds, 's'],
      ['again, all known', again.seconds, TARGETS.againSeconds, 's'],
      ['memory at its peak, all processes', peakMiB, TARGETS.peakMiB, 'MiB'],
    ] as const
    for (const [what, value, target, unit] of rows)
      console.log(`${what}: ${value.toFixed(1)} ${unit} (target ${target})${value <= target ? '' : ' OVER'}`)
    const right = kernels >= KERNELS && sightings >= 2 * KERNELS && first.code === 0 && again.code === 0
    if (!right)
      console.log(
        `WRONG: ${kernels} kernels, ${sightings} runnable sightings, exit ${first.code} and ${again.code}`,
      )
    return right && rows.every(([, value, target]) => value <= target)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Copies of the recorded modules under new numbers, until there are enough kernels. */
function generate(dump: string): void {
  const files = readdirSync(SOURCE)
    .filter(name => /\.(?:ll|o|txt|debug_options)$/.test(name))
    // The comparator has no such literal, and an IR of its own in both stages.
    .filter(name => !name.includes('.part_00.'))
    .map(name => ({ name, bytes: readFileSync(join(SOURCE, name)) }))
  const perCopy = files.filter(({ name }) => name.endsWith('ir-no-opt.ll'))
  for (let copy = 0; copy * perCopy.length < KERNELS; copy++)
    for (const [i, { name, bytes }] of files.entries()) {
      const number = 100 + copy
      const target = join(dump, name.replace(/^module_\d\d/, `module_${number}`))
      if (name.endsWith('.ll'))
        writeFileSync(
          target,
          bytes
            .toString('utf8')
            .replace(LITERAL, (_, before) => `${before}${100_000 + copy * files.length + i}`),
        )
      // Objects differ as real ones would; what follows the last section is not part of any.
      else if (name.endsWith('.o')) writeFileSync(target, Buffer.concat([bytes, Buffer.from(`\0${copy}`)]))
      else writeFileSync(target, bytes)
    }
}
