/**
 * What is known of a kernel, in words no dump can choose: opcodes, shapes and counts. Names and metadata of a kernel are
 * anybody's and stay out; its IR is the canonical text, where every name is xlab's own.
 */

import { instructionMix, mixText } from '../../kernel/compact/mix.ts'
import { loopsOf } from '../../kernel/compact/slices.ts'
import { extractKernels } from '../../kernel/ir/extract.ts'
import { DTYPE_BITS, type Signature } from '../../kernel/signature.ts'
import { isBitcode } from '../../llvm/reading/bitcode.ts'
import { disassemble } from '../../llvm/reading/disassemble.ts'
import { getBlob } from '../../store/blobs.ts'
import { levelSettings } from '../opt/levels.ts'
import { kernelBuild } from '../source.ts'
import type { PromptFacts } from './dialects/dialect.ts'
import type { Session, Task } from './strategy.ts'

/** Part of a session: hints need no more of it. */
export type Knowing = Pick<Session, 'store' | 'toolchain' | 'signal' | 'builder' | 'options' | 'reader'>

/** The kernel's canonical text, as it was harvested. */
export async function kernelText({ kernel }: Task, { store, toolchain, signal }: Knowing): Promise<string> {
  const bytes = getBlob(store, kernel.inputHash)
  if (!isBitcode(bytes)) return bytes.toString('utf8')
  const text = await disassemble(toolchain, bytes, signal)
  return extractKernels(text).kernels[0]?.ir ?? text
}

/** Everything a dialect may say beside the text. What the levels reach is computed now, so that it never changes. */
export async function factsOf(task: Task, ir: string, session: Knowing): Promise<PromptFacts> {
  const unoptimised = await sizeAt('O0', task, session)
  const baselines = await Promise.all(
    (['Oz', 'O3'] as const).map(async level => {
      const made = await sizeAt(level, task, session)
      return made === undefined ? [] : [{ name: `-${level}`, codeBytes: made.codeBytes }]
    }),
  )
  return {
    metric: session.options.metric,
    summary: summaryOf(task, ir, session),
    ...unoptimised,
    baselines: baselines.flat(),
  }
}

async function sizeAt(
  level: 'O0' | 'O3' | 'Oz',
  task: Task,
  session: Knowing,
): Promise<{ instructions: number; codeBytes: number } | undefined> {
  const { toolchain, builder, signal } = session
  const recipe = { ...levelSettings(toolchain, level), codegenOptions: [] }
  const { request, input } = await kernelBuild(task.kernel, { ...session, target: task.target }, recipe)
  const trial = await builder.try(request, input, { signal })
  return trial.state === 'ok'
    ? { instructions: trial.instructions, codeBytes: trial.sizes.codeBytes }
    : undefined
}

/** Op, shapes, instruction mix, blocks and loops, one a line. */
function summaryOf({ kernel }: Task, ir: string, { store }: Knowing): string {
  const row = store
    .prepare(
      `SELECT s.opcode, g.json FROM sighting s LEFT JOIN signature g ON g.hash = s.signature_hash
       WHERE s.kernel_hash = ? ORDER BY g.json IS NULL, s.id LIMIT 1`,
    )
    .get(kernel.hash) as { opcode: string | null; json: string | null } | undefined
  const lines = ir.split('\n')
  const blocks = lines.filter(line => /^[-\w$.]+:/.test(line)).length
  const loops = loopsOf(ir).length
  return [
    row?.opcode && /^[a-z][a-z0-9-]{0,30}$/.test(row.opcode) ? `XLA op: ${row.opcode}` : undefined,
    row?.json ? `arguments: ${shapes(JSON.parse(row.json) as Signature)}` : undefined,
    `instructions: ${mixText(instructionMix(lines))}`,
    `basic blocks: ${blocks}; loops: ${loops}`,
  ]
    .filter(line => line !== undefined)
    .join('\n')
}

/** `f32[3,8] in, f32[8] out`. */
const shapes = (signature: Signature): string =>
  signature.arguments
    .filter(({ dtype }) => dtype in DTYPE_BITS)
    .map(({ dtype, shape, role }) => `${dtype}[${shape.map(Number).join(',')}] ${role}`)
    .join(', ')
