/** A container as a host: what runs in it is shut in twice, limited, and gone afterwards. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findEngine } from '../../src/containers/engine.ts'
import type { Host } from '../../src/hosts/host.ts'
import { hostNamed } from '../../src/hosts/registry.ts'
import { run } from '../../src/process/run.ts'
import { runCases, verdicts, verifyJob } from '../integration/runner/objects.ts'

const found = await findEngine()
const why = found.state === 'none' ? ` (skipped: no Docker engine answers: ${found.tried.join('; ')})` : ''
const settings = (rest: object) => ({
  file: undefined,
  hosts: [{ name: 'box', kind: 'docker' as const, ...rest }],
  llms: [],
})
const ours = async (): Promise<string[]> => {
  const exit = await run('docker', ['ps', '-aq', '--filter', 'ancestor=xlab-host'])
  return exit.stdout.toString('utf8').trim().split('\n').filter(Boolean)
}

describe.skipIf(found.state === 'none')(`a docker host${why}`, () => {
  let host: Host
  beforeAll(async () => {
    host = await hostNamed('box', settings({ cores: '0', cpus: 0.5, memory: 512 << 20 })).open()
  })
  afterAll(() => host?.close())

  test('has the cores, the share of them and the memory it was given, and is this machine', async () => {
    expect(await host.describe()).toMatchObject({ cores: 1, state: { cpuLimit: 0.5, memoryLimitMiB: 512 } })
    expect(host.place).toBe('here')
  })

  test('gives the verdicts that this machine gives, jailed inside too, and leaves no container', async () => {
    const before = await ours()
    const cases = ['twice', 'last_missing', 'null']
    const results = await runCases(cases, [verifyJob('twice', cases)], [], undefined, { host })
    expect([...verdicts(results)].map(([name, { state }]) => [name, state]).sort()).toEqual([
      ['last_missing', 'refuted'],
      ['null', 'broken'],
      ['twice', 'agreed'],
    ])
    expect(results[0]).toMatchObject({
      jail: expect.arrayContaining(['seccomp', 'no-new-privs', 'guard-pages']),
    })
    expect(await ours()).toEqual(before)
  })
})

test('an engine that does not answer is the environment’s fault', async () => {
  const away = settings({ engine: 'tcp://127.0.0.1:1' })
  await expect(hostNamed('box', away).open()).rejects.toMatchObject({ exitCode: 5 })
})
