/** LLVM's own parser takes every list that can be drawn. */
import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/kernel/random.ts'
import { passGrammar, passListText, randomPassList } from '../../../src/llvm/passes/grammar.ts'
import { ensureToolchain } from '../../../src/llvm/toolchain.ts'
import { run } from '../../../src/process/run.ts'

const TOGETHER = 250

test('5,000 random lists are all accepted', async () => {
  const toolchain = await ensureToolchain()
  const grammar = await passGrammar(toolchain)
  expect(grammar.drawn.length).toBeGreaterThan(80)
  const random = seededRandom('accepted')
  for (let done = 0; done < 5000; done += TOGETHER) {
    const lists = Array.from({ length: TOGETHER }, () => passListText(randomPassList(grammar, random)))
    // One after another they are one list, parsed as a whole before anything runs.
    const args = ['-mtriple=x86_64-unknown-linux-gnu', `-passes=${lists.join(',')}`, '-disable-output']
    const exit = await run(toolchain.bin('opt'), args, { input: '', timeoutMs: 60_000 })
    expect(exit).toMatchObject({ state: 'exited', code: 0, stderr: '' })
  }
}, 120_000)
