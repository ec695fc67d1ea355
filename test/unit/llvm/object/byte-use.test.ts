import { expect, test } from 'vitest'
import { classify, readInstructions } from '../../../../src/llvm/object/byte-use.ts'

const LISTING = `
Disassembly of section .text:

<kernel>:
 55                           	pushq	%rbp
 48 89 e5                     	movq	%rsp, %rbp
 48 8b 47 18                  	movq	0x18(%rdi), %rax
 48 8b 08                     	movq	(%rax), %rcx
 31 d2                        	xorl	%edx, %edx
 0f 1f 40 00                  	nopl	(%rax)
 c5 fa 10 04 91               	vmovss	(%rcx,%rdx,4), %xmm0
 c5 fa 58 c0                  	vaddss	%xmm0, %xmm0, %xmm0
 48 ff c2                     	incq	%rdx
 48 83 fa 10                  	cmpq	$0x10, %rdx
 75 ed                        	jne	0x10 <kernel+0x10>
 e8 00 00 00 00               	callq	0x30 <kernel+0x30>
 31 c0                        	xorl	%eax, %eax
 5d                           	popq	%rbp
 c3                           	retq
`

test('bytes by what they do; what no instruction accounts for is padding', () => {
  const functions = readInstructions(LISTING)
  expect(functions).toHaveLength(1)
  const bytes = functions.flat().reduce((sum, one) => sum + one.bytes, 0)
  expect(classify(functions, bytes + 3)).toEqual({
    'call-frame': 7,
    prologue: 1 + 3 + 2 + 1 + 1,
    calls: 5,
    control: 4 + 2,
    addresses: 2 + 3,
    memory: 5,
    arithmetic: 4,
    padding: 4 + 3,
    constants: 0,
  })
})
