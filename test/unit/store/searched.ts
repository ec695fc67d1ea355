/** Searches as they would be stored, with figures one can work out by hand. */
import { sha256 } from '../../../src/kernel/build.ts'
import type { Store } from '../../../src/store/open.ts'
import { putFinding } from '../../../src/store/proposers/findings.ts'
import { putPortfolioTrial } from '../../../src/store/proposers/portfolio.ts'
import { putSearch, type SearchKey, settleSearch, trialBytes } from '../../../src/store/proposers/searches.ts'
import { insert } from '../../../src/store/statements.ts'

export const WINNER = '["always-inline",["optsize"],2,["-disable-lsr"],["avx"]]'

export const searchKey = (kernel: string, metric = 'size'): SearchKey => ({
  ...{ kernel, targetId: 1, llvm: '22.1.8', metric, seed: 1, rule: 1 },
})

/** One search a kernel: `codeBytes` of each candidate in turn, the build of opt:O3 as its winner. */
export function addSearches(store: Store, kernels: readonly string[], codeBytes: readonly number[]): void {
  for (const kernel of kernels) {
    const key = searchKey(kernel)
    const records = codeBytes.map((bytes, i) =>
      trialBytes({ score: bytes, codeBytes: bytes, rodataBytes: 8, key: i }),
    )
    putSearch(store, key, {
      ...{
        rounds: codeBytes.length / 20,
        tried: codeBytes.length,
        broken: codeBytes.filter(b => b === 0).length,
      },
      ...{ seconds: 1, trials: Buffer.concat(records), best: [], shown: {}, wrong: {} },
    })
    settleSearch(store, key, {
      ...{ tried: codeBytes.length, passedOver: 1 },
      winner: { candidate: WINNER, build: sha256(`${kernel} opt:O3`) },
    })
    for (const proposer of ['opt:Oz', 'opt:O3', 'xla'])
      insert(store, 'byte_use', {
        build_hash: sha256(`${kernel} ${proposer}`),
        kinds: JSON.stringify({ 'call-frame': 30, memory: 60, constants: 10 }),
      })
    putFinding(store, {
      ...{ kernel, targetId: 1, kind: 'refuted', build: sha256(`${kernel} passes:bad`), steps: 9 },
      reason: 'it differs',
      reduced: { candidate: WINNER, build: sha256(`${kernel} passes:bad`), steps: 1 },
    })
  }
  const list = { targetId: 1, llvm: '22.1.8', metric: 'size', hash: sha256(WINNER) }
  putPortfolioTrial(store, list, WINNER, Object.fromEntries(kernels.map(kernel => [kernel, 250])))
}
