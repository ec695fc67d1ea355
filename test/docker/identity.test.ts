/** A kernel's identity is the same in a container and in the local environment. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findEngine } from '../../src/containers/engine.ts'
import { harvested } from '../harvested.ts'

const found = await findEngine()
const why = found.state === 'none' ? ` (skipped: no Docker engine answers: ${found.tried.join('; ')})` : ''
const dir = mkdtempSync(join(tmpdir(), 'xlab-identity-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test.skipIf(found.state === 'none')(`docker and local give the same kernels${why}`, async () => {
  const there = await harvested(dir, 'cnn', '--runtime', 'docker')
  const here = await harvested(dir, 'cnn', '--runtime', 'local')
  expect(there.kernels.length).toBeGreaterThan(20)
  expect(there.kernels).toEqual(here.kernels)
  expect(there.harvest).toMatchObject({ source: 'docker', state: 'complete' })
  expect(there.harvest.image_digest).toMatch(/^sha256:/)
})
