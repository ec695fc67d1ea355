/** Whether code made for one target can run on a machine that is another. Pure. */
import { architectureOf, type Target } from './build.ts'

/**
 * What each CPU needs beyond the least of its architecture, one telling feature each: levels of x86-64 (psABI,
 * micro-architecture levels), and ARM cores.
 */
const TELLING: Readonly<Record<string, string>> = {
  'x86-64-v2': '+sse4.2',
  'x86-64-v3': '+avx2',
  'x86-64-v4': '+avx512vl',
  'cortex-a55': '+dotprod',
  'cortex-a72': '+crc',
  'cortex-a76': '+dotprod',
  'cortex-a78': '+dotprod',
  'cortex-x1': '+dotprod',
  'neoverse-n1': '+dotprod',
  'neoverse-v2': '+sve',
}

/** True for the same architecture when the code needs none but the machine's features. */
export function runsOn(code: Omit<Target, 'name'>, machine: Omit<Target, 'name'>): boolean {
  if (architectureOf(code.triple) !== architectureOf(machine.triple)) return false
  const has = new Set(machine.features.split(','))
  const needs = [...code.features.split(',').filter(feature => feature.startsWith('+')), TELLING[code.cpu]]
  return code.cpu === machine.cpu || needs.every(feature => feature === undefined || has.has(feature))
}
