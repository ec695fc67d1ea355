/** The child process that holds libLLVM: answers requests in order over its IPC channel. Started by worker.ts. */

import type { About, EngineReply, EngineRequest } from '../protocol.ts'
import { openApi } from './api.ts'
import { type Maker, openMaker } from './candidate.ts'
import { dieWithParent } from './die-with-parent.ts'
import { type InstructionCounter, openCounter } from './disassembler.ts'
import { read } from './read.ts'

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

/** Says whether builds can be made, by opening what they need. */
function about(): About {
  const version = api.version()
  try {
    builds()
    return { state: 'about', version }
  } catch (error) {
    return { state: 'about', version, problem: error instanceof Error ? error.message : String(error) }
  }
}
