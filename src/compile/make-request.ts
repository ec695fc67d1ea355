/** A build as libLLVM's workers are asked for it: what the command lines of commands.ts say, taken apart. */
import type { BuildRequest } from '../kernel/build.ts'
import type { MakeRequest } from '../llvm/engine/protocol.ts'
import { isBitcode } from '../llvm/reading/bitcode.ts'
import { dataLayout } from '../llvm/targets.ts'
import { codegenOptions, goesAsItIs, RELOCATION_MODEL, splitAttributes } from './commands.ts'

/** Throws for attributes and options that no command line would have either. */
export function makeRequest(
  request: BuildRequest,
  input: () => Uint8Array,
  want: MakeRequest['want'],
): MakeRequest {
  const { target, passes } = request
  const { forced, valued } = splitAttributes(request)
  const onlyGenerates = goesAsItIs(request) && !isBitcode(input())
  return {
    op: 'make',
    input: request.inputHash,
    target: {
      triple: target.triple,
      dataLayout: dataLayout(target),
      cpu: target.cpu,
      features: target.features,
    },
    ...(!onlyGenerates && { opt: { passes, forced, strings: valued.map(nameAndValue) } }),
    codegenLevel: request.codegenLevel,
    relocationModel: RELOCATION_MODEL,
    codegenOptions: codegenOptions(request),
    want,
  }
}

function nameAndValue(attribute: string): [name: string, value: string] {
  const at = attribute.indexOf('=')
  return [attribute.slice(0, at), attribute.slice(at + 1)]
}
