/** Parses and verifies one module: what the reading ladder asks of a child. */

import type { Parsed } from '../protocol.ts'
import type { Api } from './api.ts'

/** Parses text or bitcode and verifies it; gives it back as bitcode if asked. */
export function read(api: Api, ir: Uint8Array, wantBitcode: boolean): Parsed {
  const context = api.createContext()
  try {
    const parsed = api.parse(context, ir, '<input>')
    if ('message' in parsed) return { state: 'rejected', message: parsed.message }
    const problem = api.verify(parsed.module)
    if (problem !== undefined) return { state: 'rejected', message: `does not verify: ${problem}` }
    return wantBitcode
      ? { state: 'ok', bitcode: api.takeBuffer(api.writeBitcode(parsed.module)) }
      : { state: 'ok' }
  } finally {
    api.disposeContext(context)
  }
}
