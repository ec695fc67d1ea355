/** The case of the post this project began with: `multiply_by_two`, rewritten through LLM Compiler's own prompt, by commands. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../../../../src/config/paths.ts'
import { answer, completion, fakeServer } from '../../../unit/optimise/llm/fake-server.ts'
import { xlab } from '../../../xlab.ts'

const directory = mkdtempSync(join(tmpdir(), 'xlab-post-'))
const db = join(directory, 'post.db')
const recording = join(directory, 'post.jsonl')
const MODEL = 'facebook/llm-compiler-7b-ftd'
const FUNCTION = (body: string): string => `<code>define i32 @multiply_by_two(i32 %number, i32 %addend) {
entry:
${body}
}</code>`
const RIGHT = FUNCTION('  %d = shl i32 %number, 1\n  %s = add i32 %d, %addend\n  ret i32 %s')
const WRONG = FUNCTION('  %d = shl i32 %number, 2\n  %s = add i32 %d, %addend\n  ret i32 %s')
const BAD = FUNCTION('  %d = shl i32 %number, 1.0\n  ret i32 %d')

const run = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await xlab(...args, '--db', db)
  expect(code, stderr).toBe(0)
  return stdout
}
const rewriteWith = (llm: string): Promise<string> =>
  run(
    'optimise',
    '--with',
    'llm',
    '--strategy',
    'rewrite',
    '--samples',
    '3',
    '--llm',
    llm,
    '--record',
    recording,
  )

beforeAll(async () => {
  await run('import', join(ROOT, 'models-py/examples/multiply_by_two.ll'))
  await run('optimise', '--with', 'opt:Oz,opt:O3,random:3')
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('asked byte for byte as it was trained to be, verified, compared, and repeated without the model', async () => {
  const server = await fakeServer((response, { path }, nth) => {
    if (path === '/v1/models') answer(response, { data: [{ id: MODEL }] })
    else if (path === '/v1/completions') answer(response, completion([RIGHT, WRONG, BAD][nth] ?? ''))
    else answer(response, '', 404)
  })
  await rewriteWith(server.url)
  const asked = server.received.filter(({ path }) => path === '/v1/completions').map(({ body }) => body)
  // A dialect without words for repairs is not asked again.
  expect(asked.length).toBe(3)
  for (const body of asked) {
    const [, code = '', n, bytes] =
      /^\[INST\] Give the LLVM-IR for the following code when optimized using opt -p 'default<Oz>':\n\n<code>([\s\S]*)<\/code>\n\nThe input code has instruction count (\d+) and binary size (\d+) bytes\. \[\/INST\]$/.exec(
        String(body.prompt),
      ) ?? []
    expect(code).toContain('define i32 @kernel(i32 %v0, i32 %v1)')
    expect([Number(n), Number(bytes)].every(count => count > 3)).toBe(true)
  }
  expect(asked[0]?.temperature).toBe(0)
  await run('verify')
  const exchanges = JSON.parse(await run('query', 'exchanges', '-o', 'json')) as Record<string, unknown>[]
  expect(exchanges.map(({ outcome, class: kind, verdict }) => [outcome, kind, verdict])).toEqual([
    ['built', null, 'agreed'],
    ['built', 'refuted', 'refuted'],
    ['invalid', 'constant', null],
  ])
  const figures = JSON.parse(await run('query', 'llm', '-o', 'json')) as Record<string, unknown>[]
  expect(figures.find(({ baseline }) => baseline === 'opt:Oz')).toMatchObject({
    ...{ model: MODEL, strategy: 'rewrite', tried: 1, answers: 3, valid: 2, verified: 1, refuted: 1 },
    ...{ zero_shot: 1, with_fallback: 1, n_kernels: 1, n_winner: 'neither' },
  })
})

test('the recording stands in for the model', async () => {
  const again = join(directory, 'again.db')
  const command = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await xlab(...args, '--db', again)
    expect(code, stderr).toBe(0)
    return stdout
  }
  await command('import', join(ROOT, 'models-py/examples/multiply_by_two.ll'))
  const llm = `replay:${recording}`
  await command('optimise', '--with', 'llm', '--strategy', 'rewrite', '--samples', '3', '--llm', llm)
  const exchanges = JSON.parse(await command('query', 'exchanges', '-o', 'json')) as Record<string, unknown>[]
  expect(exchanges.map(({ outcome, class: kind }) => [outcome, kind])).toEqual([
    ['built', null],
    ['built', 'refuted'],
    ['invalid', 'constant'],
  ])
})
