/** AArch64 under qemu: verdicts as on a machine, and the instructions of a call. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Host } from '../../src/hosts/host.ts'
import { hostNamed } from '../../src/hosts/registry.ts'
import { run, succeeded } from '../../src/process/run.ts'
import { linkBundle } from '../../src/runner/link.ts'
import { objectOf, runCases, signature, verdicts, verifyJob } from '../integration/runner/objects.ts'

const here = succeeded(await run('qemu-aarch64', ['--version'], { timeoutMs: 20_000 }))
const why = here ? '' : ' (skipped: no qemu-aarch64 here, apt install qemu-user)'
const settings = { file: undefined, hosts: [], llms: [] }
const directory = mkdtempSync(join(tmpdir(), 'xlab-qemu-'))
let host: Host
beforeAll(async () => {
  if (here) host = await hostNamed('qemu-a78', settings).open()
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe.skipIf(!here)(`qemu-a78${why}`, () => {
  test('is an emulated AArch64 that runs code for its core', () => {
    expect(host).toMatchObject({ emulated: true, kind: 'qemu' })
    expect(host.target).toMatchObject({ triple: 'aarch64-unknown-linux-gnu', cpu: 'cortex-a78' })
    expect(host.target.features).toContain('+dotprod')
  })

  test('gives the verdicts a machine gives', async () => {
    const cases = ['twice', 'last_missing', 'null']
    const results = await runCases(cases, [verifyJob('twice', cases)], [], undefined, { host })
    expect([...verdicts(results)].map(([name, { state }]) => [name, state]).sort()).toEqual([
      ['last_missing', 'refuted'],
      ['null', 'broken'],
      ['twice', 'agreed'],
    ])
  })

  test('counts the instructions of a call: the same every time, and as many more as there is more work', async () => {
    const names = ['work_10', 'work_11', 'work_20']
    const linked = await linkBundle(
      await Promise.all(
        names.map(async id => ({ id, object: await objectOf(id, [], host.target), symbol: 'kernel' })),
      ),
      { target: host.target, orderSeed: 1, directory },
    )
    if (linked.state !== 'ok') throw new Error(linked.reason)
    const counts = new Map<string, number[]>()
    for (let i = 0; i < 2; i++)
      await host.count?.(
        linked.bundle,
        {
          kind: 'time',
          id: 'job',
          signature: signature(),
          functions: names,
          ...{ seed: 1, processes: 1, pairs: 1, minSampleNs: 1, limitMs: 20_000 },
        },
        {
          onResult: result => {
            if (result.kind !== 'count') throw new Error(result.reason)
            counts.set(result.function, [...(counts.get(result.function) ?? []), result.instructions])
          },
        },
      )
    const [ten = 0, eleven = 0, twenty = 0] = names.map(name => {
      expect(new Set(counts.get(name)).size).toBe(1)
      return counts.get(name)?.[0]
    })
    // The n-th case does n rounds of the same work, but for how its loop is unrolled.
    expect((twenty - ten) / (10 * (eleven - ten))).toBeCloseTo(1, 1)
    expect(eleven - ten).toBeGreaterThan(50)
  })
})

test('an emulator that is not there is the environment’s fault, and says what to install', async () => {
  const missing = { name: 'm68k', kind: 'qemu', program: 'qemu-not-there' } as const
  await expect(hostNamed('m68k', { ...settings, hosts: [missing] }).open()).rejects.toMatchObject({
    exitCode: 5,
    hint: expect.stringContaining('apt install qemu-user'),
  })
})
