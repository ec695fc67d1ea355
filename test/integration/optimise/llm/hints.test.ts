/** Hints end to end: asked with line numbers and LLVM's remarks, checked, tried alone, judged, and set beside chance. */

import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureToolchain } from '../../../../src/llvm/toolchain.ts'
import { missedRemarks } from '../../../../src/optimise/llm/hints/remarks.ts'
import { openStoreReadOnly } from '../../../../src/store/open.ts'
import { DUMPS } from '../../../dumps.ts'
import { answer, fakeServer } from '../../../unit/optimise/llm/fake-server.ts'
import { xlab } from '../../../xlab.ts'

/** A loop that LLVM does not vectorise, because an element depends on the one before. */
const LOOP = `define void @kernel(ptr %p, i64 %n) {
v0:
  br label %v1
v1:
  %i = phi i64 [ 1, %v0 ], [ %next, %v1 ]
  %before = getelementptr float, ptr %p, i64 %i
  %a = getelementptr i8, ptr %before, i64 -4
  %x = load float, ptr %a, align 4
  %y = fmul float %x, %x
  store float %y, ptr %before, align 4
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %n
  br i1 %more, label %v1, label %v2
v2:
  ret void
}
`

test('LLVM’s remarks stand at lines of the kernel’s own IR', async () => {
  const toolchain = await ensureToolchain()
  const remarks = await missedRemarks(LOOP, 'default<O3>', {
    toolchain,
    signal: new AbortController().signal,
  })
  expect(remarks.length).toBeGreaterThan(0)
  const lines = LOOP.split('\n')
  for (const { line, message } of remarks) {
    expect(message).not.toBe('')
    if (line !== undefined) expect(lines[line - 1]).toMatch(/^ {2}\S/)
  }
  expect(remarks.map(({ pass }) => pass)).toContain('loop-vectorize')
})

test('each hint is tried alone; what makes no sense is counted against the model', async () => {
  const hints = [
    {
      function: 'kernel',
      lines: [10, 12],
      kind: 'redundant-load',
      why: 'loaded twice',
      try: { pass: 'gvn' },
    },
    { function: '@kernel', lines: [10, 12], kind: 'other', why: '', try: { flag: '-disable-lsr' } },
    { function: 'nothing', lines: [1, 2], kind: 'other', why: '', try: { pass: 'licm' } },
    { function: 'kernel', lines: [10, 9000], kind: 'other', why: '', try: { pass: 'licm' } },
  ]
  const server = await fakeServer((response, { path }) => {
    if (path === '/v1/models') answer(response, { data: [{ id: 'some-instruct' }] })
    else if (path === '/v1/chat/completions')
      answer(response, {
        choices: [
          { message: { content: hints.map(one => JSON.stringify(one)).join('\n') }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 7, completion_tokens: 3 },
      })
    else answer(response, {}, 404)
  })
  const folder = mkdtempSync(join(tmpdir(), 'xlab-hints-'))
  cpSync(join(DUMPS, 'tensorflow-2.21'), join(folder, 'dump'), { recursive: true })
  const db = join(folder, 'hints.db')
  expect((await xlab('harvest', '--from', join(folder, 'dump'), '--db', db)).code).toBe(0)
  const ran = await xlab('hints', '896620df', '--try', '--llm', server.url, '--db', db)
  expect(ran.code, ran.stderr).toBe(0)
  expect(ran.stdout).toContain('redundant-load · @kernel, lines 10–12 · try pass gvn · ')
  expect(ran.stdout).toMatch(/^ {4}10 │ {3}\S/m)
  const sent = String(
    (server.received.at(-1)?.body.messages as { content: string }[] | undefined)?.at(-1)?.content,
  )
  expect(sent).toContain('\n10   %v')
  const store = openStoreReadOnly(db)
  const rows = store
    .prepare(
      `SELECT h.source, h.state, h.reason, p.proposer FROM hint h LEFT JOIN proposal p ON p.build_hash = h.build_hash
        AND p.proposer LIKE 'hints%' AND p.parameters LIKE '%' || h.id || '}' ORDER BY h.id`,
    )
    .all() as { source: string; state: string; reason: string; proposer: string | null }[]
  store.close()
  expect(rows.filter(({ source }) => source === 'random')).toHaveLength(4)
  expect(rows.slice(0, 4)).toEqual([
    {
      source: 'llm',
      state: expect.stringMatching(/^(?:confirmed|no-gain)$/),
      reason: null,
      proposer: 'hints',
    },
    {
      source: 'llm',
      state: expect.stringMatching(/^(?:confirmed|no-gain)$/),
      reason: null,
      proposer: 'hints',
    },
    { source: 'llm', state: 'invalid', reason: 'there is no function "nothing"', proposer: null },
    {
      source: 'llm',
      state: 'invalid',
      reason: expect.stringMatching(/^kernel has lines \d+ to \d+, not \[10,9000\]$/),
      proposer: null,
    },
  ])
  expect(rows.every(({ state }) => state !== 'untried')).toBe(true)
  const asked = server.received.length
  const again = await xlab('hints', '896620df', '--try', '--llm', server.url, '--db', db)
  expect(again.stderr).toContain('1 known from before')
  expect(server.received.slice(asked).some(({ path }) => path.endsWith('completions'))).toBe(false)
  const rate = await xlab('query', 'hints', '-o', 'csv', '--db', db)
  expect(rate.stdout).toMatch(/^some-instruct,size,llm,1,4,4,/m)
  expect(rate.stdout).toMatch(/^some-instruct,size,random,1,4,4,/m)
})
