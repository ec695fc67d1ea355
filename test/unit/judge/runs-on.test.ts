/** Which builds a machine can judge at all. */
import { expect, test } from 'vitest'
import { runsOn } from '../../../src/kernel/runs-on.ts'

const machine = {
  triple: 'x86_64-unknown-linux-gnu',
  cpu: 'haswell',
  features: '+avx2,+fma,+sse4.2,-avx512vl',
}
const x86 = (cpu: string, features = '') => ({ triple: 'x86_64-unknown-linux-gnu', cpu, features })

test('code runs where its architecture and every feature it may use are there', () => {
  expect(runsOn(machine, machine)).toBe(true)
  expect(runsOn(x86('x86-64'), machine)).toBe(true)
  expect(runsOn(x86('x86-64-v3'), machine)).toBe(true)
  expect(runsOn(x86('x86-64-v4'), machine)).toBe(false)
  expect(runsOn(x86('skylake-avx512', '+avx2,+avx512vl,-sse4a'), machine)).toBe(false)
  expect(runsOn({ triple: 'aarch64-unknown-linux-gnu', cpu: 'cortex-a78', features: '' }, machine)).toBe(
    false,
  )
})

test('ARM code needs what tells its core, unless it is for that very core', () => {
  const arm = (cpu: string, features = '') => ({ triple: 'aarch64-unknown-linux-gnu', cpu, features })
  expect(runsOn(arm('cortex-a55'), arm('cortex-a76', '+dotprod,+neon'))).toBe(true)
  expect(runsOn(arm('neoverse-v2'), arm('cortex-a76', '+dotprod,+neon'))).toBe(false)
  expect(runsOn(arm('cortex-a78'), arm('cortex-a53', '+neon'))).toBe(false)
  expect(runsOn(arm('cortex-a53'), arm('cortex-a53'))).toBe(true)
})
