/** Counts machine instructions with LLVM's disassembler, in one long-lived child process a libLLVM. */
import { environmentError, XlabError } from '../errors.ts'
import { run, succeeded } from '../process/run.ts'
import { type Engine, openEngine } from './engine/engine.ts'
import { isCode, ObjectError, parseObject } from './object/object.ts'
import type { Toolchain } from './toolchain.ts'

const engines = new Map<string, Engine>()

/**
 * Machine instructions in all executable sections, padding included, as `llvm-objdump -d` lists them; by that program
 * itself where libLLVM cannot be loaded. Throws an ObjectError for what is no object or kills the disassembler.
 */
export async function countInstructions(toolchain: Toolchain, object: Uint8Array): Promise<number> {
  const { machine, sections } = parseObject(object)
  const engine = engines.get(toolchain.libLlvm) ?? openEngine({ libLlvm: toolchain.libLlvm, children: 1 })
  engines.set(toolchain.libLlvm, engine)
  const code = sections.filter(section => isCode(section) && section.data.length > 0).map(s => s.data)
  try {
    const counts = await Promise.all(
      code.map(async section => {
        const result = await engine.call({ op: 'count', machine, code: section })
        if (result.state === 'counted') return result.instructions
        throw new ObjectError('message' in result ? result.message : 'its instructions could not be counted')
      }),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  } catch (error) {
    if (error instanceof XlabError) return countLines(toolchain, object)
    throw error
  }
}

async function countLines(toolchain: Toolchain, object: Uint8Array): Promise<number> {
  const args = ['-d', '--no-show-raw-insn', '-']
  const exit = await run(toolchain.bin('llvm-objdump'), args, { input: object, timeoutMs: 60_000 })
  if (exit.state === 'missing') throw environmentError(exit.why)
  if (!succeeded(exit)) throw new ObjectError(`llvm-objdump: ${exit.stderr.trim()}`)
  return exit.stdout.toString('latin1').match(/^\s+[0-9a-f]+:/gm)?.length ?? 0
}
