/** Pass lists: drawn, written, read back, and described to a language model's server. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/kernel/random.ts'
import { parsePassList, passListText, randomPassList, toGbnf } from '../../../src/llvm/passes/grammar.ts'
import { leftOut } from '../../../src/llvm/passes/left-out.ts'
import { readGrammar } from '../../../src/llvm/passes/table.ts'

const PRINTED = readFileSync(join(import.meta.dirname, '../../fixtures/llvm/print-passes-22.1.8.txt'), 'utf8')
const grammar = readGrammar(PRINTED, '22.1.8')
const read = (text: string): string => {
  const list = parsePassList(grammar, text)
  return 'problem' in list ? `problem: ${list.problem}` : passListText(list)
}

test('the passes a kernel can use are in, those that print, crash, instrument or serve others are not', () => {
  const drawn = grammar.drawn.map(({ name }) => name)
  expect(drawn).toEqual(
    expect.arrayContaining(['sroa', 'inline', 'licm', 'gvn', 'slp-vectorizer', 'globalopt']),
  )
  expect(drawn.filter(name => /print|crash|asan|tsan|coro|verify|strip-debug|default/.test(name))).toEqual([])
  expect(leftOut('trigger-crash-function')).toBe('crashes by design')
  expect(leftOut('gvn')).toBeUndefined()
})

test('a list reads back as it was written, and the same seed draws the same lists', () => {
  const draw = (seed: string): string[] => {
    const random = seededRandom(seed)
    return Array.from({ length: 300 }, () => passListText(randomPassList(grammar, random)))
  }
  const texts = draw('a')
  expect(texts.map(read)).toEqual(texts)
  expect(draw('a')).toEqual(texts)
  expect(draw('b')).not.toEqual(texts)
})

test('lengths are as declared', () => {
  const random = seededRandom(1)
  const lengths = Array.from(
    { length: 500 },
    () => randomPassList(grammar, random, { minLength: 2, maxLength: 5 }).length,
  )
  expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([2, 5])
})

test.each([
  // Adaptors that a person leaves out.
  ['gvn,licm,inline', 'function(gvn,loop-mssa(licm)),cgscc(inline)'],
  ['module(function(sroa),globaldce)', 'function(sroa),globaldce'],
  ['function(loop(licm))', 'function(loop-mssa(licm))'],
  ['cgscc(devirt<4>(inline,function<eager-inv;no-rerun>(sroa)))', 'cgscc(inline,function(sroa))'],
  ['repeat<2>(gvn)', 'function(gvn,gvn)'],
  // What stops a build of LLVM with assertions.
  ['instcombine', 'function(instcombine<no-verify-fixpoint>)'],
  ['instcombine<max-iterations=7>', 'function(instcombine<max-iterations=7;no-verify-fixpoint>)'],
  ["'default<Oz>'", 'default<Oz>'],
  ['require<globals-aa>,function(adce)', 'require<globals-aa>,function(adce)'],
])('%s means %s', (typed, meant) => expect(read(typed)).toBe(meant))

test.each([
  ['gnv', /no pass 'gnv'.*near it: gvn/],
  ['gvn<fast>', /gvn takes no parameter 'fast'/],
  ['function(globaldce)', /globaldce is a module pass and cannot run in function/],
  ['loop(function(gvn))', /function\(…\) cannot stand in function\(loop/],
  ['gvn(dce)', /gvn holds no other passes/],
  ['function(gvn', /'\)' is expected at position 13/],
  ['gvn<pre', /'<' is never closed/],
  ['', /a pass is expected/],
  ['repeat<9999>(gvn)', /not 1 to 16 times/],
  ['loop('.repeat(5000), /nested too deeply|cannot stand/],
])('%s is refused', (typed, problem) => expect(read(typed)).toMatch(problem))

test("a server's grammar names every drawn pass at its level, and each rule it uses", () => {
  const gbnf = toGbnf(grammar)
  const rules = new Map(
    gbnf
      .trim()
      .split('\n')
      .map(line => line.split(' ::= ') as [string, string]),
  )
  for (const body of rules.values())
    for (const [name] of body.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/[a-z][a-z-]+/g))
      expect(rules.has(name), name).toBe(true)
  expect(rules.get('mssa-pass')).toContain('"licm"')
  expect(rules.get('function-pass')).toContain('"instcombine<"')
  expect(gbnf).not.toContain('default')
})
