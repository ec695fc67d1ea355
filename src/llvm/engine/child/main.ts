/** The child process that holds libLLVM: answers requests in order over one pipe. Started by worker.ts. */
import { readSync, writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { CHANNEL, encode, openDecoder } from '../frames.ts'
import type { About, EngineReply, EngineRequest, MakeRequest, Ready } from '../protocol.ts'
import { openApi } from './api.ts'
import { type Maker, openMaker } from './candidate.ts'
import { dieWithParent } from './die-with-parent.ts'
import { type InstructionCounter, openCounter } from './disassembler.ts'
import { read } from './read.ts'

const PROBE: MakeRequest = {
  ...{ op: 'make', input: 'probe', bytes: Buffer.from('define void @f() {\n  ret void\n}\n') },
  target: {
    triple: 'x86_64-unknown-linux-gnu',
    dataLayout: 'e-m:e-i64:64-S128',
    cpu: 'x86-64',
    features: '',
  },
  ...{ opt: { passes: 'default<O1>', forced: ['optsize'], strings: [] }, codegenLevel: 2 },
  ...{ relocationModel: 'pic', codegenOptions: [], want: 'measures' },
}

/** Bytes read at once. */
const PIECE = 1 << 16
const TURNS = 64

dieWithParent()
const api = openApi(process.argv[2] ?? '')
let counter: InstructionCounter | undefined
let maker: Maker | undefined
const piece = new Uint8Array(PIECE)
const take = openDecoder(request => send(answer(request as EngineRequest)))
send({ state: 'ready' })
// Read and written without an event loop: nothing else happens here, and every turn of one is paid for in each answer.
for (let turns = 1; ; turns++) {
  const length = readSync(CHANNEL, piece)
  if (length === 0) break
  take(piece.subarray(0, length))
  // What native code has left to be freed is freed between turns.
  if (turns % TURNS === 0) await setImmediate()
}

function send(message: EngineReply | Ready): void {
  const frame = encode(message)
  for (let at = 0; at < frame.length; ) at += writeSync(CHANNEL, frame, at)
}

function answer(request: EngineRequest): EngineReply {
  switch (request.op) {
    case 'read':
      return read(
        api,
        typeof request.ir === 'string' ? Buffer.from(request.ir) : request.ir,
        request.wantBitcode,
      )
    case 'count':
      return { state: 'counted', instructions: counting()(request.machine, request.code) }
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
