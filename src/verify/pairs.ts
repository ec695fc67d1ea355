/**
 * Are these two functions equal? Pairs of anybody's IR: two files' functions of the same name, or `@src` and `@tgt`
 * (`@src1` and `@tgt1`, …) of one file. BEFORE is the reference; AFTER must refine it: yield what it yields wherever
 * it is defined, and be no poison where it is none.
 */

import { cachedObject } from '../compile/cached-object.ts'
import { frameSignature } from '../judge/frame-signature.ts'
import { withProbe } from '../judge/ir/guard.ts'
import { shadowPoison } from '../judge/ir/shadow.ts'
import { type JudgedBuild, type JudgedKernel, type JudgeServices, judge } from '../judge/judge.ts'
import { scalarReason, scalarSignature } from '../kernel/adapter.ts'
import { extractKernels, type KernelText } from '../kernel/ir/extract.ts'
import type { Signature } from '../kernel/signature.ts'
import { PASSING, type Verdict } from '../kernel/verdict.ts'
import { contentHash, parseObject } from '../llvm/object/object.ts'

export interface PairVerdict {
  readonly name: string
  readonly verdict: Verdict
  /** How it was called, where it could be. */
  readonly signature?: Signature
}

/** A function of BEFORE and what it became, or only one of them. */
export interface Pair {
  readonly name: string
  readonly before?: KernelText
  readonly after?: KernelText
}

/** The pairs of two modules' texts, or of one. Throws a SyntaxError when a text has no function to take out. */
export function pairFunctions(before: string, after?: string): Pair[] {
  const functionsOf = (text: string, place: string): KernelText[] => {
    const { kernels, problem } = extractKernels(text)
    if (problem !== undefined) throw new SyntaxError(after === undefined ? problem : `${place}: ${problem}`)
    return kernels
  }
  const first = functionsOf(before, 'BEFORE')
  if (after !== undefined) return byName(first, functionsOf(after, 'AFTER'), name => name)
  const sources = first.filter(kernel => /^src\d*$/.test(kernel.name))
  const targets = first.filter(kernel => /^tgt\d*$/.test(kernel.name))
  return byName(sources, targets, name => name.replace(/^(?:src|tgt)/, ''), 'src')
}

function byName(
  before: readonly KernelText[],
  after: readonly KernelText[],
  key: (name: string) => string,
  prefix = '',
): Pair[] {
  const names = new Set([...before, ...after].map(kernel => key(kernel.name)))
  return [...names].map(name => {
    const b = before.find(kernel => key(kernel.name) === name)
    const a = after.find(kernel => key(kernel.name) === name)
    return { name: `${prefix}${name}`, ...(b && { before: b }), ...(a && { after: a }) }
  })
}

/** A verdict for every pair, in their order. */
export async function verifyPairs(
  pairs: readonly Pair[],
  services: JudgeServices & { readonly flushDenormals: boolean },
): Promise<PairVerdict[]> {
  const verdicts = new Map<string, PairVerdict>()
  const kernels: JudgedKernel[] = []
  for (const pair of pairs) {
    const ready = await judgedPair(pair, services)
    if ('reason' in ready) verdicts.set(pair.name, { name: pair.name, verdict: undecided(ready.reason) })
    else if ('broken' in ready)
      verdicts.set(pair.name, { name: pair.name, verdict: { ...undecided(ready.broken), state: 'broken' } })
    else kernels.push(ready)
  }
  await judge(kernels, services, ({ kernel, build, verdict }) => {
    const known = verdicts.get(kernel.id)
    if (known === undefined || rank(verdict) > rank(known.verdict))
      verdicts.set(kernel.id, {
        name: kernel.id,
        signature: kernel.signature,
        verdict: build.hash === POISON ? poisonVerdict(verdict, known?.verdict) : verdict,
      })
  })
  return pairs.map(pair => verdicts.get(pair.name) ?? { name: pair.name, verdict: undecided('no verdict') })
}

/** The second build of a pair: AFTER with its poison made visible. */
const POISON = 'poison'

/** Which of a pair's two verdicts tells more: that of AFTER itself unless it passes. */
const rank = (verdict: Verdict): number =>
  PASSING.includes(verdict.state) ? 0 : ({ unknown: 1, broken: 2 }[verdict.state as string] ?? 3)

function poisonVerdict(verdict: Verdict, plain: Verdict | undefined): Verdict {
  if (PASSING.includes(verdict.state)) return plain ?? verdict
  const { counterexample: c } = verdict
  return {
    ...verdict,
    state: 'refuted',
    reason: 'AFTER is poison or undefined there, and BEFORE is not',
    ...(c !== undefined && { counterexample: { ...c, actual: 'poison' } }),
  }
}

const undecided = (reason: string): Verdict => ({
  state: 'unknown',
  semantics: 'ir',
  trials: 0,
  worstUlps: 0,
  seconds: 0,
  reason,
})

async function judgedPair(
  pair: Pair,
  services: JudgeServices & { readonly flushDenormals: boolean },
): Promise<JudgedKernel | { readonly reason: string } | { readonly broken: string }> {
  const { before, after, name } = pair
  if (before === undefined) return { reason: 'it is only in AFTER' }
  if (after === undefined) return { reason: 'it is missing in AFTER' }
  const call = howCalled(before, after, services.flushDenormals)
  if ('reason' in call) return call
  const builds: JudgedBuild[] = []
  const shadowed = shadowPoison(after.ir, call.entry)
  for (const [hash, ir] of [
    [name, after.ir],
    ...(shadowed.watched ? [[POISON, withProbe(shadowed.ir, 1)]] : []),
  ] as const) {
    if (ir === undefined || hash === undefined) continue
    const built = await cachedObject(
      { ir, passes: '', codegenLevel: 0, codegenOptions: [] },
      { toolchain: services.toolchain, target: services.host.target, signal: services.signal },
    )
    if (built.state === 'broken') return { broken: built.reason }
    builds.push({
      hash,
      object: built.object,
      symbol: 'kernel',
      semantics: 'ir',
      contentHash: contentHash(parseObject(built.object)),
    })
  }
  return { id: name, ir: before.ir, entry: call.entry, signature: call.signature, builds }
}

type Call = { readonly entry: JudgedKernel['entry']; readonly signature: Signature }

function howCalled(
  before: KernelText,
  after: KernelText,
  flushDenormals: boolean,
): Call | { readonly reason: string } {
  if (before.abi === 'call-frame' || after.abi === 'call-frame') {
    if (before.abi !== after.abi) return { reason: 'only one of the two is a kernel of XLA’s ABI' }
    const found = frameSignature(before.ir, flushDenormals)
    return 'reason' in found ? found : { entry: 'call-frame', signature: found.signature }
  }
  const signature = scalarSignature(before.ir)
  const other = scalarSignature(after.ir)
  if (signature === undefined) return { reason: `it cannot be run: ${scalarReason(before.ir)}` }
  if (other === undefined) return { reason: `AFTER cannot be run: ${scalarReason(after.ir)}` }
  const types = (s: Signature): string => s.arguments.map(a => `${a.dtype}[${a.shape}]`).join(' ')
  if (types(signature) !== types(other)) return { reason: 'the two take or return different types' }
  return { entry: 'scalar', signature: { ...signature, flushDenormals } }
}
