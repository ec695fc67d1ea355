/** How short IR becomes, in the built-in model's tokens, over a database's kernels: the targets of the context window. */
import { userPath } from '../../src/config/paths.ts'
import { fromNotation, toNotation } from '../../src/kernel/compact/notation.ts'
import { compact } from '../../src/kernel/compact/plain.ts'
import { createLanes } from '../../src/lanes/lanes.ts'
import { ensureToolchain } from '../../src/llvm/toolchain.ts'
import { geometricMean } from '../../src/measure/statistics.ts'
import { canonicalised } from '../../src/optimise/llm/canonical-view.ts'
import { openModel } from '../../src/optimise/llm/server/model.ts'
import { getText } from '../../src/store/blobs.ts'
import { selectKernels } from '../../src/store/builds/builds.ts'
import { openStoreReadOnly } from '../../src/store/open.ts'

/** Of a window of 4,096: less 256 for a reply and 300 for the words around. */
const ROOM = 4096 - 256 - 300

/** `parts`: the database (default results/xlab.db). */
export async function run([db = 'results/xlab.db']: readonly string[]): Promise<boolean> {
  const { signal } = new AbortController()
  const toolchain = await ensureToolchain()
  const model = await openModel({}, { lanes: createLanes(), signal })
  const store = openStoreReadOnly(userPath(db))
  const ratios = { ir: [] as number[], own: [] as number[], uncanonicalised: [] as number[] }
  let [lines, before, fits] = [0, 0, 0]
  const after = { ir: 0, own: 0 }
  try {
    const kernels = selectKernels(store, undefined)
    for (const { inputHash } of kernels) {
      const ir = getText(store, inputHash)
      const raw = await model.countTokens(ir)
      const { text } = compact((await canonicalised(ir, { toolchain, signal })) ?? ir)
      const own = toNotation(text)
      if (fromNotation(own).length === 0) throw new Error('the notation lost a kernel')
      const tokens = { ir: await model.countTokens(text), own: await model.countTokens(own) }
      ratios.ir.push(raw / tokens.ir)
      ratios.own.push(raw / tokens.own)
      ratios.uncanonicalised.push(raw / (await model.countTokens(compact(ir).text)))
      lines += ir.split('\n').length - 1
      before += raw
      after.ir += tokens.ir
      after.own += tokens.own
      if (Math.min(raw, tokens.ir, tokens.own) <= ROOM) fits++
    }
    const times = (list: readonly number[]): string => `${geometricMean(list).toFixed(2)}×`
    const share = (100 * fits) / kernels.length
    console.log(`  ${kernels.length} kernels, ${(before / lines).toFixed(1)} tokens a line of IR`)
    console.log(
      `  compacted, valid IR: ${times(ratios.ir)} fewer (target 1.5×); ${(after.ir / lines).toFixed(1)} a line`,
    )
    console.log(`  without canonicalising passes: ${times(ratios.uncanonicalised)} fewer`)
    console.log(
      `  our notation: ${times(ratios.own)} fewer (target 3×); ${(after.own / lines).toFixed(1)} a line`,
    )
    console.log(`  whole or compacted at 4k: ${share.toFixed(1)} % (target 90 %)`)
    return geometricMean(ratios.ir) >= 1.5 && geometricMean(ratios.own) >= 3 && share >= 90
  } finally {
    store.close()
    await model.close()
  }
}
