import { expect, test } from 'vitest'
import { withCaret } from '../../../src/compile/passes-problem.ts'

/** The messages are LLVM 22's; `^` in the list marks the place. */
test.each([
  ["unknown function pass 'no-such'", 'gvn,^no-such,dce'],
  ["unknown loop pass 'gvn'", 'gvn,loop-mssa(licm,^gvn)'],
  ["unknown module pass 'licm'", 'function(loop(licm)),module(globaldce,^licm)'],
  ["invalid InstCombine pass parameter 'foo'", 'function(sroa,instcombine<^foo>)'],
  ["invalid pipeline 'function(gvn'", 'function(gvn^'],
  ["invalid pipeline 'function(gvn))'", 'function(gvn)^)'],
  ["invalid pipeline 'function(gvn)dce'", 'function(gvn)^dce'],
  ["unknown function pass ''", 'licm,^,gvn'],
])('%s points into %s', (message, marked) => {
  const passes = marked.replace('^', '')
  expect(withCaret(passes, message)).toBe(`${message}\n  ${passes}\n  ${' '.repeat(marked.indexOf('^'))}^`)
})

test('of a long list only the part around the place is shown, and no place is made up', () => {
  const passes = `${'gvn,'.repeat(100)}nope${',dce'.repeat(100)}`
  const [, list, caret] = withCaret(passes, "unknown function pass 'nope'").split('\n')
  expect(list?.length).toBeLessThan(110)
  expect(list?.slice(caret?.indexOf('^'))).toMatch(/^nope,dce/)
  expect(withCaret('gvn', 'LLVM ERROR: out of memory')).toBe('LLVM ERROR: out of memory')
})
