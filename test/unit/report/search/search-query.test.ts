import { expect, test } from 'vitest'
import { sha256 } from '../../../../src/kernel/build.ts'
import { SEARCH_QUERY } from '../../../../src/report/search/search-query.ts'
import { putSearch, settleSearch } from '../../../../src/store/proposers/searches.ts'
import { fill } from '../../store/filled.ts'
import { searchKey } from '../../store/searched.ts'

test('time over all kernels is weighted by one call each and by the calls of the modules; no winner is no gain', () => {
  const { store, kernels } = fill({ count: 2 })
  const figures = [
    { xlaNs: 100, calls: 30, timed: { selected: 0.4, confirmed: 0.5, low: 0.4, high: 0.6 } },
    { xlaNs: 1000, calls: 1, timed: undefined },
  ] as const
  for (const [i, { xlaNs, calls, timed }] of figures.entries()) {
    const kernel = kernels[i] ?? ''
    const key = searchKey(kernel, 'time')
    const none = { trials: Buffer.alloc(0), best: [], shown: {}, wrong: {}, seconds: 1 }
    putSearch(store, key, { rounds: 1, tried: 20, broken: 0, ...none })
    const build = sha256(`${kernel} opt:O3`)
    const winner = timed && { candidate: '["",[],3,[],[],"xla-ir"]', build }
    settleSearch(store, key, { tried: 20, passedOver: 0, winner, timed, referenceNs: xlaNs })
    store.prepare('UPDATE sighting SET calls = ? WHERE kernel_hash = ?').run(calls, kernel)
  }
  const [all, ...rows] = SEARCH_QUERY.rows(store, undefined)
  expect(all).toMatchObject({ verdict: '1 of 2 verified' })
  const close = (column: string, value: number): void => expect(all?.[column], column).toBeCloseTo(value, 10)
  close('selected', Math.sqrt(0.4))
  close('confirmed', Math.sqrt(0.5))
  close('weighted_selected', 1040 / 1100)
  close('weighted', 1050 / 1100)
  close('weighted_by_calls_selected', (3000 * 0.4 + 1000) / 4000)
  close('weighted_by_calls', (3000 * 0.5 + 1000) / 4000)
  expect(rows.map(row => row.start).sort()).toEqual([null, 'xla-ir'].sort())
})
