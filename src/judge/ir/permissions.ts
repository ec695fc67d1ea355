/** What a kernel's own instructions leave open: its floating-point operations and their fast-math flags. Pure. */
import type { Instruction } from './instruction.ts'
import { isLoose } from './loosen.ts'
import { mathCall } from './math-calls.ts'
import { readFunctions } from './module-text.ts'

export interface Permissions {
  /** It multiplies and adds floats, so that the two could be contracted. */
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
  const instructions = readFunctions(ir).flatMap(f =>
    f.lines.map(line => line.instruction).filter(i => i !== undefined),
  )
  const some = (test: (i: Instruction) => boolean): boolean => instructions.some(test)
  const flagged = (...flags: string[]): boolean =>
    some(i => i.flags.some(flag => flag === 'fast' || flags.includes(flag)) && !i.opcode.endsWith('cmp'))
  const muladd = some(i => i.callee?.startsWith('llvm.fmuladd.') ?? false)
  const math = some(i => mathCall(i) !== undefined)
  return {
    contractible: muladd || (some(i => i.opcode === 'fmul') && some(i => /^f(?:add|sub)$/.test(i.opcode))),
    math,
    contract: muladd || flagged('contract'),
    loose: some(isLoose),
    reassociate: flagged('reassoc', 'arcp', 'afn'),
    approximate: math && (flagged('afn', 'reassoc') || some(i => EXCHANGED.has(mathCall(i)?.name ?? ''))),
  }
}
