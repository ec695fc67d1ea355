/** What may be linked, what not and why; and that the runner itself compiles for both architectures. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nativeTarget, resolveTarget } from '../../../src/llvm/targets.ts'
import { ensureRunner } from '../../../src/runner/compile-runner.ts'
import { gateObject } from '../../../src/runner/gate.ts'
import { linkBundle } from '../../../src/runner/link.ts'
import { objectOf } from './objects.ts'

test.each([
  ['twice', ['CONSTRUCTOR'], /runs at start or end of the process/],
  ['outside', ['OUTSIDE'], /^needs what no bundle offers: helper$/],
  ['twice', ['EXTRA'], /^defines more than 'kernel': extra$/],
  ['thread', ['THREAD'], /thread-local/],
  ['indirect', ['INDIRECT'], /indirect function/],
  ['exp', ['INSTRUMENTED'], /^needs what no bundle offers: xlab_expf$/],
] as const)('%s with %s is refused', async (name, defines, reason) => {
  expect(gateObject(await objectOf(name, defines), 'kernel')).toMatch(reason)
})

test('what is no object, or defines something else, is refused', async () => {
  expect(gateObject(new Uint8Array(100), 'kernel')).toMatch(/not an ELF file/)
  const object = await objectOf('twice')
  expect(gateObject(object, 'kernel')).toBeUndefined()
  expect(gateObject(object, 'other')).toBe("does not define 'other'")
  expect(gateObject(object.subarray(0, object.length - 100), 'kernel')).toMatch(/truncated/)
})

test('an object that cannot be linked is named, and so is one for another machine', async () => {
  const target = await nativeTarget()
  const other = await resolveTarget(target.triple.startsWith('x86_64') ? 'cortex-a78' : 'x86-64')
  const directory = await mkdtemp(join(tmpdir(), 'xlab-test-'))
  try {
    const good = { id: 'good', object: await objectOf('twice'), symbol: 'kernel' }
    const outside = { id: 'bad', object: await objectOf('outside', ['OUTSIDE']), symbol: 'kernel' }
    const foreign = { id: 'foreign', object: await objectOf('twice', [], other), symbol: 'kernel' }
    const options = { target, orderSeed: 1, directory }
    expect(await linkBundle([good, outside], options)).toMatchObject({ state: 'broken', id: 'bad' })
    expect(await linkBundle([foreign, good], options)).toMatchObject({
      state: 'broken',
      id: 'foreign',
      reason: expect.stringMatching(/^made for /),
    })
    // Not even a name of the runner's own is in an object's reach, or in its way.
    const named = { ...good, id: 'main' }
    expect(await linkBundle([named], options)).toMatchObject({ state: 'ok' })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test.each(['x86-64', 'cortex-a78'])('the runner compiles without warnings for %s', async name => {
  expect(await ensureRunner(await resolveTarget(name))).not.toHaveLength(0)
})
