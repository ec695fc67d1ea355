/** Judges builds that the store holds, and stores each verdict as it comes: what the verify stage and explorers share. */
import { runsOn } from '../kernel/runs-on.ts'
import type { Signature } from '../kernel/signature.ts'
import type { Verdict, VerdictState } from '../kernel/verdict.ts'
import { kernelSymbol } from '../llvm/object/object.ts'
import { disassemble } from '../llvm/reading/disassemble.ts'
import { getBlob, getText } from '../store/blobs.ts'
import {
  callsOf,
  judgedBuild,
  type KernelCall,
  type PendingVerdict,
  pendingVerdicts,
  recordVerdict,
  semanticsOf,
} from '../store/builds/verdicts.ts'
import { hostId } from '../store/measurements/hosts.ts'
import type { Store } from '../store/open.ts'
import { type JudgedKernel, type JudgeServices, judge, VERIFIER } from './judge.ts'

export type { JudgedKernel } from './judge.ts'

/** Kernels whose IR and objects are held at once. */
const BATCH_KERNELS = 120

export interface StoredJudging extends JudgeServices {
  readonly store: Store
}

/** What reading a stored kernel takes: one that the pinned LLVM reads as bitcode only is disassembled. */
type Reading = Pick<StoredJudging, 'store' | 'toolchain' | 'signal'>

/** The proposed builds that can run on the host and have no verdict there; of `builds` alone, where given. */
export async function pendingOn(
  { store, host }: Pick<StoredJudging, 'store' | 'host'>,
  options: { readonly filter?: string | undefined; readonly builds?: ReadonlySet<string> } = {},
): Promise<PendingVerdict[]> {
  const id = await hostRow(store, host)
  const { filter, builds } = options
  return pendingVerdicts(store, { verifier: VERIFIER, host: id, filter }).filter(
    row => runsOn(row, host.target) && (builds === undefined || builds.has(row.build)),
  )
}

const hostRow = async (store: Store, host: StoredJudging['host']): Promise<number> =>
  hostId(store, { name: host.name, kind: host.kind, emulated: host.emulated, ...(await host.describe()) })

/** Judges them; what was judged before an interruption stays. Throws only for the world, or an abort. */
export async function judgeStored(
  pending: readonly PendingVerdict[],
  options: StoredJudging,
  onVerdict: (build: string, verdict: Verdict) => void = () => {},
): Promise<void> {
  const { store } = options
  const host = await hostRow(store, options.host)
  const groups = [...Map.groupBy(pending, row => `${row.kernel} ${row.signature}`).values()]
  for (let i = 0; i < groups.length; i += BATCH_KERNELS) {
    const kernels: JudgedKernel[] = []
    for (const rows of groups.slice(i, i + BATCH_KERNELS)) {
      const kernel = await judgedKernel(rows, options)
      if (kernel !== undefined) kernels.push(kernel)
    }
    const keys = new Map(kernels.map((kernel, n) => [kernel, groups[i + n]?.[0]]))
    await judge(kernels, options, ({ kernel, build, verdict, jail }) => {
      const row = keys.get(kernel)
      if (row === undefined) return
      const key = { build: build.hash, signature: row.signature, host, verifier: VERIFIER, jail }
      recordVerdict(store, key, verdict)
      onVerdict(build.hash, verdict)
    })
  }
}

/** A build and its kernel as the judge takes them, under the first signature that got this verdict. */
export async function storedKernel(
  build: string,
  state: VerdictState,
  reading: Reading,
): Promise<JudgedKernel | undefined> {
  return judgedKernel(judgedBuild(reading.store, build, state), reading)
}

/** A kernel as the judge takes it, under the first signature it is called by; undefined when it cannot be run. */
export async function kernelToJudge(kernel: string, reading: Reading): Promise<JudgedKernel | undefined> {
  const [row] = callsOf(reading.store, kernel)
  if (row === undefined) return undefined
  return { ...(await kernelOf(row, reading)), builds: [] }
}

async function kernelOf(
  row: KernelCall,
  { store, toolchain, signal }: Reading,
): Promise<Omit<JudgedKernel, 'builds'>> {
  const ir =
    row.bitcode === undefined
      ? getText(store, row.ir)
      : await disassemble(toolchain, getBlob(store, row.bitcode), signal)
  const entry = row.abi === 'scalar' ? 'scalar' : 'call-frame'
  return { id: row.kernel, ir, entry, signature: JSON.parse(row.signatureJson) as Signature }
}

async function judgedKernel(
  rows: readonly PendingVerdict[],
  reading: Reading,
): Promise<JudgedKernel | undefined> {
  const [first] = rows
  if (first === undefined) return undefined
  return {
    ...(await kernelOf(first, reading)),
    builds: rows.map(row => {
      const object = getBlob(reading.store, row.object)
      return {
        hash: row.build,
        object,
        symbol: kernelSymbol(object),
        semantics: semanticsOf(row.input),
        contentHash: row.contentHash,
      }
    }),
  }
}
