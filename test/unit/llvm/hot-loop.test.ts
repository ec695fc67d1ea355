import { expect, test } from 'vitest'
import { hotLoop } from '../../../src/llvm/hot-loop.ts'

const ARM = `
0000000000000000 <kernel>:
       0:      	ldr	x8, [x0, #0x18]
       4:      	mov	w9, #0x6666             // =26214
       8:      	ldp	x10, x11, [x8]
       c:      	ldr	s0, [x10], #0x4
      10:      	subs	x9, x9, #0x1
      14:      	str	s0, [x11], #0x4
      18:      	b.ne	0xc <kernel+0xc>
      1c:      	bl	0x1c <kernel+0x1c>
      20:      	tbnz	w9, #0x0, 0x8 <kernel+0x8>
      24:      	ret
`
const X86 = `
0000000000000000 <kernel>:
       0:      	movq	0x18(%rdi), %rax
       4:      	vmovss	, %xmm0 <kernel+0x33>   # 0x33 <kernel+0x33>
       8:      	vaddps	(%rax,%rcx,4), %zmm0, %zmm1
       c:      	addq	$0x10, %rcx
      10:      	cmpq	$0x400, %rcx            # imm = 0x400
      14:      	jne	0x8 <kernel+0x8>
      16:      	jmp	0x20 <kernel+0x20>
      20:      	retq
`

test('the loop nested deepest is taken, with its jump back to a label and no remarks', () => {
  expect(hotLoop(ARM)).toEqual({
    assembly: 'xlab_loop:\nldr s0, [x10], #0x4\nsubs x9, x9, #0x1\nstr s0, [x11], #0x4\nb.ne xlab_loop',
    instructions: 4,
    depth: 2,
  })
  expect(hotLoop(X86)).toEqual({
    assembly:
      'xlab_loop:\nvaddps (%rax,%rcx,4), %zmm0, %zmm1\naddq $0x10, %rcx\ncmpq $0x400, %rcx\njne xlab_loop',
    instructions: 4,
    depth: 1,
  })
})

test('code that never jumps back has none', () => {
  expect(hotLoop(ARM.replace(/^.*(b\.ne|tbnz).*\n/gm, ''))).toBeUndefined()
  expect(hotLoop('')).toBeUndefined()
})
