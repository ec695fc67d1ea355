/** How many workgroups the caller of a kernel runs. */

import { backendConfig, type HloInstruction } from './module.ts'

export type Workgroups = readonly [x: number, y: number, z: number]

const RANGE = /xla\.workgroup_id +([xyz]) \{xla\.range = \[0 : index, (\d+) : index\]\}/g
const TILING = /xtile\.tiling_info<tile_count : (\d+), tiles_per_workgroup : (\d+)>/

/**
 * What XLA's fusion emitters say themselves, in a kernel's `…-pre-optimization.mlir`: the range of each workgroup id,
 * or for the tiled emitter the tiles and how many of them one workgroup takes. Undefined if the text says neither.
 */
export function workgroupsInMlir(mlir: string): Workgroups | undefined {
  const tiling = TILING.exec(mlir)
  if (tiling !== null)
    return [Math.max(1, Math.ceil(Number(tiling[1]) / Math.max(1, Number(tiling[2])))), 1, 1]
  const counts: Record<string, number> = {}
  for (const [, axis = '', last] of mlir.matchAll(RANGE)) counts[axis] ??= Number(last) + 1
  return Object.keys(counts).length === 0 ? undefined : [counts.x ?? 1, counts.y ?? 1, counts.z ?? 1]
}

/**
 * What HLO says: the product of `outer_dimension_partitions`, all along x; 1 where XLA did not partition
 * (openxla/xla, xla/backends/cpu/codegen/fusion_emitter.cc, GetWorkGroupCount).
 */
export function workgroupsInHlo(instruction: HloInstruction): Workgroups {
  const partitions = backendConfig(instruction)?.outer_dimension_partitions
  if (!Array.isArray(partitions)) return [1, 1, 1]
  const product = partitions.reduce((count: number, part: unknown) => count * Number(part), 1)
  return [Number.isSafeInteger(product) && product > 0 ? product : 1, 1, 1]
}
