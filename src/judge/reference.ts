/**
 * The reference a kernel's builds are judged by: the kernel itself, built in several ways and run in several modes.
 *
 * The value is the kernel as it stands, built without optimisation. A stock build must return it bit for bit, unless
 * the kernel's own flags leave something open; what they leave open is found by doing it: contracting, reassociating
 * (the optimiser's way) and rounding in every direction, and taking the interval all those results span, element by
 * element. XLA's own builds may also do what XLA's code generator permits itself: form fused multiply-adds
 * (TargetOptions::AllowFPOpFusion = Fast) and put its own approximations in the place of math functions, within the
 * error its accuracy tests allow. Nothing else: XLA divides and takes roots exactly, and reassociates by flags alone.
 * Elements that depend on poison are found by running the kernel with its poison made visible (shadow.ts) under two
 * fills: they differ from the value and are not compared.
 */

import type { Semantics } from '../kernel/verdict.ts'
import { withXlaMath } from '../kernel/xla-math.ts'
import type { ReferenceRun } from '../runner/protocol.ts'
import { loosen } from './ir/loosen.ts'
import { perturbMath } from './ir/math-calls.ts'
import { type Permissions, permissionsOf } from './ir/permissions.ts'
import { shadowPoison } from './ir/shadow.ts'

/** One way to build the reference. */
export interface Variant {
  readonly key: 'plain' | 'watched' | 'contracted' | 'loosened' | 'reassociated'
  readonly ir: string
  readonly passes: string
  readonly codegenLevel: 0 | 2 | 3
  readonly codegenOptions: readonly string[]
  readonly runs: readonly Omit<ReferenceRun, 'function'>[]
}

const NEAREST = { rounding: 'nearest', perturb: 0, probe: 0 } as const
const DIRECTED = ['up', 'down', 'zero'] as const

/**
 * The variants needed to judge builds of these semantics; the first is `plain`, whose first run is the value.
 * `entry`: `scalar` when `@kernel` is called by an adapter.
 */
export function referenceVariants(
  kernelIr: string,
  options: { readonly entry: 'call-frame' | 'scalar'; readonly semantics: ReadonlySet<Semantics> },
): Variant[] {
  const ir = withXlaMath(kernelIr)
  const may = permissionsOf(ir)
  const loose = may.contract || may.reassociate
  const roundingRole = roleOf(loose, may.contractible || may.math, options.semantics)
  const directed = (role: Semantics): Variant['runs'] =>
    DIRECTED.map(rounding => ({ ...NEAREST, rounding, role }))
  const variants: Variant[] = [
    {
      key: 'plain',
      ir,
      passes: '',
      codegenLevel: 0,
      codegenOptions: [],
      runs: [{ ...NEAREST, role: 'value' }, ...(roundingRole === undefined ? [] : directed(roundingRole))],
    },
  ]
  const watched = watchedVariant(ir, may, options)
  if (watched !== undefined) variants.push(watched)
  const contractRole = roleOf(may.contract, may.contractible, options.semantics)
  if (may.contractible && contractRole !== undefined)
    variants.push({
      key: 'contracted',
      ir: withContract(ir),
      passes: 'function(sroa,early-cse,simplifycfg)',
      codegenLevel: 2,
      codegenOptions: ['-fp-contract=fast'],
      runs: [{ ...NEAREST, role: contractRole }, ...directed(contractRole)],
    })
  if (may.loose)
    variants.push({
      key: 'loosened',
      ir: loosen(ir),
      passes: '',
      codegenLevel: 0,
      codegenOptions: [],
      runs: [
        { ...NEAREST, perturb: -1, role: 'ir' },
        { ...NEAREST, perturb: 1, role: 'ir' },
        { ...NEAREST, perturb: 1, probe: 1, role: 'ir' },
      ],
    })
  if (may.reassociate)
    variants.push({
      key: 'reassociated',
      ir,
      passes: 'default<O3>',
      codegenLevel: 3,
      codegenOptions: [],
      runs: [{ ...NEAREST, role: 'ir' }, ...directed('ir')],
    })
  return variants
}

/** Which builds a run widens: all where the IR itself permits it, XLA's where only XLA does, none where nobody asks. */
function roleOf(byIr: boolean, byXla: boolean, semantics: ReadonlySet<Semantics>): Semantics | undefined {
  if (byIr) return 'ir'
  return byXla && semantics.has('xla') ? 'xla' : undefined
}

function watchedVariant(
  ir: string,
  may: Permissions,
  options: { readonly entry: 'call-frame' | 'scalar'; readonly semantics: ReadonlySet<Semantics> },
): Variant | undefined {
  const mathRole = may.math ? roleOf(may.approximate, true, options.semantics) : undefined
  const shadowed = shadowPoison(ir, options.entry)
  if (!shadowed.watched && mathRole === undefined) return undefined
  const probes = shadowed.watched
    ? ([1, 2] as const).map(probe => ({ ...NEAREST, probe, role: 'probe' as const }))
    : []
  const errors = mathRole === undefined ? [] : errorRuns(mathRole)
  return {
    key: 'watched',
    ir: mathRole === undefined ? shadowed.ir : perturbMath(shadowed.ir),
    passes: '',
    codegenLevel: 0,
    codegenOptions: [],
    runs: [...probes, ...errors],
  }
}

/** Math functions erring both ways, while everything around them rounds both ways too. */
const errorRuns = (role: Semantics): Variant['runs'] =>
  ([-1, 1] as const).flatMap(perturb =>
    (['nearest', 'up', 'down'] as const).map(rounding => ({ rounding, perturb, probe: 0 as const, role })),
  )

/** `contract` on every floating-point addition, subtraction and multiplication. */
const withContract = (ir: string): string =>
  ir.replaceAll(/^(\s*%\S+ = f(?:add|sub|mul|neg)) (?!.*\b(?:fast|contract)\b)/gm, '$1 contract ')
