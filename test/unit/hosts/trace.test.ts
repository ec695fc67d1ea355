import { expect, test } from 'vitest'
import { blockCounter } from '../../../src/hosts/trace.ts'

/** As qemu 7.2 and 10.0 write it; the marks are at 0x1000 and 0x2000. */
const LOG = `----------------
IN: 
0x00001000:  d65f03c0  ret      

Trace 0: 0x7f041c60bcc0 [0000000001009331/0000000000001000/00000001/00000200] 
----------------
IN: kernel
0x01010b50:  d10043ff  sub      sp, sp, #0x10
0x01010b54:  b9000fff  str      wzr, [sp, #0xc]
0x01010b58:  5400014a  b.ge     #0x1010b8c

Trace 0: 0x7f041c60bcc0 [0000000001009331/0000000001010b50/00000001/00000200] kernel
----------------
IN: kernel
0x01010b6c:  2a1f03e8  mov      w8, wzr
0x01010b70:  54ffff2b  b.lt     #0x1010b6c

Trace 0: 0x7f041c60be80 [0000000001009331/0000000001010b6c/00000001/00000200] kernel
Trace 0: 0x7f041c60be80 [0000000001009331/0000000001010b6c/00000001/00000200] kernel
Trace 0: 0x7f041c60be80 [0000000001009331/0000000001010b6c/00000001/00000200] kernel
----------------
IN: 
0x00002000:  52800028  movz     w8, #0x1
0x00002004:  d65f03c0  ret      

Trace 0: 0x7fb238063780 [0000000000001001/0000000000002000/00000001/00080200] 
Trace 0: 0x7f041c60be80 [0000000001009331/0000000001010b6c/00000001/00000200] kernel
`
const marks = { begin: 0x1000, end: 0x2000 }
const counted = (log: string): number | undefined => {
  const counter = blockCounter(marks)
  for (const line of log.split('\n')) counter.read(line)
  return counter.total()
}

test('the instructions of every block entered between the marks are counted, as often as it is entered', () => {
  expect(counted(LOG)).toBe(3 + 3 * 2)
})

test('a block that was never shown, or a mark that was never passed, leaves no count: none is guessed', () => {
  expect(counted(LOG.replace(/IN: kernel\n0x01010b6c[\s\S]*?\n\n/, '\n'))).toBeUndefined()
  expect(counted(LOG.slice(0, LOG.indexOf('0x00002000')))).toBeUndefined()
  expect(counted('')).toBeUndefined()
})
