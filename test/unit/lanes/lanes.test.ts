import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLanes, forAll } from '../../../src/lanes/lanes.ts'

test('the quiet lane runs alone', async () => {
  const lanes = createLanes(4)
  let wide = 0
  const besideQuiet: number[] = []
  const task = async () => {
    wide++
    await sleep(5)
    wide--
  }
  const quietTask = async () => {
    besideQuiet.push(wide)
    await sleep(10)
    besideQuiet.push(wide)
  }
  await Promise.all([
    ...Array.from({ length: 8 }, () => lanes.wide(task)),
    lanes.quiet(quietTask),
    ...Array.from({ length: 8 }, () => lanes.wide(task)),
    lanes.quiet(quietTask),
  ])
  expect(besideQuiet).toEqual([0, 0, 0, 0])
})

test('an abort starts nothing more and is reported', async () => {
  const controller = new AbortController()
  const started: number[] = []
  const items = Array.from({ length: 100 }, (_, i) => i)
  const all = forAll(createLanes(2), items, controller.signal, async item => {
    started.push(item)
    if (item === 5) controller.abort(new Error('stopped'))
    await sleep(1)
  })
  await expect(all).rejects.toThrow('stopped')
  expect(started.length).toBeLessThan(10)
})

test('an error of one item does not lose the others', async () => {
  const done: number[] = []
  const all = forAll(createLanes(2), [1, 2, 3], undefined, async item => {
    if (item === 2) throw new Error('two')
    done.push(item)
  })
  await expect(all).rejects.toThrow('two')
  expect(done).toEqual([1, 3])
})
