/** What a user can get wrong on the command line: one clear message, what to do, exit code 2, nothing on stdout. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { xlab } from '../../xlab.ts'
import { FOLDER, prepare } from './prepared.ts'

let db = ''
beforeAll(async () => {
  db = await prepare()
})
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

const wrong: readonly (readonly [args: string, message: string, hint?: string])[] = [
  ['harvset', "unknown command 'harvset'", 'did you mean harvest?'],
  ['help harvset', "unknown command 'harvset'", 'did you mean harvest?'],
  ['frobnicate', "unknown command 'frobnicate'", "see 'xlab --help'"],
  ['harvest --form x', "unknown option '--form'", 'did you mean --from?'],
  ['show', "missing required argument 'kernel'", "see 'xlab show --help'"],
  ['models extra', 'too many arguments', "see 'xlab models --help'"],
  ['test everything', "unknown lane 'everything'", 'known: unit, integration, docker'],
  ['optimise --with opt:O4', "unknown proposer 'opt:O4'", 'did you mean opt:O'],
  ['optimise --with passes:instcomb', "unknown pass name 'instcomb'"],
  ['optimise --target cortex-a77', "unknown target 'cortex-a77'", 'cortex-a7'],
  ['optimise --llvm /nowhere', 'no complete LLVM at /nowhere', 'it needs'],
  ['optimise --filter modl:cnn', "does not know 'modl:cnn'", 'did you mean model:cnn?'],
  ['optimise --filter name:nobody', 'no kernel matches --filter name:nobody', 'xlab kernels'],
  ['verify --filter name:nobody', 'no kernel matches --filter name:nobody', 'xlab kernels'],
  ['bench --filter name:nobody', 'no kernel matches --filter name:nobody', 'xlab kernels'],
  ['bench', 'nothing has a verdict yet', 'xlab verify'],
  ['bench --host moon', "unknown host 'moon'", 'local'],
  ['query reslts', "unknown query 'reslts'", 'did you mean results?'],
  ['query results -o xlsx', "unknown format 'xlsx'", 'table, md, csv, json, jsonl'],
  ['show ffffffff', "no kernel 'ffffffff'", "'xlab kernels' lists them"],
  ['show wrapped_scater', "unknown kernel 'wrapped_scater'", 'did you mean wrapped_scatter'],
  ['show wrapped_scatter --emit x', "unknown kind to emit 'x'"],
  ['show wrapped_reduce --by opt:O3', "unknown proposer 'opt:O3'", 'opt:Oz'],
  ['verify /nowhere.ll', 'there is no file /nowhere.ll'],
  ['import /nowhere.ll', 'no file at /nowhere.ll'],
  ['report -o page.pdf', 'a report is HTML or Markdown', '.html'],
]

describe.each(wrong)('xlab %s', (args, message, hint = '') => {
  test('says what is wrong and what to do', async () => {
    const answer = await xlab(...String(args).split(' '), '--db', db)
    expect(answer).toMatchObject({ code: 2, stdout: '' })
    expect(answer.stderr).toMatch(/^error: /)
    expect(answer.stderr).toContain(message)
    expect(answer.stderr).toContain(hint)
    expect(answer.stderr.split('\n').length).toBeLessThan(5)
  })
})

test.each([
  ['optimise', '--jobs', '0'],
  ['verify', '--jobs', 'abc'],
  ['verify', '--trials', '0'],
  ['verify', '--seed', '-1'],
  ['bench', '--pairs', '-1'],
  ['bench', '--links', '1.5'],
  ['bench', '--processes', ''],
  ['query', '--time-limit', '0', 'results'],
  // More milliseconds than a timer holds: it would end at once.
  ['harvest', '--time-limit', '99999999', 'matmul'],
])('xlab %s %s %s: a usage error that names the option', async (...args) => {
  const { code, stderr } = await xlab(...args, '--db', db)
  expect(code).toBe(2)
  expect(stderr).toMatch(
    new RegExp(`error: ${args[1]} takes a whole number from \\d+ to \\d+, not '${args[2]}'`),
  )
})

test.each(['optimise', 'verify', 'bench', 'report', 'export', 'kernels', 'query', 'show'])(
  'xlab %s without a database says what to run first, and makes none',
  async command => {
    const none = join(FOLDER, 'none.db')
    const words: Record<string, string[]> = { query: ['results'], show: ['abcd'] }
    const { code, stderr } = await xlab(command, ...(words[command] ?? []), '--db', none)
    expect(code).toBe(2)
    expect(stderr).toContain(`no database at ${none}`)
    expect(stderr).toContain("make one with 'xlab harvest'")
    expect(existsSync(none)).toBe(false)
  },
)

test('files to verify that are no IR: which one, where, and why', async () => {
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(FOLDER, name), content)
    return join(FOLDER, name)
  }
  const good = file('good.ll', 'define i32 @f(i32 %a) {\n  ret i32 %a\n}\n')
  const bad: readonly (readonly [path: string, message: string])[] = [
    [
      file('cut.ll', 'define i32 @f(i32 %a) {\n  %b = add i32 %a,'),
      'cut.ll:2:19: error: expected value token',
    ],
    [file('empty.ll', ' \n'), 'empty.ll: it is empty'],
    [file('latin.ll', Buffer.from([0x3b, 0xff, 0xfe, 0x0a])), 'latin.ll: it is not UTF-8 text'],
    [file('binary.ll', Buffer.from([0x42, 0x43, 0, 0])), 'binary.ll: it is binary, not text'],
    [file('none.ll', 'declare i32 @f(i32)\n'), 'BEFORE: it has no exported function'],
    [
      file(
        'order.ll',
        'define i32 @f(i32 %a) {\n  %b = add i32 %c, 1\n  %c = add i32 %a, 1\n  ret i32 %b\n}\n',
      ),
      'order.ll: does not verify: Instruction does not dominate all uses!',
    ],
  ]
  for (const [path, message] of bad) {
    const answer = await xlab('verify', path, good)
    expect(answer).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) })
  }
  expect(await xlab('verify', good)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('has no @src and @tgt'),
  })
})
