/** The search over a fake builder: what it tries and finds follows from its seed, however often it is stopped. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Builder } from '../../../../src/compile/builder.ts'
import { buildHash } from '../../../../src/kernel/build.ts'
import { seededRandom } from '../../../../src/kernel/random.ts'
import { createLanes } from '../../../../src/lanes/lanes.ts'
import { passListText, randomPassList } from '../../../../src/llvm/passes/grammar.ts'
import { readGrammar } from '../../../../src/llvm/passes/table.ts'
import { randomSeed } from '../../../../src/optimise/random/random.ts'
import { type Searched, searchRounds } from '../../../../src/optimise/search/rounds.ts'
import type { Schedule } from '../../../../src/optimise/search/schedule.ts'
import { spaceOf } from '../../../../src/optimise/search/space/settings.ts'
import { openState, parentsOf, saveState, weed } from '../../../../src/optimise/search/state.ts'
import type { Store } from '../../../../src/store/open.ts'
import { chanceIndex, readTrials } from '../../../../src/store/proposers/searches.ts'
import { fill } from '../../store/filled.ts'
import { searchKey } from '../../store/searched.ts'

const PRINTED = join(import.meta.dirname, '../../../fixtures/llvm/print-passes-22.1.8.txt')
const grammar = readGrammar(readFileSync(PRINTED, 'utf8'), '22.1.8')
const target = { name: 'native', triple: 'x86_64-unknown-linux-gnu', cpu: 'znver3', features: '+avx,+bmi' }
const schedule: Schedule = { grammar, metric: 'size', pipelines: new Map(), space: spaceOf('size', target) }

const wasChance = (number: number): boolean => chanceIndex(number) !== undefined

/** Sizes that follow from the request: shorter lists are a little better. Every thirtieth breaks. */
function fakeBuilder(onTry: (passes: string) => void = () => {}): Builder {
  return {
    engine: 'spawn',
    handedOver: new Map(),
    build: () => Promise.reject(new Error('not asked for')),
    async try(request) {
      onTry(request.passes)
      const contentHash = buildHash(request)
      const number = Number.parseInt(contentHash.slice(0, 6), 16)
      // Answers arrive in another order than they were asked for.
      await new Promise(resolve => setTimeout(resolve, number % 3))
      if (number % 30 === 0) return { state: 'broken', step: 'opt', message: 'crash', seconds: 0 }
      const codeBytes = 200 + request.passes.split(',').length + (number % 100)
      const sizes = { codeBytes, rodataBytes: 0, objectBytes: 900 }
      return { state: 'ok', sizes, instructions: 9, contentHash, seconds: 0 }
    },
    close: async () => {},
  }
}

const searched = (store: Store, kernels: readonly string[]): Searched[] =>
  kernels.map(kernel => ({
    input: { kernel, source: { hash: kernel, read: () => new Uint8Array() }, llvm: '22.1.8', target },
    state: openState(store, searchKey(kernel), grammar),
    features: undefined,
  }))

async function search(
  store: Store,
  kernels: readonly string[],
  candidates: number,
  {
    builder = fakeBuilder(),
    signal = new AbortController().signal,
    jobs = 2,
    weedOut = async (_: readonly Searched[]): Promise<void> => {},
  } = {},
): Promise<void> {
  const services = { store, builder, lanes: createLanes(jobs), signal }
  const budget = { candidates, until: Number.POSITIVE_INFINITY }
  const score = (trial: { sizes: { codeBytes: number } }): number => trial.sizes.codeBytes
  await searchRounds(searched(store, kernels), schedule, score, budget, services, weedOut)
}

const outcome = (store: Store, kernels: readonly string[]) =>
  kernels.map(kernel => {
    const { trials, best, rounds, broken, shown, wrong } = openState(store, searchKey(kernel), grammar)
    return { trials: trials.toString('hex'), best, rounds, broken, shown, wrong }
  })

test('stopped anywhere and begun again it ends where it would have, on any number of workers', async () => {
  const whole = fill({ count: 3 })
  await search(whole.store, whole.kernels, 260)
  const cut = fill({ count: 3 })
  for (const [tries, jobs] of [
    [170, 1],
    [90, 3],
    [333, 2],
  ] as const) {
    const stop = new AbortController()
    let left: number = tries
    const builder = fakeBuilder(() => {
      if (--left === 0) stop.abort(new Error('Ctrl-C'))
    })
    await expect(search(cut.store, cut.kernels, 260, { builder, signal: stop.signal, jobs })).rejects.toThrow(
      'Ctrl-C',
    )
  }
  await search(cut.store, cut.kernels, 260, { jobs: 1 })
  const expected = outcome(whole.store, whole.kernels)
  expect(expected.map(one => one.rounds)).toEqual([13, 13, 13])
  expect(expected[0]?.shown).toHaveProperty('10')
  expect(outcome(cut.store, cut.kernels)).toEqual(expected)
  // And a budget spent in two goes is the same as one.
  const twice = fill({ count: 3 })
  await search(twice.store, twice.kernels, 100)
  await search(twice.store, twice.kernels, 260)
  expect(outcome(twice.store, twice.kernels)).toEqual(expected)
})

test('what is weeded out does not come back, one that is right is left, and stopping changes nothing', async () => {
  // As a miscompile does: the smallest code of all is wrong.
  const isWrong = ({ contentHash }: { contentHash: string }): boolean =>
    Number.parseInt(contentHash.slice(0, 6), 16) % 100 < 25
  const weeder =
    (store: Store) =>
    async (kernels: readonly Searched[]): Promise<void> => {
      for (const { state } of kernels) {
        for (;;) {
          const fresh = parentsOf(state).filter(best => !best.looked)
          if (fresh.length === 0) break
          weed(state, fresh, new Set(fresh.filter(isWrong).map(({ contentHash }) => contentHash)))
        }
        saveState(store, state)
      }
    }
  const whole = fill({ count: 2 })
  await search(whole.store, whole.kernels, 400, { weedOut: weeder(whole.store) })
  const cut = fill({ count: 2 })
  await search(cut.store, cut.kernels, 140, { weedOut: weeder(cut.store) })
  await search(cut.store, cut.kernels, 400, { weedOut: weeder(cut.store), jobs: 1 })
  const expected = outcome(whole.store, whole.kernels)
  expect(outcome(cut.store, cut.kernels)).toEqual(expected)
  for (const { best, wrong } of expected) {
    expect(Object.keys(wrong).length).toBeGreaterThan(10)
    expect(best.filter(one => one.looked && !isWrong(one)).length).toBeGreaterThanOrEqual(4)
    expect(best.filter(({ contentHash }) => wrong[contentHash])).toEqual([])
  }
})

test('the search gets better than chance, and says which candidates were chance: the lists random:N draws', async () => {
  const { store, kernels } = fill({ count: 1 })
  const kernel = kernels[0] ?? ''
  const asked: string[] = []
  await search(store, kernels, 400, { builder: fakeBuilder(passes => asked.push(passes)) })
  const drawn = Array.from({ length: 100 }, (_, sample) =>
    passListText(randomPassList(grammar, seededRandom(randomSeed(1, kernel, sample)))),
  )
  expect(asked.filter((_, number) => wasChance(number))).toEqual(drawn)
  expect(asked[0]).toBe('default<Oz>')
  expect(asked[1]).toBe('default<O3>')
  const state = openState(store, searchKey(kernel), grammar)
  const trials = readTrials(state.trials)
  expect(trials).toHaveLength(400)
  const codes = (chance: boolean): number[] =>
    trials.filter((trial, i) => trial.codeBytes > 0 && wasChance(i) === chance).map(trial => trial.codeBytes)
  expect(Math.min(...codes(false))).toBeLessThan(Math.min(...codes(true)))
  expect(state.best[0]?.codeBytes).toBe(Math.min(...codes(true), ...codes(false)))
  expect(state.broken).toBe(trials.filter(trial => trial.codeBytes === 0).length)
})
