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

import { withXlaMath } from '../kernel/ir/xla-math.ts'
import type { Semantics } from '../kernel/verdict.ts'
import type { ReferenceRun } from '../runner/protocol.ts'
import { loosen } from './ir/loosen.ts'
import { perturbMath } from './ir/math-calls.ts'
import { type Permissions, permissionsOf } from './ir/permissions.ts'
import { perturbProducts } from './ir/products.ts'
import { shadowPoison } from './ir/shadow.ts'

/** One way to build the reference. */
export interface Variant {
  readonly key: 'plain' | 'watched' | 'contracted' | 'loosened' | 'reassociated' | 'approximated' | 'xla'
  readonly ir: string
  readonly passes: string
  readonly codegenLevel: 0 | 2 | 3
  readonly codegenOptions: readonly string[]
  readonly runs: readonly Omit<ReferenceRun, 'function'>[]
}

const NEAREST = { rounding: 'nearest', perturb: 0, probe: 0 } as const
const DIRECTED = (['up', 'down', 'zero'] as const).map(rounding => ({
  ...NEAREST,
  rounding,
  role: 'ir' as const,
}))

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
  const exact = { ir, passes: '', codegenLevel: 0, codegenOptions: [] } as const
  const inEvery = [{ ...NEAREST, role: 'ir' }, ...DIRECTED] as const
  const loose = may.contract || may.reassociate
  const variants: Variant[] = [
    { ...exact, key: 'plain', runs: [{ ...NEAREST, role: 'value' }, ...(loose ? DIRECTED : [])] },
  ]
  const shadowed = shadowPoison(ir, options.entry)
  if (shadowed.watched) {
    const runs = ([1, 2] as const).map(probe => ({ ...NEAREST, probe, role: 'probe' as const }))
    variants.push({ ...exact, key: 'watched', ir: shadowed.ir, runs })
  }
  if (may.contract && may.contractible)
    variants.push({
      key: 'contracted',
      ir: withContract(ir),
      passes: 'function(sroa,early-cse,simplifycfg)',
      codegenLevel: 2,
      codegenOptions: ['-fp-contract=fast'],
      runs: inEvery,
    })
  if (may.loose)
    variants.push({
      ...exact,
      key: 'loosened',
      ir: loosen(ir),
      runs: [
        { ...NEAREST, perturb: -1, role: 'ir' },
        { ...NEAREST, perturb: 1, role: 'ir' },
        { ...NEAREST, perturb: 1, probe: 1, role: 'ir' },
      ],
    })
  if (may.reassociate)
    variants.push({ ...exact, key: 'reassociated', passes: 'default<O3>', codegenLevel: 3, runs: inEvery })
  if (may.approximate)
    variants.push({ ...exact, key: 'approximated', ir: perturbMath(ir), runs: APPROXIMATED })
  if (options.semantics.has('xla') && (may.contractible || may.math)) {
    const erring = perturbProducts(perturbMath(ir))
    variants.push({ ...exact, key: 'xla', ir: may.loose ? loosen(erring) : erring, runs: erringRuns(may) })
  }
  return variants
}

/** Math functions erring both ways, while everything around them rounds both ways too. */
const APPROXIMATED: Variant['runs'] = ([-1, 1] as const).flatMap(perturb =>
  (['nearest', 'up', 'down'] as const).map(rounding => ({
    rounding,
    perturb,
    probe: 0 as const,
    role: 'ir',
  })),
)

/**
 * What XLA may do: products and math functions err, all the same way and each in its own, alone or together. Elements
 * that differ, or do when the errors are large, depend on one; everything behind it rounds anew, so these also get what
 * other roundings give.
 */
function erringRuns({ contractible, math }: Permissions): Variant['runs'] {
  const both = (contractible ? 1 : 0) + (math ? 2 : 0)
  const kinds = both === 3 ? [1, 2, 3] : [both]
  const own = [0, 1, 2].map(pattern => pattern * 4 + (kinds[pattern % kinds.length] ?? both))
  const run = { ...NEAREST, role: 'xla' } as const
  const far = { ...NEAREST, perturb: 'far', role: 'depends' } as const
  return [
    ...[0, ...own].flatMap(probe => ([-1, 1] as const).map(perturb => ({ ...run, perturb, probe }))),
    { ...far, probe: 4 + both },
    { ...run, rounding: 'down', perturb: -1 },
    { ...run, rounding: 'up', perturb: 1 },
    { ...run, rounding: 'down' },
    { ...run, rounding: 'up' },
    { ...run, rounding: 'zero' },
  ]
}

/** `contract` on every floating-point addition, subtraction and multiplication. */
const withContract = (ir: string): string =>
  ir.replaceAll(/^(\s*%\S+ = f(?:add|sub|mul|neg)) (?!.*\b(?:fast|contract)\b)/gm, '$1 contract ')
