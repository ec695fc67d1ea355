/** The child process that holds libLLVM: answers requests in order over its IPC channel. Started by worker.ts. */

import type { About, EngineReply, EngineRequest, MakeRequest } from '../protocol.ts'
import { openApi } from './api.ts'
import { type Maker, openMaker } from './candidate.ts'
import { dieWithParent } from './die-with-parent.ts'
import { type InstructionCounter, openCounter } from './disassembler.ts'
import { read } from './read.ts'

const PROBE: MakeRequest = {
  ...{ op: 'make', input: 'probe', bytes: Buffer.from('define void @f() {\n  ret void\n}\n') },
  ...{ triple: 'x86_64-unknown-linux-gnu', dataLayout: 'e-m:e-i64:64-S128', cpu: 'x86-64', features: '' },
  ...{ opt: { passes: 'default<O1>', forced: ['optsize'], strings: [] }, codegenLevel: 2 },
  ...{ relocationModel: 'pic', codegenOptions: [], want: 'measures' },
}

dieWithParent()
const api = openApi(process.argv[2] ?? '')
let counter: InstructionCounter | undefined
let maker: Maker | undefined
process.on('disconnect', () => process.exit())
process.on('message', (request: EngineRequest) => process.send?.(answer(request)))
process.send?.('ready')

function answer(request: EngineRequest): EngineReply {
  switch (request.op) {
    case 'read':
      return read(
        api,
        typeof request.ir === 'string' ? Buffer.from(request.ir) : request.ir,
        request.wantBitcode,
      )
    case 'count': {
      let instructions = 0
      for (const code of request.code) instructions += counting()(request.machine, code)
      return { state: 'counted', instructions }
    }
    case 'make':
      return builds().make(request)
    case 'measure':
      return builds().measure(request)
    case 'about':
      return about()
  }
}

function counting(): InstructionCounter {
  counter ??= openCounter(api.lib)
  return counter
}

function builds(): Maker {
  maker ??= openMaker(api, counting())
  return maker
}

/** Says whether builds can be made, by making one: a library that is called wrongly dies here and not of a kernel. */
function about(): About {
  const version = api.version()
  try {
    const made = builds().make(PROBE)
    return { state: 'about', version, ...('message' in made && { problem: made.message }) }
  } catch (error) {
    return { state: 'about', version, problem: error instanceof Error ? error.message : String(error) }
  }
}
