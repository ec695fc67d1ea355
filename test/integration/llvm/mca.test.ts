/** llvm-mca's estimates by the real llc and llvm-mca, for cores of both architectures. */
import { expect, test } from 'vitest'
import { mcaCycles } from '../../../src/llvm/mca.ts'
import { resolveTarget } from '../../../src/llvm/targets.ts'
import { ensureToolchain } from '../../../src/llvm/toolchain.ts'
import { run, succeeded } from '../../../src/process/run.ts'

const loop = (operations: string): string => `
define void @kernel(ptr %p, i64 %n) {
entry:
  br label %body
body:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %q = getelementptr float, ptr %p, i64 %i
  %x0 = load float, ptr %q
  ${operations}
  store float %x1, ptr %q
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %n
  br i1 %more, label %body, label %exit
exit:
  ret void
}`

test.each(['x86-64-v3', 'cortex-a78', 'cortex-a55'])(
  'on %s a division costs more than a sum, the order is kept, and code without a loop has no estimate',
  async name => {
    const toolchain = await ensureToolchain()
    const target = await resolveTarget(name, toolchain)
    const objects = await Promise.all(
      [
        loop('%x1 = fadd float %x0, 1.0'),
        'define void @kernel(ptr %p) { store i32 1, ptr %p ret void }',
        loop('%x1 = fdiv float 1.0, %x0'),
      ].map(async input => {
        const exit = await run(
          toolchain.bin('llc'),
          ['-O2', `-mtriple=${target.triple}`, `-mcpu=${target.cpu}`, '-filetype=obj', '-o', '-'],
          { input: input.replace('%p) { store i32 1, ptr %p ret', '%p) {\nstore i32 1, ptr %p\nret') },
        )
        expect(succeeded(exit), exit.stderr).toBe(true)
        return exit.stdout
      }),
    )
    const [sum, none, division] = await mcaCycles(toolchain, objects, target)
    expect(none).toEqual({ reason: 'its code has no loop' })
    expect(sum).toMatchObject({ cycles: expect.any(Number), depth: 1 })
    const cycles = (one: typeof sum): number => (one && 'cycles' in one ? one.cycles : 0)
    expect(cycles(sum)).toBeGreaterThan(0.5)
    expect(cycles(division)).toBeGreaterThan(cycles(sum) * 1.2)
  },
)
