/** The functions a module defines, for LLVM's list of attributes: it names each one. */
import type { BuildRequest } from '../kernel/build.ts'
import { isBitcode } from '../llvm/reading/bitcode.ts'
import { disassemble } from '../llvm/reading/disassemble.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { splitAttributes } from './commands.ts'

/** Their names, if the request has attributes with a value; otherwise none are needed. */
export async function functionsFor(
  toolchain: Toolchain,
  request: BuildRequest,
  input: () => Uint8Array,
): Promise<string[]> {
  if (splitAttributes(request).valued.length === 0) return []
  const bytes = input()
  return definedFunctions(
    isBitcode(bytes) ? await disassemble(toolchain, bytes) : Buffer.from(bytes).toString('latin1'),
  )
}

/** Names as LLVM has them, quotes and escapes taken off. A name with a comma or newline cannot stand in a list. */
export const definedFunctions = (ir: string): string[] =>
  [...ir.matchAll(/^define\b[^@\n]*@(?:"((?:[^"\n])*)"|([-\w.$]+))/gm)]
    .map(([, quoted, plain]) => plain ?? unescaped(quoted ?? ''))
    .filter(name => !/[,\n]/.test(name))

const unescaped = (name: string): string =>
  name.replaceAll(/\\([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
