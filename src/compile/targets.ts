/** What code can be made for. The table stands below hosts, which have a target too. */
export { dataLayout, nativeTarget, resolveTarget, TARGET_NAMES } from '../llvm/targets.ts'
