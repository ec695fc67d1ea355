/** A kernel's identity is the same in every run, and what a harvest knows of its run is stored. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { harvested } from '../../harvested.ts'

const dir = mkdtempSync(join(tmpdir(), 'xlab-identity-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('two local runs of one model give the same kernels', async () => {
  const first = await harvested(dir, 'mlp', '--runtime', 'local')
  const second = await harvested(dir, 'mlp', '--runtime', 'local')
  expect(first.kernels.length).toBeGreaterThan(5)
  expect(second.kernels).toEqual(first.kernels)
  expect(first.harvest).toMatchObject({
    model: 'mlp',
    source: 'local',
    state: 'complete',
    reason: null,
    producer: 'tensorflow 2.21.0',
    llvm: '23.0.0git',
    seed: 1,
  })
  expect(first.harvest.loss_last).toBeLessThan(Number(first.harvest.loss_first))
  expect(first.harvest.log_hash).not.toBeNull()
  const timed = first.modules.filter(({ program }) => program !== null)
  expect(timed.map(({ program }) => program)).toEqual(['train', 'infer'])
  for (const { wall_ns, wall_calls } of timed) {
    expect(wall_ns).toBeGreaterThan(0)
    expect(wall_calls).toBeGreaterThan(0)
  }
}, 600_000)

test('other flags are another harvest, and kernels they do not touch are shared', async () => {
  const plain = await harvested(dir, 'mlp', '--runtime', 'local')
  const flagged = await harvested(
    dir,
    'mlp',
    '--runtime',
    'local',
    '--xla-flags',
    '--xla_cpu_prefer_vector_width=512',
  )
  expect(flagged.harvest.xla_flags).toBe('--xla_cpu_prefer_vector_width=512')
  const shared = flagged.kernels.filter(hash => plain.kernels.includes(hash))
  expect(shared.length).toBeGreaterThan(0)
  expect(shared.length).toBeLessThan(plain.kernels.length)
}, 600_000)
