/** A model that may mend its answer sees what LLVM says of it, then the inputs that refute it, and is asked no more than that. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ROOT } from '../../../../src/config/paths.ts'
import { answer, fakeServer } from '../../../unit/optimise/llm/fake-server.ts'
import { xlab } from '../../../xlab.ts'

const directory = mkdtempSync(join(tmpdir(), 'xlab-repair-'))
const db = join(directory, 'repair.db')
const run = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await xlab(...args, '--db', db)
  expect(code, stderr).toBe(0)
  return stdout
}
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const kernel = (shift: string): string =>
  `<code>\ndefine i32 @kernel(i32 %a, i32 %b) {\n  %d = shl i32 %a, ${shift}\n  %s = add i32 %d, %b\n  ret i32 %s\n}\n</code>`
const ANSWERS = [kernel('1.0'), kernel('2'), kernel('1')]
const rewrite = (url: string, rounds: string): Promise<string> =>
  run(
    'optimise',
    '--with',
    'llm',
    '--strategy',
    'rewrite',
    '--samples',
    '1',
    '--rounds',
    rounds,
    '--llm',
    url,
  )

test('LLVM’s message, then the refuting input, then nothing more', async () => {
  await run('import', join(ROOT, 'models-py/examples/multiply_by_two.ll'))
  const server = await fakeServer((response, { path }, nth) => {
    if (path === '/v1/models') answer(response, { data: [{ id: 'some-instruct' }] })
    else if (path === '/v1/chat/completions') {
      const message = { role: 'assistant', content: ANSWERS[nth] ?? 'too many questions' }
      answer(response, { choices: [{ index: 0, message, finish_reason: 'stop' }] })
    } else answer(response, '', 404)
  })
  const asked = (): string[] =>
    server.received.filter(({ path }) => path.endsWith('completions')).map(({ body }) => JSON.stringify(body))
  await rewrite(server.url, '1')
  expect(asked().length).toBe(2)
  expect(asked()[0]).not.toContain('Mend it')
  expect(asked()[1]).toMatch(/shl i32 %a, 1\.0.*floating point constant invalid for type/s)

  // The same with more rounds goes on from there, and asks nothing twice.
  await rewrite(server.url, '5')
  expect(asked().length).toBe(3)
  expect(asked()[2]).toMatch(
    /shl i32 %a, 2.*for arguments \(-?\d+, -?\d+\), the result must be -?\d+ and is -?\d+/s,
  )
  const exchanges = JSON.parse(await run('query', 'exchanges', '-o', 'json')) as Record<string, unknown>[]
  expect(
    exchanges.map(({ round, outcome, class: kind, verdict }) => [round, outcome, kind, verdict]),
  ).toEqual([
    [0, 'invalid', 'constant', null],
    [1, 'built', 'refuted', 'refuted'],
    [2, 'built', null, 'agreed'],
  ])
  const [funnel] = JSON.parse(await run('query', 'llm-funnel', '-o', 'json')) as Record<string, unknown>[]
  expect(funnel).toMatchObject({ kernels: 1, asked: 1, valid: 1, verified: 1, refuted: 0, failures: '' })
})
