/** Counts machine instructions with LLVM's disassembler, in one long-lived child process a libLLVM. */
import { type Engine, openEngine } from './engine/engine.ts'
import { isCode, ObjectError, type ObjectFile } from './object.ts'
import type { Toolchain } from './toolchain.ts'

const engines = new Map<string, Engine>()

/**
 * Machine instructions in all executable sections, padding included, as `llvm-objdump -d` lists them. Throws an
 * ObjectError if the disassembler dies of them.
 */
export async function countInstructions(toolchain: Toolchain, object: ObjectFile): Promise<number> {
  const engine = engines.get(toolchain.libLlvm) ?? openEngine({ libLlvm: toolchain.libLlvm, children: 1 })
  engines.set(toolchain.libLlvm, engine)
  const code = object.sections.filter(section => isCode(section) && section.data.length > 0)
  const result = await engine.call({ op: 'count', machine: object.machine, code: code.map(s => s.data) })
  if (result.state === 'counted') return result.instructions
  throw new ObjectError('message' in result ? result.message : 'its instructions could not be counted')
}
