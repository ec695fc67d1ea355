/** The verify stage: everything in the database that has no verdict is judged, and each verdict stored as it comes. */
import type { Host } from '../hosts/host.ts'
import { type JudgedKernel, type JudgeServices, judge, VERIFIER } from '../judge/judge.ts'
import type { Target } from '../kernel/build.ts'
import type { Signature } from '../kernel/signature.ts'
import { PASSING, VERDICT_STATES, type Verdict, type VerdictState } from '../kernel/verdict.ts'
import { definedGlobals, parseObject } from '../llvm/object.ts'
import { progress } from '../log.ts'
import { getBlob, getText } from '../store/blobs.ts'
import { hostId } from '../store/hosts.ts'
import type { Store } from '../store/open.ts'
import { type PendingVerdict, pendingVerdicts, recordVerdict, semanticsOf } from '../store/verdicts.ts'

export interface VerifySummary {
  /** Verdicts made in this run, by proposer and state. */
  readonly byProposer: ReadonlyMap<string, ReadonlyMap<VerdictState, number>>
  readonly judged: number
}

/** Kernels whose IR and objects are held at once. */
const BATCH_KERNELS = 120

export interface VerifyOptions extends Omit<JudgeServices, 'host'> {
  readonly store: Store
  readonly host: Host
  readonly filter?: string | undefined
  /** Text of a kernel the pinned LLVM reads as bitcode only. */
  readonly disassemble: (bitcode: Uint8Array) => Promise<string>
}

/** Judges what is pending; what was judged before an interruption stays. */
export async function verifyStage(options: VerifyOptions): Promise<VerifySummary> {
  const { store, host } = options
  const facts = await host.describe()
  const hostRow = hostId(store, { name: host.name, kind: host.kind, emulated: host.emulated, ...facts })
  const pending = pendingVerdicts(store, {
    verifier: VERIFIER,
    host: hostRow,
    filter: options.filter,
  }).filter(row => runsOn(row, host.target))
  const counts = new Map<string, Map<VerdictState, number>>()
  const bar = progress('verifying', pending.length)
  const groups = [...Map.groupBy(pending, row => `${row.kernel} ${row.signature}`).values()]
  try {
    for (let i = 0; i < groups.length; i += BATCH_KERNELS) {
      const kernels: JudgedKernel[] = []
      for (const rows of groups.slice(i, i + BATCH_KERNELS)) {
        const kernel = await judgedKernel(store, rows, options.disassemble)
        if (kernel !== undefined) kernels.push(kernel)
      }
      const keys = new Map(kernels.map((kernel, n) => [kernel, groups[i + n]?.[0]]))
      await judge(kernels, options, ({ kernel, build, verdict, jail }) => {
        const row = keys.get(kernel)
        if (row === undefined) return
        recordVerdict(
          store,
          { build: build.hash, signature: row.signature, host: hostRow, verifier: VERIFIER, jail },
          verdict,
        )
        for (const proposer of proposersOf(store, build.hash)) count(counts, proposer, verdict)
        bar.step(PASSING.includes(verdict.state) ? undefined : `${verdict.state}: ${build.hash.slice(0, 12)}`)
      })
    }
  } finally {
    bar.done()
  }
  return { byProposer: counts, judged: pending.length }
}

/** What each level of x86-64 needs beyond the one before, one telling feature each (x86-64 psABI, micro-architecture levels). */
const LEVELS: Readonly<Record<string, string>> = {
  'x86-64-v2': '+sse4.2',
  'x86-64-v3': '+avx2',
  'x86-64-v4': '+avx512vl',
}

/** Whether code for a target can run on a machine: the same architecture, and none but the machine's features. */
export function runsOn(code: Omit<Target, 'name'>, machine: Omit<Target, 'name'>): boolean {
  const arch = (target: Omit<Target, 'name'>): string | undefined => target.triple.split('-')[0]
  if (arch(code) !== arch(machine)) return false
  const has = new Set(machine.features.split(','))
  const needs = [...code.features.split(',').filter(feature => feature.startsWith('+')), LEVELS[code.cpu]]
  return needs.every(feature => feature === undefined || has.has(feature))
}

async function judgedKernel(
  store: Store,
  rows: readonly PendingVerdict[],
  disassemble: VerifyOptions['disassemble'],
): Promise<JudgedKernel | undefined> {
  const [first] = rows
  if (first === undefined) return undefined
  const ir =
    first.bitcode === undefined ? getText(store, first.ir) : await disassemble(getBlob(store, first.bitcode))
  return {
    id: first.kernel,
    ir,
    entry: first.abi === 'scalar' ? 'scalar' : 'call-frame',
    signature: JSON.parse(first.signatureJson) as Signature,
    builds: rows.map(row => {
      const object = getBlob(store, row.object)
      const globals = definedGlobals(parseObject(object))
      return {
        hash: row.build,
        object,
        symbol: globals.find(name => name === 'kernel') ?? globals[0] ?? 'kernel',
        semantics: semanticsOf(row.input),
        contentHash: row.contentHash,
      }
    }),
  }
}

const proposersOf = (store: Store, build: string): string[] =>
  store.prepare('SELECT DISTINCT proposer FROM proposal WHERE build_hash = ?').pluck().all(build) as string[]

function count(counts: Map<string, Map<VerdictState, number>>, proposer: string, { state }: Verdict): void {
  const states = counts.get(proposer) ?? new Map<VerdictState, number>()
  counts.set(proposer, states)
  states.set(state, (states.get(state) ?? 0) + 1)
}

/** One line a proposer: `opt:O3  412 agreed, 3 exhausted`. */
export function summaryLines(summary: VerifySummary): string[] {
  const width = Math.max(0, ...[...summary.byProposer.keys()].map(name => name.length))
  return [...summary.byProposer]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([proposer, states]) => {
      const parts = VERDICT_STATES.filter(state => states.has(state)).map(
        state => `${states.get(state)} ${state}`,
      )
      return `${proposer.padEnd(width)}  ${parts.join(', ')}`
    })
}
