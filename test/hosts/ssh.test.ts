/** A real sshd on loopback: what runs through it, what it may not change, and what a cut connection costs. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Host } from '../../src/hosts/host.ts'
import { hostNamed } from '../../src/hosts/registry.ts'
import { openSshMachine } from '../../src/hosts/ssh.ts'
import { type Exit, run } from '../../src/process/run.ts'
import type { TimingJob } from '../../src/runner/protocol.ts'
import { runCases, signature, verdicts, verifyJob } from '../integration/runner/objects.ts'
import { noSshd, type Sshd, startSshd } from './sshd.ts'

const why = noSshd === undefined ? '' : ` (skipped: ${noSshd})`
let sshd: Sshd
let host: Host
beforeAll(async () => {
  if (noSshd !== undefined) return
  sshd = await startSshd()
  host = await hostNamed('loop', { file: undefined, hosts: [sshd.settings], llms: [] }).open()
})
afterAll(async () => {
  await host?.close()
  await sshd?.stop()
})

const timing = (id: string): TimingJob => ({
  kind: 'time',
  id,
  signature: signature(),
  functions: ['work_10', 'work_20'],
  seed: 3,
  processes: 2,
  pairs: 20,
  minSampleNs: 50_000,
  limitMs: 20_000,
})

describe.skipIf(noSshd !== undefined)(`a host by ssh${why}`, () => {
  test('is probed: its CPU, its state, and that it is this machine', async () => {
    const { target, place } = host
    const { architecture, cores, state } = await host.describe()
    expect(target.triple).toBe(`${architecture}-unknown-linux-gnu`)
    expect(target.features).toMatch(/^\+/)
    expect(cores).toBeGreaterThan(0)
    expect(state).toHaveProperty('load1')
    expect(place).toBe('here')
  })

  test('gives the verdicts that this machine gives, and keeps nothing', async () => {
    const cases = ['twice', 'last_missing']
    const results = await runCases(cases, [verifyJob('twice', cases)], [], undefined, { host })
    expect(verdicts(results).get('twice')?.state).toBe('agreed')
    expect(verdicts(results).get('last_missing')?.state).toBe('refuted')
    expect(results[0]).toMatchObject({ kind: 'hello', jail: expect.arrayContaining(['seccomp']) })
    expect(readdirSync(sshd.directory)).toEqual([])
  })

  test('goes on where its connection was cut: no sample is lost, none is double, nothing is left', async () => {
    const jobs = ['a', 'b', 'c'].map(timing)
    let cut: Promise<number> | undefined
    const results = await runCases(['work_10', 'work_20'], jobs, [], undefined, {
      host,
      onResult: result => {
        if (result.kind === 'sample') cut ??= sshd.cut()
      },
    })
    expect(await cut).toBeGreaterThan(0)
    const places = results.flatMap(result =>
      result.kind === 'sample'
        ? [`${result.id} ${result.function} ${result.process} ${result.pair} ${result.metric}`]
        : [],
    )
    expect(places).toHaveLength(3 * 2 * 2 * 20)
    expect(new Set(places).size).toBe(places.length)
    expect(readdirSync(sshd.directory)).toEqual([])
  })

  test('a program that does not arrive as it was sent is not run', async () => {
    const machine = await openSshMachine(sshd.settings)
    try {
      await expect(machine.put({ path: import.meta.filename, hash: '0'.repeat(64) })).rejects.toThrow(
        'cannot be put',
      )
      expect(readdirSync(sshd.directory)).toEqual([])
    } finally {
      await machine.close()
    }
  })

  test('a folder that is not there, a host whose key is not known, one that is off: each says what to do', async () => {
    const machine = await openSshMachine({ ...sshd.settings, directory: '/no/such' })
    const program = { path: import.meta.filename, hash: '' }
    await expect(machine.put(program)).rejects.toMatchObject({
      exitCode: 5,
      hint: expect.stringContaining('directory'),
    })
    await machine.close()
    const config = join(sshd.directory, '../strange')
    writeFileSync(
      config,
      'UserKnownHostsFile /dev/null\nStrictHostKeyChecking yes\nGlobalKnownHostsFile /dev/null\n',
    )
    const port = Number(/Port (\d+)/.exec(readFileSync(sshd.config, 'utf8'))?.[1])
    const stranger = { name: 'x', kind: 'ssh', address: '127.0.0.1', port, config } as const
    await expect(openSshMachine(stranger)).rejects.toMatchObject({
      hint: expect.stringContaining('accept its key'),
    })
    await expect(openSshMachine({ ...stranger, port: 1 })).rejects.toThrow(/x cannot be reached.*refused/)
  })
})

describe.skipIf(noSshd !== undefined)(`bench by ssh${why}`, () => {
  const root = resolve(import.meta.dirname, '../..')
  const folder = mkdtempSync(join(tmpdir(), 'xlab-hosts-'))
  const xlab = (...args: string[]): Promise<Exit> =>
    run(process.execPath, [join(root, 'src/main.ts'), ...args, '--db', join(folder, 'x.db')], {
      cwd: folder,
      timeoutMs: 280_000,
    })
  const rows = (sql: string): Record<string, unknown>[] => {
    const store = new Database(join(folder, 'x.db'), { readonly: true })
    try {
      return store.prepare(sql).all() as Record<string, unknown>[]
    } finally {
      store.close()
    }
  }
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('measures what is measured here, side by side, also when it is lost midway and the command is run again', async () => {
    const { config, directory } = sshd
    writeFileSync(
      join(folder, 'xlab.yaml'),
      `hosts: { loop: { kind: ssh, address: loop, config: ${config}, directory: ${directory} } }\n`,
    )
    const dump = join(root, 'test/fixtures/dumps/tensorflow-2.21')
    for (const args of [
      ['harvest', '--from', dump],
      ['optimise', '--with', 'xla,opt:O3'],
      ['verify', '--host', 'loop'],
    ])
      expect((await xlab(...args)).state, args.join(' ')).toBe('exited')
    expect(rows('SELECT DISTINCT h.kind FROM verdict v JOIN host h ON h.id = v.host_id')).toEqual([
      { kind: 'ssh' },
    ])
    const plan = '--links 2 --processes 1 --pairs 3 --precision 90% --budget 1s --no-confirm'.split(' ')
    const bench = () => xlab('bench', '--host', 'local,loop', '--filter', 'name:wrapped', ...plan)
    const going = bench()
    await new Promise(done => setTimeout(done, 4000))
    await sshd.cut()
    const first = await going
    const again = await bench()
    expect(again.state === 'exited' && again.code, `${first.stderr}\n${again.stderr}`).toBe(0)
    const measured = rows(
      `SELECT h.name, count(DISTINCT m.build_hash) AS builds FROM measurement m JOIN campaign c ON c.id = m.campaign_id
       JOIN host h ON h.id = c.host_id WHERE c.purpose = 'report' GROUP BY h.name ORDER BY h.name`,
    )
    expect(measured.map(row => row.name)).toEqual(['local', 'loop'])
    expect(measured[0]?.builds).toBe(measured[1]?.builds)
    expect(readdirSync(directory)).toEqual([])
  })
})
