/** The child process that holds libLLVM: answers requests in order over its IPC channel. Started by engine.ts. */
import type { EngineReply, EngineRequest } from './engine.ts'
import { dieWithParent, openLibLlvm } from './libllvm.ts'

dieWithParent()
const llvm = openLibLlvm(process.argv[2] ?? '')
process.on('disconnect', () => process.exit())
process.on('message', (request: EngineRequest) => process.send?.(answer(request)))
process.send?.('ready')

function answer(request: EngineRequest): EngineReply {
  if (request.op === 'read') {
    const ir = typeof request.ir === 'string' ? Buffer.from(request.ir) : request.ir
    return llvm.read(ir, '<input>', request.wantBitcode)
  }
  const counts = request.code.map(code => llvm.countInstructions(request.machine, code))
  return { state: 'counted', instructions: counts.reduce((a, b) => a + b, 0) }
}
