/** What a kernel's own instructions leave open: its floating-point operations and their fast-math flags. Pure. */
import type { Instruction } from './instruction.ts'
import { isLoose } from './loosen.ts'
import { mathCall } from './math-calls.ts'
import { readFunctions } from './module-text.ts'
import { contractible } from './products.ts'

export interface Permissions {
  /** It has products that may reach a sum, so that the two could be contracted. */
  readonly contractible: boolean
  /** It calls math functions. */
  readonly math: boolean
  /** Its flags, or `llvm.fmuladd`, allow contraction in every reading of the IR. */
  readonly contract: boolean
  /** Its flags let single operations err: what `loosen` shows. */
  readonly loose: boolean
  /** Its flags allow reassociation, reciprocals or approximations. */
  readonly reassociate: boolean
  /** It calls math functions that LLVM may exchange for others without any flag, or whose flags allow it. */
  readonly approximate: boolean
}

/** `pow(x, 2)` becomes `x * x`, `pow(2, x)` becomes `exp2(x)`: LLVM's LibCallSimplifier needs no flag for either. */
const EXCHANGED = new Set(['pow'])

export function permissionsOf(ir: string): Permissions {
  const functions = readFunctions(ir)
  const instructions = functions.flatMap(f =>
    f.lines.map(line => line.instruction).filter(i => i !== undefined),
  )
  const some = (test: (i: Instruction) => boolean): boolean => instructions.some(test)
  const flagged = (...flags: string[]): boolean =>
    some(i => i.flags.some(flag => flag === 'fast' || flags.includes(flag)) && !i.opcode.endsWith('cmp'))
  const muladd = some(i => i.callee?.startsWith('llvm.fmuladd.') ?? false)
  const math = some(i => mathCall(i) !== undefined)
  return {
    contractible:
      muladd || (some(i => /^f(?:add|sub)$/.test(i.opcode)) && functions.some(f => contractible(f).size > 0)),
    math,
    contract: muladd || flagged('contract'),
    loose: some(isLoose),
    reassociate: flagged('reassoc', 'arcp', 'afn'),
    approximate: some(i => {
      const name = mathCall(i)?.name
      return name !== undefined && name !== 'rsqrt' && (flagged('afn', 'reassoc') || EXCHANGED.has(name))
    }),
  }
}
