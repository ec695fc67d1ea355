import { expect, test } from 'vitest'
import { llvmWords } from '../../../src/compile/llvm-words.ts'

const DUMP = `PLEASE submit a bug report to https://github.com/llvm/llvm-project/issues/ and include the crash backtrace.
Stack dump:
0.\tProgram arguments: /home/me/llvm/bin/opt -mcpu=znver4 -passes=gvn -S IN -o MID
1.\tRunning pass "function(gvn)" on module "IN"
2.\tRunning pass "gvn" on function "kernel"
 #0 0x00007f1 llvm::sys::PrintStackTrace (/home/me/llvm/lib/libLLVM.so+0x1)
`

test('a refusal is LLVM’s own line, without paths of this machine', () => {
  expect(llvmWords("/home/me/llvm/bin/opt: unknown pass name 'x'\n", 'exit code 1')).toBe(
    "opt: unknown pass name 'x'",
  )
  expect(
    llvmWords(
      "/a/llc: Unknown command line argument '-x'.  Try: '/a/llc --help'\n/a/llc: Did you mean '-y'?",
      '',
    ),
  ).toBe("llc: Unknown command line argument '-x'.  Try: 'llc --help'\nllc: Did you mean '-y'?")
})

test('a failed assertion is named with its file, a crash without words with what ran', () => {
  const assertion = "opt: /build/llvm/lib/IR/Value.cpp:99: void f(): Assertion `x' failed.\n"
  expect(llvmWords(assertion + DUMP, 'ended by SIGABRT')).toMatch(
    /^opt: Value\.cpp:99: void f\(\): Assertion `x' failed\.\nRunning pass/,
  )
  expect(llvmWords(DUMP, 'ended by SIGILL')).toBe(
    'ended by SIGILL\nRunning pass "function(gvn)" on module "IN"\nRunning pass "gvn" on function "kernel"',
  )
  expect(llvmWords('', 'ended by SIGKILL')).toBe('ended by SIGKILL')
})
