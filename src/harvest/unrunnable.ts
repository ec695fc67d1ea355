/** Why a kernel of another ABI than XLA's call frame is stored and sized but not run. */
import type { Abi } from '../kernel/ir/extract.ts'

const REASONS: Readonly<Record<Abi, string | undefined>> = {
  'call-frame': undefined,
  scalar: 'a function of scalars, which HLO does not describe',
  module: 'the entry of a whole module, which needs the runtime of its TensorFlow release',
  comparator: "a sort's comparator, which XLA's runtime calls",
  other: 'its parameters are neither a call frame nor scalars',
}

export const unrunnableReason = (abi: Abi): string | undefined => REASONS[abi]
